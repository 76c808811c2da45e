// SPDX-License-Identifier: GPL-2.0-or-later
/* System calls given up: classic BPF, and what follows from its verdict. See seccomp.h. */
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "kernel/seccomp.h"
#include "kernel/signal.h"
#include "kernel/thread.h"

#define DATA_SIZE	    sizeof(struct seccomp_data)
/* Of all filters of a thread together; each costs four more than it is long. */
#define MAX_INSNS_PER_PATH  ((1U << 18) / sizeof(struct sock_filter))
#define FILTER_PENALTY	    4
#define MAX_ERRNO	    4095
#define SYS_SECCOMP_CODE    1

/* ---- classic BPF ---- */

/* What an instruction alone can have wrong. */
static bool insn_ok(const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return in->k < DATA_SIZE && !(in->k & 3);
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_ALU | BPF_NEG:
	case BPF_JMP | BPF_JA:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return in->k < BPF_MEMWORDS;
	}
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
		if (in->code & ~(0xf0 | BPF_X | BPF_ALU))
			return false;
		switch (BPF_OP(in->code)) {
		case BPF_ADD: case BPF_SUB: case BPF_MUL: case BPF_AND: case BPF_OR: case BPF_XOR:
			return true;
		case BPF_DIV:
			return BPF_SRC(in->code) == BPF_X || in->k;
		case BPF_LSH: case BPF_RSH:
			return BPF_SRC(in->code) == BPF_X || in->k < 32;
		}
		return false;
	case BPF_JMP:
		if (in->code & ~(0xf0 | BPF_X | BPF_JMP))
			return false;
		return BPF_OP(in->code) == BPF_JEQ || BPF_OP(in->code) == BPF_JGT ||
		       BPF_OP(in->code) == BPF_JGE || BPF_OP(in->code) == BPF_JSET;
	}
	return false;
}

static bool jumps_ok(const struct sock_filter *code, u32 len)
{
	for (u32 pc = 0; pc < len; pc++) {
		if (BPF_CLASS(code[pc].code) != BPF_JMP)
			continue;
		if (BPF_OP(code[pc].code) == BPF_JA ? code[pc].k >= len - pc - 1 :
						      pc + code[pc].jt + 1 >= len || pc + code[pc].jf + 1 >= len)
			return false;
	}
	return true;
}

/* No word of the scratch memory is read on any path before it was written (check_load_and_stores). */
static bool scratch_ok(const struct sock_filter *code, u32 len)
{
	u16 *valid = malloc(len * sizeof(*valid)), now = 0;
	bool ok = true;

	if (!valid)
		return false;
	memset(valid, 0xff, len * sizeof(*valid));
	for (u32 pc = 0; pc < len && ok; pc++) {
		const struct sock_filter *in = &code[pc];

		now &= valid[pc];
		switch (in->code) {
		case BPF_ST:
		case BPF_STX:
			now |= (u16)(1U << in->k);
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			ok = now & 1U << in->k;
			break;
		case BPF_JMP | BPF_JA:
			valid[pc + 1 + in->k] &= now;
			now = 0xffff;
			break;
		default:
			if (BPF_CLASS(in->code) != BPF_JMP)
				break;
			valid[pc + 1 + in->jt] &= now;
			valid[pc + 1 + in->jf] &= now;
			now = 0xffff;
		}
	}
	free(valid);
	return ok;
}

bool seccomp_code_ok(const struct sock_filter *code, u32 len)
{
	if (!len || len > BPF_MAXINSNS)
		return false;
	for (u32 pc = 0; pc < len; pc++) {
		if (!insn_ok(&code[pc]))
			return false;
	}
	return BPF_CLASS(code[len - 1].code) == BPF_RET && jumps_ok(code, len) && scratch_ok(code, len);
}

static u32 alu(u32 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 31);
	case BPF_RSH:
		return a >> (b & 31);
	default: /* BPF_NEG */
		return -a;
	}
}

static bool jump_taken(u32 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default: /* BPF_JSET */
		return a & b;
	}
}

u32 seccomp_run(const struct sock_filter *code, const struct seccomp_data *data)
{
	u32 a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

	for (const struct sock_filter *in = code;; in++) {
		u32 operand = BPF_SRC(in->code) == BPF_X ? x : in->k;

		switch (BPF_CLASS(in->code)) {
		case BPF_RET:
			return BPF_RVAL(in->code) == BPF_A ? a : in->k;
		case BPF_LD:
			if (BPF_MODE(in->code) == BPF_ABS)
				memcpy(&a, (const u8 *)data + in->k, sizeof(a));
			else
				a = BPF_MODE(in->code) == BPF_MEM ? mem[in->k] :
				    BPF_MODE(in->code) == BPF_LEN ? DATA_SIZE : in->k;
			break;
		case BPF_LDX:
			x = BPF_MODE(in->code) == BPF_MEM ? mem[in->k] :
			    BPF_MODE(in->code) == BPF_LEN ? DATA_SIZE : in->k;
			break;
		case BPF_ST:
			mem[in->k] = a;
			break;
		case BPF_STX:
			mem[in->k] = x;
			break;
		case BPF_ALU:
			/* Dividing by zero ends the program with 0, which is the hardest verdict but one. */
			if (BPF_OP(in->code) == BPF_DIV && !operand)
				return 0;
			a = alu(BPF_OP(in->code), a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA)
				in += in->k;
			else
				in += jump_taken(BPF_OP(in->code), a, operand) ? in->jt : in->jf;
			break;
		case BPF_MISC:
			if (BPF_MISCOP(in->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
}

/* ---- filters of a thread ---- */

u32 seccomp_filter_count(const struct task_struct *t)
{
	u32 n = 0;

	for (const struct seccomp_filter *f = t->seccomp; f; f = f->prev)
		n++;
	return n;
}

/* A thread of the process that cannot be given @t's filters, for it has some that @t has not; or NULL. */
static struct task_struct *went_another_way(struct task_struct *t)
{
	for (struct task_struct *o = t->ulk->tasks; o; o = o->next) {
		const struct seccomp_filter *f = t->seccomp;

		if (o == t || o->signal != t->signal || o->exited)
			continue;
		while (f && f != o->seccomp)
			f = f->prev;
		if (f != o->seccomp || o->seccomp_mode == SECCOMP_MODE_STRICT)
			return o;
	}
	return NULL;
}

s64 seccomp_attach(struct task_struct *t, const struct sock_filter *code, u32 len, bool sync)
{
	struct task_struct *other = sync ? went_another_way(t) : NULL;
	struct seccomp_filter *f;
	u32 total = len;
	bool nnp;

	for (f = t->seccomp; f; f = f->prev)
		total += f->len + FILTER_PENALTY;
	if (total > MAX_INSNS_PER_PATH)
		return -ENOMEM;
	if (other)
		return other->tid;
	f = malloc(sizeof(*f) + len * sizeof(*code));
	if (!f)
		return -ENOMEM;
	f->len = len;
	memcpy(f->code, code, len * sizeof(*code));
	f->prev = t->seccomp;
	f->next_all = t->signal->seccomp_all;
	nnp = HOST(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	t->signal->seccomp_all = f;
	for (struct task_struct *o = t->ulk->tasks; o; o = o->next) {
		if (o == t || (sync && o->signal == t->signal && !o->exited)) {
			o->seccomp = f;
			o->seccomp_mode = SECCOMP_MODE_FILTER;
			o->nnp_due = nnp && o != t;
		}
	}
	return 0;
}

void seccomp_free(struct signal_struct *sig)
{
	while (sig->seccomp_all) {
		struct seccomp_filter *next = sig->seccomp_all->next_all;

		free(sig->seccomp_all);
		sig->seccomp_all = next;
	}
}

/* ---- the verdict ---- */

s64 force_sigsys(struct task_struct *t, u64 nr, int code, u32 data, bool fatal)
{
	siginfo_t *info = &t->sync_info;

	force_sig_fault(t, SIGSYS, code, 0, 0, 0);
	info->si_errno = (int)data;
	info->si_call_addr = (void *)task_regs(t)->rip;
	info->si_syscall = (int)nr;
	info->si_arch = AUDIT_ARCH_X86_64;
	if (fatal) {
		t->signal->action[SIGSYS].handler = ULK_SIG_DFL;
		host_signal_mirror(t, SIGSYS);
		set_current_blocked(t, t->blocked & ~sigbit(SIGSYS));
	}
	/* syscall_rollback(): rax is the number again, and nothing is restarted. */
	t->orig_rax = (u64)-1;
	return (s64)nr;
}

static bool strict_allows(u64 nr)
{
	return nr == SYS_read || nr == SYS_write || nr == SYS_exit || nr == SYS_rt_sigreturn;
}

/* The hardest verdict of all filters; of equal ones that of the newest filter. */
static u32 run_filters(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct seccomp_data data = {
		.nr = (int)nr, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = task_regs(t)->rip,
	};
	u32 verdict = SECCOMP_RET_ALLOW;

	memcpy(data.args, args, sizeof(data.args));
	for (const struct seccomp_filter *f = t->seccomp; f; f = f->prev) {
		u32 v = seccomp_run(f->code, &data);

		if ((s32)(v & SECCOMP_RET_ACTION_FULL) < (s32)(verdict & SECCOMP_RET_ACTION_FULL))
			verdict = v;
	}
	return verdict;
}

bool seccomp_allows(struct task_struct *t, u64 nr, const u64 args[6], s64 *ret)
{
	u32 verdict, data;

	*ret = -ENOSYS;
	if (t->nnp_due)
		HOST(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	t->nnp_due = false;
	if (t->seccomp_mode == SECCOMP_MODE_STRICT) {
		if (strict_allows((u32)nr))
			return true;
		do_exit_thread(t, SIGKILL);
		return false;
	}
	verdict = run_filters(t, nr, args);
	data = verdict & SECCOMP_RET_DATA;
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return true;
	case SECCOMP_RET_ERRNO:
		*ret = -(s64)min_t(u32, data, MAX_ERRNO);
		return false;
	case SECCOMP_RET_TRAP:
		*ret = force_sigsys(t, nr, SYS_SECCOMP_CODE, data, false);
		return false;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		/* Nobody to ask: there are no tracers and no listeners. */
		return false;
	case SECCOMP_RET_KILL_THREAD:
		if (t->signal->nr_threads > 1) {
			do_exit_thread(t, SIGSYS);
			return false;
		}
		/* fall through */
	default: /* SECCOMP_RET_KILL_PROCESS, and what no kernel knows */
		*ret = force_sigsys(t, nr, SYS_SECCOMP_CODE, data, true);
		return false;
	}
}
