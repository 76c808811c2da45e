// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls about the x86-64 CPU, and personality. */
#include "syscalls/handlers.h"

#define ARCH_SET_GS	    0x1001
#define ARCH_SET_FS	    0x1002
#define ARCH_GET_FS	    0x1003
#define ARCH_GET_GS	    0x1004
#define ARCH_GET_CPUID	    0x1011
#define ARCH_SET_CPUID	    0x1012
#define ARCH_GET_XCOMP_SUPP 0x1021
#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023

/* What the engine keeps for a thread: x87 and SSE, the FXSAVE image. */
#define XFEATURES_FXSAVE 3UL

SYSCALL(arch_prctl)
{
	u64 addr = a[1], xfeatures = XFEATURES_FXSAVE;

	switch ((int)a[0]) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= TASK_SIZE_MAX)
			return -EPERM;
		if ((int)a[0] == ARCH_SET_FS)
			task_regs(t)->fs_base = addr;
		else
			task_regs(t)->gs_base = addr;
		t->regs_dirty = true;
		return 0;
	case ARCH_GET_FS:
		return put_user(t->mm, task_regs(t)->fs_base, addr);
	case ARCH_GET_GS:
		return put_user(t->mm, task_regs(t)->gs_base, addr);
	case ARCH_GET_CPUID:
		return 1;
	case ARCH_SET_CPUID:
		/* CPUID faulting is a feature of some CPUs; this one lacks it, even for "enable". */
		return -ENODEV;
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
		return put_user(t->mm, xfeatures, addr);
	case ARCH_REQ_XCOMP_PERM:
		return addr > 62 ? -EINVAL : -EOPNOTSUPP;
	default:
		/* Shadow stacks, address masking: EINVAL from a kernel whose CPU has neither. */
		return -EINVAL;
	}
}

/* The host's personality stays ulk's own: it would change how the host maps ulk. */
SYSCALL(personality)
{
	u32 old = t->personality;

	if ((u32)a[0] != 0xffffffff) {
		t->personality = (u32)a[0];
		t->signal->mm_env.personality = (u32)a[0];
	}
	return old;
}
