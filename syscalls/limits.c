// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resource limits and usage. The limits are the guest's own (signal->rlim): ulk needs more address
 * space, stack and descriptors than a guest may be allowed. Those that only the host can enforce are
 * set on the host process as well.
 */
#include <linux/capability.h>
#include <string.h>
#include <sys/times.h>
#include "kernel/fds.h"
#include "kernel/usage.h"
#include "procfs/peer.h"
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

/* The host must count or act: file size, CPU time, processes, queues, priorities. Not in a process that is another program's,
 * too, which would be bound by them as well. */
static bool host_enforces(const struct task_struct *t, unsigned resource)
{
	if (t->ulk->opt.embedded)
		return false;
	switch (resource) {
	case RLIMIT_FSIZE:
	case RLIMIT_CPU:
	case RLIMIT_NPROC:
	case RLIMIT_LOCKS:
	case RLIMIT_SIGPENDING:
	case RLIMIT_MSGQUEUE:
	case RLIMIT_NICE:
	case RLIMIT_RTPRIO:
	case RLIMIT_RTTIME:
		return true;
	default:
		return false;
	}
}

static u64 host_nr_open(void)
{
	FILE *f = fopen("/proc/sys/fs/nr_open", "re");
	unsigned long n = 1048576;

	if (f) {
		if (fscanf(f, "%lu", &n) != 1)
			n = 1048576;
		fclose(f);
	}
	return n;
}

/* do_prlimit() of the calling process. @new and @old may be NULL. */
static s64 own_prlimit(struct task_struct *t, unsigned resource, const struct rlimit *new, struct rlimit *old)
{
	struct rlimit *rlim;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	rlim = &t->signal->rlim[resource];
	if (new) {
		if (new->rlim_cur > new->rlim_max)
			return -EINVAL;
		if (resource == RLIMIT_NOFILE && new->rlim_max > host_nr_open())
			return -EPERM;
		if (new->rlim_max > rlim->rlim_max && !host_capable(CAP_SYS_RESOURCE))
			return -EPERM;
		if (host_enforces(t, resource)) {
			s64 ret = HOST(SYS_prlimit64, 0, resource, new, NULL);

			if (ret < 0)
				return ret;
		}
	}
	if (old)
		*old = *rlim;
	if (new)
		*rlim = *new;
	if (new && resource == RLIMIT_NOFILE)
		fds_limit_changed(0, new->rlim_cur);
	return 0;
}

/*
 * do_prlimit() of another process. The host says who may, and does its part; the limits themselves are in the memory
 * of that process's ulk, where it looks at them for each use.
 */
static s64 peer_prlimit(struct task_struct *t, int pid, unsigned resource, const struct rlimit *new, struct rlimit *old)
{
	struct rlimit was;
	s64 ret;

	if (!peer_is_ours(t, pid) || resource >= RLIM_NLIMITS || (new && new->rlim_cur > new->rlim_max))
		return HOST(SYS_prlimit64, pid, resource, new, old);
	ret = HOST(SYS_prlimit64, pid, resource, host_enforces(t, resource) ? new : NULL, &was);
	if (ret < 0)
		return ret;
	ret = peer_rlimit(t, pid, resource, NULL, &was);
	/* Of another family, or one that we may not look into: the host process's, then. */
	if (ret == -ENOENT || ret == -EACCES)
		return HOST(SYS_prlimit64, pid, resource, new, old);
	if (!ret && old)
		*old = was;
	if (ret < 0 || !new)
		return ret;
	if (resource == RLIMIT_NOFILE && new->rlim_max > host_nr_open())
		return -EPERM;
	if (new->rlim_max > was.rlim_max && !host_capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (resource == RLIMIT_NOFILE)
		fds_limit_changed(pid, new->rlim_cur);
	return peer_rlimit(t, pid, resource, new, NULL);
}

SYSCALL(getrlimit)
{
	struct rlimit old;
	s64 ret = own_prlimit(t, (u32)a[0], NULL, &old);

	return copy_result(t->mm, ret, a[1], &old, sizeof(old));
}

SYSCALL(setrlimit)
{
	struct rlimit new;

	if (get_user(t->mm, new, a[1]))
		return -EFAULT;
	return own_prlimit(t, (u32)a[0], &new, NULL);
}

SYSCALL(prlimit64)
{
	struct rlimit new, old;
	int pid = (int)a[0];
	s64 ret;

	if (a[2] && get_user(t->mm, new, a[2]))
		return -EFAULT;
	if (!pid || pid == t->pid || find_own_task(t, pid))
		ret = own_prlimit(t, (u32)a[1], a[2] ? &new : NULL, a[3] ? &old : NULL);
	else
		ret = peer_prlimit(t, pid, (u32)a[1], a[2] ? &new : NULL, a[3] ? &old : NULL);
	if (ret < 0 || !a[3])
		return ret;
	return copy_result(t->mm, ret, a[3], &old, sizeof(old));
}

/* Time is what the program really took; memory and faults are the guest's, not ulk's. */
static void own_usage(struct task_struct *t, struct rusage *ru, bool thread)
{
	u64 rss = max_t(u64, t->mm->hiwater_rss, get_mm_rss(t->mm));
	u64 minor, major;

	task_faults(t, thread, &minor, &major);
	ru->ru_maxrss = (long)(max_t(u64, rss, t->signal->maxrss) << (PAGE_SHIFT - 10));
	ru->ru_minflt = (long)minor;
	ru->ru_majflt = (long)major;
}

SYSCALL(getrusage)
{
	struct rusage ru;
	s64 ret = HOST(SYS_getrusage, a[0], &ru);

	if (ret < 0)
		return ret;
	if (t->ulk->det) {
		u64 now = (int)a[0] == RUSAGE_SELF ? det_process_cpu(t) : 0;
		struct timespec ts;

		if ((int)a[0] == RUSAGE_THREAD && !task_clock(t, CLOCK_THREAD_CPUTIME_ID, &ts))
			now = (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;

		ru = (struct rusage){.ru_utime = {(time_t)(now / 1000000000), (suseconds_t)(now / 1000 % 1000000)}};
	}
	if ((int)a[0] == RUSAGE_CHILDREN)
		usage_of_children(t, &ru);
	else
		own_usage(t, &ru, (int)a[0] == RUSAGE_THREAD);
	return copy_to_user(t->mm, a[1], &ru, sizeof(ru)) ? -EFAULT : 0;
}

SYSCALL(times)
{
	struct tms tms;
	s64 ret = HOST(SYS_times, &tms);

	if (t->ulk->det) {
		tms = (struct tms){.tms_utime = (clock_t)(det_process_cpu(t) / 10000000)};
		ret = (s64)(100000 + det_now(t->ulk) / 10000000);
	}
	if (a[0] && copy_to_user(t->mm, a[0], &tms, sizeof(tms)))
		return -EFAULT;
	return ret;
}
