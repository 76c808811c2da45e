/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show: print an expression with its result and errno, one line each. */
#ifndef TESTS_NATIVE_SHOW_H
#define TESTS_NATIVE_SHOW_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void show_result(const char *what, long ret)
{
	if (ret == -1)
		printf("%s = -1 %s\n", what, strerrorname_np(errno) ? strerrorname_np(errno) : "?");
	else
		printf("%s = %ld\n", what, ret);
}

#define SHOW(expr)                                                                                           \
	do {                                                                                                 \
		errno = 0;                                                                                   \
		long ret_ = (long)(expr);                                                                    \
		show_result(#expr, ret_);                                                                    \
	} while (0)

/* The value itself varies from run to run: only whether it is an error. */
#define SHOW_OK(expr)                                                                                        \
	do {                                                                                                 \
		errno = 0;                                                                                   \
		long ret_ = (long)(expr);                                                                    \
		if (ret_ == -1)                                                                              \
			show_result(#expr, ret_);                                                            \
		else                                                                                         \
			printf("%s: ok\n", #expr);                                                           \
	} while (0)

#endif
