// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The signal frame, field by field, for each kind of fault and for signals that are sent: every register, error
 * code, trap number, flags, masks, the floating-point image; and what the handler itself begins with.
 * What a larger CPU adds to the frame (XSAVE) is only checked for its own consistency.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define FP_MAGIC1 0x46505853U
#define FP_MAGIC2 0x46505845U

struct frame {
	uint64_t pretcode;
	struct {
		uint64_t flags, link, ss_sp;
		int32_t ss_flags, pad;
		uint64_t ss_size;
		uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
		uint16_t cs, gs, fs, ss;
		uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
		uint64_t sigmask;
	} uc;
	uint8_t info[128];
};

struct fxsave {
	uint16_t cwd, swd, twd, fop;
	uint64_t rip, rdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16], xmm[16][16], reserved[48];
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size, pad[7];
};

static jmp_buf back;
static uint8_t *code, *data;
static uint64_t stack_top;
static const char *what;
/* As the handler found the CPU. */
uint64_t entry_flags, entry_rsp, entry_rax;
uint32_t entry_mxcsr;
uint16_t entry_cwd;
uint8_t entry_xmm[2][16];

static void show_fp(const struct frame *f)
{
	const struct fxsave *fx = (void *)f->uc.fpstate;
	int xsave = f->uc.flags & 1;
	uint64_t size = xsave ? fx->extended_size : 512, sp;

	printf("  fp: cwd %x swd %x twd %x mxcsr %x mask %x", fx->cwd, fx->swd, fx->twd, fx->mxcsr, fx->mxcsr_mask & 0xffff);
	printf(" st0 %02x%02x st1 %02x%02x", fx->st[0][9], fx->st[0][8], fx->st[1][9], fx->st[1][8]);
	printf(" xmm0 %02x xmm15 %02x\n", fx->xmm[0][3], fx->xmm[15][3]);
	if (fx->magic1 != FP_MAGIC1 || fx->extended_size != fx->xstate_size + 4 || !fx->xfeatures != !xsave)
		printf("  magic1 %x size %u features %lx xstate %u\n", fx->magic1, fx->extended_size, fx->xfeatures,
		       fx->xstate_size);
	if (xsave && *(uint32_t *)((char *)fx + fx->xstate_size) != FP_MAGIC2)
		puts("  no magic2");
	if (!xsave && fx->xstate_size != 512)
		puts("  not the size of FXSAVE");
	for (int i = 0; i < 7; i++)
		if (fx->pad[i])
			puts("  padding is not zero");
	/* Exactly where the kernel puts it. */
	sp = ((f->uc.rsp - 128 - size) & ~63UL);
	printf("  fpstate in place %d frame in place %d\n", f->uc.fpstate == sp,
	       (uint64_t)f == ((sp - sizeof(*f)) & ~15UL) - 8);
}

__attribute__((used)) static void handler(int sig, siginfo_t *info, struct frame *f)
{
	uint64_t zero = 0;

	printf("%s: signal %d\n", what, sig);
	/* The stack's flags are those of whoever called execve, where there is no stack. */
	printf("  uc_flags %lx link %lx stack %lx %lx\n", f->uc.flags & ~1UL, f->uc.link, f->uc.ss_sp, f->uc.ss_size);
	if (sig != SIGUSR1) /* whose registers hold ids */
		printf("  %lx %lx %lx %lx %lx %lx %lx %lx\n", f->uc.r8, f->uc.r9, f->uc.r10, f->uc.r11, f->uc.r12, f->uc.r13,
	       f->uc.r14, f->uc.r15);
	if (sig != SIGUSR1)
		printf("  %lx %lx %lx %lx %lx %lx %lx\n", f->uc.rdi, f->uc.rsi, f->uc.rbp, f->uc.rbx, f->uc.rdx, f->uc.rax,
	       f->uc.rcx);
	if (sig != SIGUSR1)
		printf("  rsp %ld rip %ld rflags %lx cs %x gs %x fs %x ss %x\n", (long)(f->uc.rsp - stack_top),
	       (long)(f->uc.rip - (uint64_t)code), f->uc.rflags, f->uc.cs, f->uc.gs, f->uc.fs, f->uc.ss);
	/* The kernel's own accesses to user memory change CR2, too. */
	printf("  err %lx trapno %ld cr2 %lx mask %lx %lx\n", f->uc.err, f->uc.trapno, f->uc.trapno == 14 ? f->uc.cr2 : 0,
	       f->uc.oldmask, f->uc.sigmask);
	for (int i = 0; i < 8; i++)
		zero |= f->uc.reserved[i];
	printf("  reserved %lx info:", zero);
	((int *)f->info)[4] = ((int *)f->info)[4] == getpid() ? 1 : ((int *)f->info)[4];
	for (int i = 0; i < 32; i++)
		printf(" %x", ((uint32_t *)f->info)[i]);
	printf("\n  info is in the frame %d restorer %d\n", (uint8_t *)info == f->info, f->pretcode != 0);
	show_fp(f);
	printf("  on entry: flags %lx rax %lx aligned %d mxcsr %x cwd %x xmm0 %02x xmm15 %02x\n", entry_flags & ~0x8d5UL, entry_rax,
	       (int)((entry_rsp + 8) % 16), entry_mxcsr, entry_cwd, entry_xmm[0][3], entry_xmm[1][3]);
	longjmp(back, 1);
}

void entry(int sig, siginfo_t *info, void *uc);
__asm__("entry:\n"
	"	mov %rax, entry_rax\n"
	"	mov %rsp, entry_rsp\n"
	"	stmxcsr entry_mxcsr\n"
	"	fnstcw entry_cwd\n"
	"	movups %xmm0, entry_xmm\n"
	"	movups %xmm15, entry_xmm+16\n"
	"	pushf\n"
	"	pop %rax\n"
	"	mov %rax, entry_flags\n"
	"	lea -8(%rdx), %rdx\n"
	"	mov %rsp, %rax\n"
	"	and $-16, %rsp\n"
	"	push %rax\n"
	"	pushq $0x202\n"
	"	popf\n"
	"	push %rax\n"
	"	call handler\n");

/* Registers with known values, then the code. */
void enter(void *at, uint64_t rdi, uint64_t rsp, uint64_t flags);
__asm__("enter:\n"
	"	mov %rdx, %rsp\n"
	"	push %rcx\n"
	"	mov %rdi, -64(%rsp)\n"
	"	mov %rsi, %rdi\n"
	"	mov $0x1108, %r8\n"
	"	mov $0x1109, %r9\n"
	"	mov $0x1110, %r10\n"
	"	mov $0x1111, %r11\n"
	"	mov $0x1112, %r12\n"
	"	mov $0x1113, %r13\n"
	"	mov $0x1114, %r14\n"
	"	mov $0x1115, %r15\n"
	"	mov $0x11a0, %rax\n"
	"	mov $0x11b0, %rbx\n"
	"	mov $0x11c0, %rcx\n"
	"	mov $0x11d0, %rdx\n"
	"	mov $0x11e0, %rsi\n"
	"	mov $0x11f0, %rbp\n"
	"	ldmxcsr -100(%rsp)\n"
	"	popf\n"
	"	jmp *-72(%rsp)\n");

static void run(const char *name, const void *bytes, size_t n, uint64_t rdi, uint64_t flags)
{
	what = name;
	memset(code, 0xcc, 64);
	memcpy(code, bytes, n);
	if (!setjmp(back)) {
		*(uint32_t *)(stack_top - 8 - 100) = 0x3fa0; /* round down and such, all masked */
		__asm__ volatile("fninit\n fld1\n fldpi\n movd %0, %%xmm0\n movd %0, %%xmm15" : : "r"(0x77665544));
		enter(code, rdi, stack_top, flags);
	}
	__asm__ volatile("fninit\n cld");
}
#define RUN(name, bytes, rdi, flags) run(name, bytes, sizeof(bytes) - 1, (uint64_t)(rdi), flags)

struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

int main(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGUSR1, SIGALRM, 40};
	uint8_t *stack = mmap((void *)0x60000000, 0x20000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	uint64_t mask = 1UL << (SIGUSR2 - 1) | 1UL << 63;


	setvbuf(stdout, NULL, _IOLBF, 0);
	code = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	data = mmap((void *)0x20000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	stack_top = (uint64_t)stack + 0x18000;
	for (unsigned i = 0; i < sizeof(sigs) / sizeof(*sigs); i++) {
		struct kernel_sigaction ka = {entry, SA_SIGINFO | SA_NODEFER | 0x04000000, (void *)0x4711, 0};

		syscall(SYS_rt_sigaction, sigs[i], &ka, NULL, 8);
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);

	RUN("read", "\x8a\x07", 0x123456, 0x202);
	RUN("write", "\x88\x07", data + 5, 0xed7);
	RUN("fetch", "\xff\xe7", 0x123456, 0x202);
	RUN("not executable", "\xff\xe7", data, 0x202);
	RUN("kernel half", "\x8a\x07", 0xffff800000001234, 0x202);
	RUN("kernel half, write", "\x88\x07", 0xffffffff81000000, 0x202);
	RUN("non-canonical", "\x8a\x07", 0x8000000000001234, 0x202);
	RUN("hlt", "\x90\xf4", 0, 0x202);
	RUN("ud2", "\x90\x0f\x0b", 0, 0x203);
	RUN("int3", "\x90\xcc", 0, 0x202);
	RUN("icebp", "\x90\xf1", 0, 0x202);
	RUN("int 1", "\xcd\x01", 0, 0x202);
	RUN("int 4", "\xcd\x04", 0, 0x202);
	RUN("divide", "\x31\xc9\xf7\xf1", 0, 0x202);
	RUN("divide overflow", "\x31\xc9\xff\xc1\xf7\xf1", 0, 0x202);
	RUN("trap flag", "\x90\x90\x90", 0, 0x302);
	RUN("trap flag over a syscall", "\xb8\x27\x00\x00\x00\x31\xff\x0f\x05\x31\xc0\x90\x90", 0, 0x202);
	RUN("popf sets the trap flag", "\x68\x02\x03\x00\x00\x9d\x90\x90", 0, 0x202);
	RUN("direction", "\xf4", 0, 0x602);
	RUN("nested task flag", "\xf4", 0, 0x4202);
	RUN("identification flag", "\xf4", 0, 0x200202);
	RUN("cmpxchg16b misaligned", "\x48\x0f\xc7\x4f\x08", data, 0x202);
	RUN("fxsave misaligned", "\x0f\xae\x47\x08", data, 0x202);

	what = "tkill";
	if (!setjmp(back))
		syscall(SYS_tkill, getpid(), SIGUSR1);
	return 0;
}
