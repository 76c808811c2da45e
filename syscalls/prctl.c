// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prctl: three kinds of options. What the host keeps for a process (capabilities, parent-death signal,
 * subreaper, ...) goes to the host; what concerns the program, its memory or its instructions is kept in task, mm and
 * engine; what would put the host process itself under a rule meant for the guest is EINVAL, as on a kernel built
 * without it.
 */
#include <string.h>
#include <sys/prctl.h>
#include "mm/huge.h"
#include "kernel/user_dispatch.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"
#include "syscalls/prctl_mm.h"
#include "syscalls/seccomp.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA	     0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#define ANON_VMA_NAME_MAX_LEN 80
#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif
#ifndef PR_GET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_MDWE_NO_INHERIT
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#define PR_MDWE_NO_INHERIT	 2
#endif
#ifndef PR_FUTEX_HASH
#define PR_FUTEX_HASH 78
#endif
#ifndef PR_GET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif

/* mm->flags, Linux's bits. */
#define THP_EXCEPT_ADVISED	       2

static s64 prctl_set_name(struct task_struct *t, u64 uaddr)
{
	char name[sizeof(t->comm)];
	s64 len = strncpy_from_user(t->mm, name, uaddr, sizeof(name) - 1);

	if (len < 0)
		return -EFAULT;
	memset(name + len, 0, sizeof(name) - (size_t)len);
	memcpy(t->comm, name, sizeof(t->comm));
	HOST(SYS_prctl, PR_SET_NAME, name);
	return 0;
}

static s64 prctl_thp(struct task_struct *t, const u64 *a)
{
	unsigned long *flags = &t->mm->flags;

	if ((int)a[0] == PR_GET_THP_DISABLE) {
		if (a[1] || a[2] || a[3] || a[4])
			return -EINVAL;
		if (*flags & MMF_DISABLE_THP)
			return 1;
		return *flags & MMF_DISABLE_THP_EXCEPT_ADVISED ? 1 | THP_EXCEPT_ADVISED : 0;
	}
	if ((a[2] & ~(u64)THP_EXCEPT_ADVISED) || a[3] || a[4] || (!a[1] && a[2]))
		return -EINVAL;
	*flags &= ~(MMF_DISABLE_THP | MMF_DISABLE_THP_EXCEPT_ADVISED);
	if (a[1])
		*flags |= a[2] ? MMF_DISABLE_THP_EXCEPT_ADVISED : MMF_DISABLE_THP;
	return 0;
}

/* Memory-deny-write-execute: what was refused once stays refused. */
static s64 prctl_mdwe(struct task_struct *t, const u64 *a)
{
	unsigned long *flags = &t->mm->flags, now = 0;

	if (*flags & MMF_HAS_MDWE)
		now |= PR_MDWE_REFUSE_EXEC_GAIN;
	if (*flags & MMF_HAS_MDWE_NO_INHERIT)
		now |= PR_MDWE_NO_INHERIT;
	if ((int)a[0] == PR_GET_MDWE)
		return a[1] || a[2] || a[3] || a[4] ? -EINVAL : (s64)now;
	if (a[2] || a[3] || a[4] || a[1] & ~(u64)(PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT) ||
	    a[1] == PR_MDWE_NO_INHERIT)
		return -EINVAL;
	if (now && now != a[1])
		return -EPERM;
	if (a[1])
		*flags |= MMF_HAS_MDWE | (a[1] & PR_MDWE_NO_INHERIT ? MMF_HAS_MDWE_NO_INHERIT : 0);
	return 0;
}

static s64 prctl_memory_merge(struct task_struct *t, const u64 *a)
{
	/* Only where the host's kernel merges pages at all. */
	if (HOST(SYS_prctl, PR_GET_MEMORY_MERGE, 0, 0, 0, 0) < 0)
		return -EINVAL;
	if ((int)a[0] == PR_GET_MEMORY_MERGE)
		return a[1] || a[2] || a[3] || a[4] ? -EINVAL : !!(t->mm->flags & MMF_VM_MERGE_ANY);
	if (a[2] || a[3] || a[4])
		return -EINVAL;
	ksm_set_merge_any(t->mm, a[1]);
	return 0;
}

static s64 prctl_get_auxv(struct task_struct *t, const u64 *a)
{
	size_t size = sizeof(t->mm->saved_auxv);

	if (a[3] || a[4])
		return -EINVAL;
	if (copy_to_user(t->mm, a[1], t->mm->saved_auxv, min_t(u64, a[2], size)))
		return -EFAULT;
	return (s64)size;
}

static s64 prctl_set_vma(struct task_struct *t, const u64 *a)
{
	char name[ANON_VMA_NAME_MAX_LEN];
	s64 len;

	if (a[1] != PR_SET_VMA_ANON_NAME)
		return -EINVAL;
	/* Names are seen in maps and keep areas from merging: only where the host's kernel has them, too. */
	if (HOST(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0, 0, NULL) < 0)
		return -EINVAL;
	if (!a[4])
		return madvise_set_anon_name(t->mm, a[2], a[3], NULL);
	len = strncpy_from_user(t->mm, name, a[4], sizeof(name));
	if (len < 0)
		return len;
	if ((size_t)len == sizeof(name))
		return -EINVAL;
	for (const char *c = name; *c; c++) {
		if (*c <= 0x1f || *c >= 0x7f || strchr("\\`$[]", *c))
			return -EINVAL;
	}
	return madvise_set_anon_name(t->mm, a[2], a[3], name);
}

/* Options whose answer is an int at the address in the second argument. */
static s64 prctl_host_get_int(struct task_struct *t, const u64 *a)
{
	int value;
	s64 ret = HOST(SYS_prctl, a[0], &value, a[2], a[3], a[4]);

	return ret < 0 ? ret : put_user(t->mm, value, a[1]);
}

/* Options kept by ulk. -ENOSYS (which prctl itself never gives): not one of them. */
static s64 prctl_own(struct task_struct *t, const u64 *a)
{
	int tsc;

	switch ((int)a[0]) {
	case PR_SET_NAME:
		return prctl_set_name(t, a[1]);
	case PR_GET_NAME:
		/* The host's copy: a write to /proc/self/comm changes only that. */
		HOST(SYS_prctl, PR_GET_NAME, t->comm);
		return copy_to_user(t->mm, a[1], t->comm, sizeof(t->comm)) ? -EFAULT : 0;
	case PR_GET_DUMPABLE:
		return (s64)(t->mm->flags & MMF_DUMPABLE_MASK);
	case PR_SET_DUMPABLE:
		if (a[1] > 1)
			return -EINVAL;
		t->mm->flags = (t->mm->flags & ~(unsigned long)MMF_DUMPABLE_MASK) | a[1];
		/* The host's flag decides who owns /proc/self/pagemap and its like. */
		return HOST(SYS_prctl, PR_SET_DUMPABLE, a[1], 0, 0, 0);
	case PR_GET_TID_ADDRESS:
		return put_user(t->mm, t->clear_child_tid, a[1]);
	case PR_SET_VMA:
		return prctl_set_vma(t, a);
	case PR_SET_MM:
		return prctl_set_mm(t, a);
	case PR_SET_THP_DISABLE:
	case PR_GET_THP_DISABLE:
		return prctl_thp(t, a);
	case PR_GET_AUXV:
		return prctl_get_auxv(t, a);
	case PR_GET_TSC:
		tsc = t->notsc ? PR_TSC_SIGSEGV : PR_TSC_ENABLE;
		return put_user(t->mm, tsc, a[1]);
	case PR_SET_TSC:
		if ((u32)a[1] != PR_TSC_ENABLE && (u32)a[1] != PR_TSC_SIGSEGV)
			return -EINVAL;
		t->notsc = (u32)a[1] == PR_TSC_SIGSEGV;
		cpu_trap_tsc(t->ulk->cpu, t->notsc || t->ulk->det);
		return 0;
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING:
		return a[1] == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_GET_SECCOMP:
		return t->seccomp_mode;
	case PR_SET_SYSCALL_USER_DISPATCH:
		return user_dispatch_set(t, a[1], a[2], a[3], a[4]);
	case PR_SET_SECCOMP:
		return prctl_set_seccomp(t, a[1], a[2]);
	case PR_SET_MDWE:
	case PR_GET_MDWE:
		return prctl_mdwe(t, a);
	case PR_SET_MEMORY_MERGE:
	case PR_GET_MEMORY_MERGE:
		return prctl_memory_merge(t, a);
	default:
		return -ENOSYS;
	}
}

SYSCALL(prctl)
{
	s64 ret = prctl_own(t, a);

	if (ret != -ENOSYS)
		return ret;
	switch ((int)a[0]) {
	case PR_GET_PDEATHSIG:
	case PR_GET_CHILD_SUBREAPER:
		return prctl_host_get_int(t, a);
	case PR_SET_PDEATHSIG:
	case PR_GET_KEEPCAPS:
	case PR_SET_KEEPCAPS:
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
	case PR_GET_SECUREBITS:
	case PR_SET_SECUREBITS:
	case PR_GET_TIMERSLACK:
	case PR_SET_TIMERSLACK:
	case PR_TASK_PERF_EVENTS_DISABLE:
	case PR_TASK_PERF_EVENTS_ENABLE:
	case PR_SET_CHILD_SUBREAPER:
	case PR_SET_NO_NEW_PRIVS:
	case PR_GET_NO_NEW_PRIVS:
	case PR_CAP_AMBIENT:
	case PR_GET_SPECULATION_CTRL:
	case PR_SET_SPECULATION_CTRL:
	case PR_FUTEX_HASH:
	case PR_MCE_KILL:
	case PR_MCE_KILL_GET:
	case PR_SET_IO_FLUSHER:
	case PR_GET_IO_FLUSHER:
	case PR_TIMER_CREATE_RESTORE_IDS:
		return HOST(SYS_prctl, a[0], a[1], a[2], a[3], a[4]);
	default:
		return -EINVAL;
	}
}
