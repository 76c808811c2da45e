// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's system calls as the kernel side uses them, and messages to the user. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include "kernel/determin.h"
#include "kernel/robust.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "kernel/usage.h"

s64 host_syscall(long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	register u64 r10 __asm__("r10") = a3;
	register u64 r8 __asm__("r8") = a4;
	register u64 r9 __asm__("r9") = a5;
	s64 ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a0), "S"(a1), "d"(a2), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/*
 * A blocking call without the race between "is a signal pending?" and going to sleep. The host's
 * signal handler (kernel/host_signal.c) sets the word that is tested here; when it interrupts the
 * code between ulk_blocking_begin and ulk_blocking_end it moves RIP to ulk_blocking_interrupted. That
 * covers the window before the syscall instruction, and, since the handlers are installed with
 * SA_RESTART, a call that the host would restart: its RIP is back on the instruction. A call that
 * must not be restarted has -EINTR in rax and RIP at ulk_blocking_end. So the host tells us which of
 * the two kinds of interruption each call has; -ERESTARTSYS and -EINTR mean what they mean in Linux.
 * -ERESTARTNOINTR: the call did not begin.
 *
 * s64 ulk_blocking_syscall(u32 *pending, long nr, const u64 args[6])
 */
__asm__(".text\n"
	".p2align 4\n"
	".globl ulk_blocking_syscall\n"
	".hidden ulk_blocking_syscall\n"
	".type ulk_blocking_syscall, @function\n"
	"ulk_blocking_syscall:\n"
	"	.cfi_startproc\n"
	"	push %rbx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	.cfi_rel_offset %rbx, 0\n"
	"	mov %rdi, %rbx\n"
	"	mov %rsi, %rax\n"
	"	mov %rdx, %r11\n"
	"	mov 0(%r11), %rdi\n"
	"	mov 8(%r11), %rsi\n"
	"	mov 16(%r11), %rdx\n"
	"	mov 24(%r11), %r10\n"
	"	mov 32(%r11), %r8\n"
	"	mov 40(%r11), %r9\n"
	"	xor %ecx, %ecx\n" /* the syscall instruction leaves its return address there */
	".globl ulk_blocking_begin\n"
	".hidden ulk_blocking_begin\n"
	"ulk_blocking_begin:\n"
	"	cmpl $0, (%rbx)\n"
	"	jne ulk_blocking_interrupted\n"
	"	syscall\n"
	".globl ulk_blocking_end\n"
	".hidden ulk_blocking_end\n"
	"ulk_blocking_end:\n"
	"	pop %rbx\n"
	"	.cfi_remember_state\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	".globl ulk_blocking_interrupted\n"
	".hidden ulk_blocking_interrupted\n"
	"ulk_blocking_interrupted:\n"
	"	.cfi_restore_state\n"
	"	mov $-512, %rax\n" /* -ERESTARTSYS */
	"	test %rcx, %rcx\n"
	"	jnz 1f\n"
	"	mov $-513, %rax\n" /* -ERESTARTNOINTR */
	"1:\n"
	"	pop %rbx\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size ulk_blocking_syscall, . - ulk_blocking_syscall\n"
	".section .note.GNU-stack,\"\",@progbits\n"
	".text\n");

/* Preparing a call may take longer than it is from one signal to the next (ITIMER_REAL), so not for ever. */
#define PUT_OFF_MAX 3

bool put_off_call(struct task_struct *t, u64 nr)
{
	if (t->put_off_nr != nr) {
		t->put_off_nr = nr;
		t->put_off = 0;
	}
	return t->put_off < PUT_OFF_MAX && ++t->put_off;
}

static s64 blocking(struct task_struct *t, long nr, const u64 args[6])
{
	s64 ret;

	usage_note_fast(t);
	robust_show(t);
	if (unlikely(t->signal_injected))
		return det_try(t, nr, args);
	if (unlikely(t->ulk->det))
		return det_blocking(t, nr, args);
	cpu_release(t);
	ret = ulk_blocking_syscall(&t->sigpending, nr, args);
	cpu_acquire(t);
	return ret;
}

s64 host_syscall_blocking(struct task_struct *t, long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const u64 args[6] = {a0, a1, a2, a3, a4, a5};
	s64 ret = blocking(t, nr, args);

	return ret == -ERESTARTNOINTR ? -ERESTARTSYS : ret;
}

s64 host_syscall_after_signals(struct task_struct *t, long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const u64 args[6] = {a0, a1, a2, a3, a4, a5};
	s64 ret = blocking(t, nr, args);

	return ret == -ERESTARTNOINTR && !put_off_call(t, t->orig_rax) ? -ERESTARTSYS : ret;
}

s64 host_read_text(const char *path, char *text, size_t size)
{
	s64 fd = HOST(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), n = fd;

	if (fd >= 0) {
		n = HOST(SYS_read, fd, text, size - 1);
		HOST(SYS_close, fd);
	}
	text[n > 0 ? n : 0] = 0;
	return n;
}

static void vmessage(struct ulk *ulk, const char *fmt, va_list ap)
{
	FILE *log = ulk->log ? ulk->log : stderr;

	fputs("ulk: ", log);
	vfprintf(log, fmt, ap);
	fputc('\n', log);
	fflush(log);
}

void pr_err(struct ulk *ulk, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage(ulk, fmt, ap);
	va_end(ap);
}

void pr_verbose(struct ulk *ulk, const char *fmt, ...)
{
	va_list ap;

	if (!ulk->opt.verbose)
		return;
	va_start(ap, fmt);
	vmessage(ulk, fmt, ap);
	va_end(ap);
}
