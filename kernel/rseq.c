// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include "kernel/rseq.h"
#include "kernel/signal.h"

#define RSEQ_FLAG_UNREGISTER	  1
#define RSEQ_CPU_ID_UNINITIALIZED (-1U)
#define ORIG_RSEQ_SIZE		  32
#define RSEQ_ALIGN		  32

/* struct rseq of linux/rseq.h. */
struct rseq_area {
	u32 cpu_id_start, cpu_id;
	u64 rseq_cs;
	u32 flags, node_id, mm_cid;
};

#define RSEQ_FEATURE_SIZE 28

/* struct rseq_cs: one sequence. */
struct rseq_cs {
	u32 version, flags;
	u64 start_ip, post_commit_offset, abort_ip;
};

/* The parts of the area that are ours to write. */
static bool write_cpu(struct task_struct *t, u32 cpu_id_start, u32 cpu_id, u32 node, u32 mm_cid)
{
	const u32 ids[2] = {cpu_id_start, cpu_id}, more[2] = {node, mm_cid};

	return !copy_to_user(t->mm, t->rseq, ids, sizeof(ids)) &&
	       !copy_to_user(t->mm, t->rseq + offsetof(struct rseq_area, node_id), more, sizeof(more));
}

static bool update_cpu(struct task_struct *t)
{
	u32 cpu = 0, node = 0;

	if (!t->ulk->det)
		HOST(SYS_getcpu, &cpu, &node, NULL);
	t->rseq_cpu = (int)cpu;
	/* One engine: of this mm's threads one is running. */
	return write_cpu(t, cpu, cpu, node, 0);
}

static bool clear_cs(struct task_struct *t)
{
	u64 none = 0;

	return !put_user(t->mm, none, t->rseq + offsetof(struct rseq_area, rseq_cs));
}

/* rseq_get_rseq_cs(): the sequence at @uaddr, or false when it is none. */
static bool get_cs(struct task_struct *t, u64 uaddr, struct rseq_cs *cs)
{
	u64 end;
	u32 sig;

	if (uaddr >= TASK_SIZE_MAX || get_user(t->mm, *cs, uaddr))
		return false;
	if (cs->version || __builtin_add_overflow(cs->start_ip, cs->post_commit_offset, &end))
		return false;
	if (cs->start_ip >= TASK_SIZE_MAX || end >= TASK_SIZE_MAX || cs->abort_ip >= TASK_SIZE_MAX)
		return false;
	if (cs->abort_ip - cs->start_ip < cs->post_commit_offset)
		return false;
	/* The program's mark before the abort code, so that the structure is no tool for jumping anywhere. */
	return !get_user(t->mm, sig, cs->abort_ip - sizeof(sig)) && sig == t->rseq_sig;
}

/* rseq_ip_fixup() */
static bool fix_ip(struct task_struct *t)
{
	struct rseq_cs cs;
	u64 uaddr;
	u32 flags;

	if (get_user(t->mm, uaddr, t->rseq + offsetof(struct rseq_area, rseq_cs)))
		return false;
	if (!uaddr)
		return true;
	if (!get_cs(t, uaddr, &cs))
		return false;
	if (task_regs(t)->rip - cs.start_ip >= cs.post_commit_offset)
		return clear_cs(t);
	/* Flags that once kept a sequence from being aborted are errors by now. */
	if (cs.flags || get_user(t->mm, flags, t->rseq + offsetof(struct rseq_area, flags)) || flags)
		return false;
	if (!clear_cs(t))
		return false;
	t->regs.rip = cs.abort_ip;
	t->regs_dirty = true;
	return true;
}

bool rseq_wanted(const struct task_struct *t)
{
	return t->rseq && (t->rseq_event || (!t->ulk->det && sched_getcpu() != t->rseq_cpu));
}

void rseq_resume(struct task_struct *t)
{
	t->rseq_event = false;
	if (!fix_ip(t) || !update_cpu(t))
		force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, (u32)t->trapno, t->error_code);
}

void rseq_signal_deliver(struct task_struct *t)
{
	if (t->rseq)
		rseq_resume(t);
}

void rseq_forget(struct task_struct *t)
{
	t->rseq = 0;
	t->rseq_len = t->rseq_sig = 0;
	t->rseq_event = false;
}

static s64 rseq_unregister(struct task_struct *t, u64 area, u32 len, u32 sig)
{
	if (!t->rseq || t->rseq != area || t->rseq_len != len)
		return -EINVAL;
	if (t->rseq_sig != sig)
		return -EPERM;
	if (!write_cpu(t, 0, RSEQ_CPU_ID_UNINITIALIZED, 0, 0))
		return -EFAULT;
	rseq_forget(t);
	return 0;
}

s64 sys_rseq(struct task_struct *t, const u64 *a)
{
	u64 area = a[0], cs;
	u32 len = (u32)a[1], sig = (u32)a[3];
	int flags = (int)a[2];

	if (flags & RSEQ_FLAG_UNREGISTER)
		return flags != RSEQ_FLAG_UNREGISTER ? -EINVAL : rseq_unregister(t, area, len, sig);
	if (flags)
		return -EINVAL;
	if (t->rseq) {
		if (t->rseq != area || t->rseq_len != len)
			return -EINVAL;
		return t->rseq_sig != sig ? -EPERM : -EBUSY;
	}
	if (len < ORIG_RSEQ_SIZE || len < RSEQ_FEATURE_SIZE || area % RSEQ_ALIGN)
		return -EINVAL;
	if (!access_ok(area, len))
		return -EFAULT;
	t->rseq = area;
	if (get_user(t->mm, cs, area + offsetof(struct rseq_area, rseq_cs)) || (cs && !clear_cs(t))) {
		t->rseq = 0;
		return -EFAULT;
	}
	t->rseq_len = len;
	t->rseq_sig = sig;
	t->rseq_event = true; /* the CPU's number is there when the call returns */
	return 0;
}
