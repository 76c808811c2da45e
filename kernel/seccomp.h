/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp: a thread gives up system calls. The filters are the guest's own programs in classic BPF, run here on
 * the guest's calls; the host knows nothing of them, since ulk itself makes other calls.
 *
 * A filter never changes once attached. It points to the one attached before it, so that threads share what
 * they had in common; all filters of a process are freed with its signal_struct. fork and execve keep them.
 */
#ifndef ULK_KERNEL_SECCOMP_H
#define ULK_KERNEL_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include "kernel/task.h"

struct seccomp_filter {
	struct seccomp_filter *prev;       /* attached before: both are asked */
	struct seccomp_filter *next_all;   /* of signal_struct.seccomp_all */
	u32 len;
	struct sock_filter code[];
};

/*
 * Is @code a program that Linux takes for a filter (bpf_check_classic and seccomp_check_filter)? All paths end in
 * a RET, jumps stay inside, loads are of aligned words of struct seccomp_data. True or false (EINVAL).
 */
bool seccomp_code_ok(const struct sock_filter *code, u32 len);
/* What @code, which is ok, says of @data: a SECCOMP_RET_* with its data. */
u32 seccomp_run(const struct sock_filter *code, const struct seccomp_data *data);

/*
 * Put @code before the filters of @t and enter filter mode; @sync: all threads of the process get the same
 * filters. Returns 0, -ENOMEM, or, when @sync cannot be, the id of a thread that went another way.
 */
s64 seccomp_attach(struct task_struct *t, const struct sock_filter *code, u32 len, bool sync);

/*
 * May @t, which is in a seccomp mode, make this call? True: yes. False: not, *ret is the call's result; the
 * thread or process may have been ended, or have a SIGSYS coming.
 */
bool seccomp_allows(struct task_struct *t, u64 nr, const u64 args[6], s64 *ret);

/*
 * The call did not happen: SIGSYS says with @code and @data (si_errno) which it was. @fatal: whatever its handler.
 * Returns what the call's result register holds then, its number.
 */
s64 force_sigsys(struct task_struct *t, u64 nr, int code, u32 data, bool fatal);

/* How many filters @t has. */
u32 seccomp_filter_count(const struct task_struct *t);
/* Free what the process had. */
void seccomp_free(struct signal_struct *sig);

#endif
