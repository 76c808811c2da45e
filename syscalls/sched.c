// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scheduling. A guest thread is scheduled by the host's kernel as the host thread that runs it, so the
 * host's answers and settings are the guest's.
 */
#include <string.h>
#include "kernel/sched.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define CPU_MASK_BYTES	     1024 /* 8192 CPUs: more than any x86-64 kernel is built for */
#define SCHED_ATTR_SIZE_VER0 48

SYSCALL(sched_yield)
{
	/* Threads of the same process wait for the CPU, not for the host's. */
	cpu_yield(t);
	return HOST(SYS_sched_yield);
}

SYSCALL(sched_getaffinity)
{
	u32 len = (u32)a[1];
	u8 mask[CPU_MASK_BYTES];
	s64 ret;

	ret = HOST(SYS_sched_getaffinity, a[0], len > sizeof(mask) && !(len & 7) ? sizeof(mask) : len, mask);
	return copy_result(t->mm, ret, a[2], mask, (size_t)ret);
}

SYSCALL(sched_setaffinity)
{
	u32 len = (u32)a[1];
	u8 mask[CPU_MASK_BYTES] = {0};

	if (len > sizeof(mask))
		len = sizeof(mask);
	if (copy_from_user(t->mm, mask, a[2], len))
		return -EFAULT;
	return HOST(SYS_sched_setaffinity, a[0], len, mask);
}

SYSCALL(sched_getparam)
{
	int param;
	s64 ret = HOST(SYS_sched_getparam, a[0], a[1] ? &param : NULL);

	return copy_result(t->mm, ret, a[1], &param, sizeof(param));
}

SYSCALL(sched_setparam)
{
	int param;

	if (!a[1] || (int)a[0] < 0)
		return -EINVAL;
	if (get_user(t->mm, param, a[1]))
		return -EFAULT;
	return HOST(SYS_sched_setparam, a[0], &param);
}

SYSCALL(sched_getscheduler)
{
	return HOST(SYS_sched_getscheduler, a[0]);
}

SYSCALL(sched_setscheduler)
{
	int param;

	if ((int)a[1] < 0 || !a[2] || (int)a[0] < 0)
		return -EINVAL;
	if (get_user(t->mm, param, a[2]))
		return -EFAULT;
	return HOST(SYS_sched_setscheduler, a[0], a[1], &param);
}

SYSCALL(sched_get_priority_max)
{
	return HOST(SYS_sched_get_priority_max, a[0]);
}

SYSCALL(sched_get_priority_min)
{
	return HOST(SYS_sched_get_priority_min, a[0]);
}

SYSCALL(sched_rr_get_interval)
{
	struct timespec ts;
	s64 ret = HOST(SYS_sched_rr_get_interval, a[0], &ts);

	return copy_result(t->mm, ret, a[1], &ts, sizeof(ts));
}

SYSCALL(sched_getattr)
{
	u32 usize = (u32)a[2];
	u8 attr[PAGE_SIZE] = {0};
	s64 ret;

	if (!a[1])
		return -EINVAL;
	if (usize > sizeof(attr))
		return -EINVAL;
	ret = HOST(SYS_sched_getattr, a[0], attr, usize, a[3]);
	if (ret < 0)
		return ret;
	/* What the host does not know of a longer structure it leaves alone; attr.size says how far. */
	return copy_to_user(t->mm, a[1], attr, min_t(u32, *(u32 *)attr, usize)) ? -EFAULT : 0;
}

SYSCALL(sched_setattr)
{
	u8 attr[PAGE_SIZE] = {0};
	u32 size;
	s64 ret;

	if (!a[1] || (int)a[0] < 0 || (u32)a[2])
		return -EINVAL;
	if (get_user(t->mm, size, a[1]))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size >= SCHED_ATTR_SIZE_VER0 && size <= sizeof(attr)) {
		u32 given;

		if (copy_from_user(t->mm, attr, a[1], size))
			return -EFAULT;
		memcpy(&given, attr, sizeof(given));
		if (given != size)
			memcpy(attr, &size, sizeof(size));
	} else {
		memcpy(attr, &size, sizeof(size));
	}
	ret = HOST(SYS_sched_setattr, a[0], attr, 0);
	/* E2BIG comes with the size the kernel would have taken. */
	if (ret == -E2BIG && copy_to_user(t->mm, a[1], attr, sizeof(size)))
		return -EFAULT;
	return ret;
}

SYSCALL(getpriority)
{
	return HOST(SYS_getpriority, a[0], a[1]);
}

SYSCALL(setpriority)
{
	return HOST(SYS_setpriority, a[0], a[1], a[2]);
}

SYSCALL(getcpu)
{
	u32 cpu, node;
	s64 ret = HOST(SYS_getcpu, &cpu, &node, NULL);

	if (t->ulk->det)
		cpu = node = 0;
	if (ret < 0)
		return ret;
	if (a[0] && put_user(t->mm, cpu, a[0]))
		return -EFAULT;
	if (a[1] && put_user(t->mm, node, a[1]))
		return -EFAULT;
	return 0;
}
