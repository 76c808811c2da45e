// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Socket options. Most are flat bytes and pass as they are. The few whose value holds an address are
 * either rebuilt (socket filters) or refused: the host would take the address for one of ulk's.
 */
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define OPTION_MAX (64U << 10)

#ifndef SOL_XDP
#define SOL_XDP 283
#endif
#ifndef SOL_SCTP
#define SOL_SCTP 132
#endif

/* A table of netfilter's begins with a name of 32 bytes; what is shorter is refused before it is looked into. */
#define TABLE_MIN 40

/* Options by number: their headers cannot be included beside netinet's. */
static bool set_holds_address(int level, int name, int len)
{
	switch (level) {
	case SOL_IP:
		return len >= TABLE_MIN && (name == 64 /* IPT_SO_SET_REPLACE */ ||
					    name == 96 /* ARPT_SO_SET_REPLACE */ ||
					    (name >= 128 && name <= 131) /* EBT_SO_* */);
	case SOL_IPV6:
		return len >= TABLE_MIN && name == 64 /* IP6T_SO_SET_REPLACE */;
	case SOL_XDP:
		return true;
	default:
		return false;
	}
}

static bool get_holds_address(int level, int name)
{
	switch (level) {
	case SOL_IP:
		return name >= 128 && name <= 131 /* EBT_SO_* */;
	case SOL_TCP:
		return name == 35 /* TCP_ZEROCOPY_RECEIVE */;
	case SOL_SCTP:
		return name == 111 /* SCTP_SOCKOPT_CONNECTX3 */;
	default:
		return false;
	}
}

/* SO_ATTACH_FILTER: { u16 len; struct sock_filter *filter }, 8 bytes an instruction. */
static s64 attach_filter(struct task_struct *t, const u64 *a, struct sock_fprog prog)
{
	struct host_obj code;
	s64 ret;

	obj_get_copy(t, &code, (u64)prog.filter, prog.len * sizeof(struct sock_filter), false);
	prog.filter = code.host;
	ret = HOST(SYS_setsockopt, a[0], a[1], a[2], &prog, sizeof(prog));
	obj_free(&code);
	return ret;
}

/* setsockopt(fd, level, name, value, len) */
SYSCALL(setsockopt)
{
	int level = (int)a[1], name = (int)a[2];
	struct sock_fprog prog;
	struct host_obj value;
	s64 ret;

	/* What is no filter anyway goes the way of all options, and is refused there. */
	if (level == SOL_SOCKET && (name == SO_ATTACH_FILTER || name == SO_ATTACH_REUSEPORT_CBPF) &&
	    (s32)a[4] == sizeof(prog) && !get_user(t->mm, prog, a[3]))
		return attach_filter(t, a, prog);
	if (set_holds_address(level, name, (s32)a[4]))
		return -ENOPROTOOPT;
	/* A negative length is the host's to refuse; a huge one is refused by every protocol. */
	obj_get_copy(t, &value, a[3], (s32)a[4] < 0 ? 0 : min_t(u32, (u32)a[4], OPTION_MAX), true);
	ret = HOST(SYS_setsockopt, a[0], a[1], a[2], value.host, min_t(s32, (s32)a[4], (s32)OPTION_MAX));
	obj_free(&value);
	return ret;
}

static bool option_is_fd(int level, int name)
{
	return level == SOL_SOCKET && name == 77 /* SO_PEERPIDFD */;
}

/* getsockopt(fd, level, name, value, len inout) */
SYSCALL(getsockopt)
{
	int level = (int)a[1], name = (int)a[2], len;
	struct host_obj value;
	s64 ret;

	if (get_holds_address(level, name))
		return -ENOPROTOOPT;
	if (get_user(t->mm, len, a[4]))
		return HOST(SYS_getsockopt, a[0], a[1], a[2], BAD_HOST_PTR, BAD_HOST_PTR);
	len = min_t(int, len, (int)OPTION_MAX);
	/* SO_GET_FILTER counts in instructions. */
	size_t unit = level == SOL_SOCKET && name == SO_GET_FILTER ? sizeof(struct sock_filter) : 1;
	size_t room = len < 0 ? 0 : (size_t)len * unit;

	obj_get_copy(t, &value, a[3], room, true);
	ret = HOST(SYS_getsockopt, a[0], a[1], a[2], value.host, &len);
	ret = obj_put(t, &value, ret, ret < 0 || len < 0 ? 0 : (size_t)len * unit);
	if (ret >= 0 && put_user(t->mm, len, a[4]))
		ret = -EFAULT;
	if (ret >= 0 && option_is_fd(level, name) && len == sizeof(int)) {
		int fd;

		if (!get_user(t->mm, fd, a[3])) {
			fd = (int)fd_made(t, fd);
			return fd < 0 ? fd : put_user(t->mm, fd, a[3]);
		}
	}
	return ret;
}
