// SPDX-License-Identifier: GPL-2.0-or-later
/* Every synchronous fault: signal, si_code, si_addr, trap number, error code and cr2 as the kernel gives them. */
#include <signal.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static uintptr_t code_at;      /* where the faulting instruction is expected, to print RIP relative to it */

static void handler(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	greg_t *g = uc->uc_mcontext.gregs;

	/* CR2 keeps the last page fault's address, and the kernel's own user accesses fault too: print it for #PF only. */
	printf("  sig %d code %d addr %p trapno %lld err %llx rip+%lld", sig, si->si_code, si->si_addr,
	       g[REG_TRAPNO], g[REG_ERR], (long long)(g[REG_RIP] - (greg_t)code_at));
	if (g[REG_TRAPNO] == 14)
		printf(" cr2 %llx", g[REG_CR2]);
	printf("\n");
	siglongjmp(back, 1);
}

static uint8_t *page, *ro, *none;

static void run_code(const char *name, const void *bytes, size_t n, uintptr_t rdi, uintptr_t rsi)
{
	printf("%s\n", name);
	memset(page, 0xcc, 64);
	memcpy(page, bytes, n);
	page[n] = 0xc3;
	code_at = (uintptr_t)page;
	if (!sigsetjmp(back, 1)) {
		((void (*)(uintptr_t, uintptr_t))page)(rdi, rsi);
		printf("  no fault\n");
	}
	/* clear AC/TF/DF that the code may have left */
	__asm__ volatile("cld");
}
#define RUN(name, bytes, a, b) run_code(name, bytes, sizeof(bytes) - 1, (uintptr_t)(a), (uintptr_t)(b))

int main(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	static char alt[65536];
	FILE *f = tmpfile();

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaltstack(&(stack_t){.ss_sp = alt, .ss_size = sizeof(alt)}, NULL);
	for (unsigned i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		sigaction(sigs[i], &sa, NULL);
	page = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ro = mmap((void *)0x20000000, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	none = mmap((void *)0x30000000, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	munmap(ro + 4096, 4096);
	uint8_t *eof = mmap((void *)0x40000000, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fileno(f), 0);
	ftruncate(fileno(f), 100);

	RUN("read unmapped", "\x8a\x07", 0x123450, 0);
	RUN("write unmapped", "\x88\x07", 0x123451, 0);
	RUN("write read-only", "\x88\x07", ro + 77, 0);
	RUN("write read-only after a read", "\x8a\x07\x88\x07", ro + 78, 0);
	RUN("read PROT_NONE", "\x8a\x07", none + 5, 0);
	RUN("write PROT_NONE", "\x88\x07", none + 6, 0);
	RUN("8-byte read over the end", "\x48\x8b\x07", ro + 4093, 0);
	RUN("16-byte read over the end", "\x0f\x10\x07", ro + 4090, 0);
	RUN("rmw of read-only", "\xff\x07", ro + 128, 0);
	RUN("push through rsp", "\x48\x89\xe1\x48\x89\xfc\x50", 0x200008, 0);
	RUN("movs, source bad", "\xa4", page + 2048, 0);
	RUN("rep movsb into a read-only page", "\xb9\x10\x00\x00\x00\xf3\xa4", ro + 10, page + 1024);
	RUN("rep stosq running off the end", "\xb9\x00\x10\x00\x00\xf3\x48\xab", page + 4096 - 64, 0);
	RUN("read kernel half", "\x8a\x07", 0xffff800000000000, 0);
	RUN("read non-canonical", "\x8a\x07", 0x800000000000, 0);
	RUN("read last user page", "\x8a\x07", 0x7ffffffff000, 0);
	RUN("bus: past the end of file", "\x8a\x07", eof + 4096, 0);
	RUN("bus: write past the end of file", "\x88\x07", eof + 4097, 0);
	RUN("within the last page of the file", "\x8a\x07", eof + 4095, 0);
	RUN("divide by zero", "\x31\xc9\x31\xd2\xf7\xf1", 0, 0);
	RUN("divide overflow", "\x48\x31\xc0\x48\x89\xc2\xff\xc2\x31\xc9\xff\xc1\xf7\xf1", 0, 0);
	RUN("divide by zero again", "\x31\xc9\x31\xd2\xf7\xf1", 0, 0);
	RUN("ud2", "\x90\x0f\x0b", 0, 0);
	RUN("int3", "\x90\xcc", 0, 0);
	RUN("hlt", "\xf4", 0, 0);
	RUN("cli", "\x90\xfa", 0, 0);
	RUN("in", "\xe4\x80", 0, 0);
	RUN("outsb", "\x6e", 0, page);
	RUN("mov cr3", "\x0f\x20\xd8", 0, 0);
	RUN("rdmsr", "\x0f\x32", 0, 0);
	RUN("lgdt", "\x0f\x01\x17", page, 0);
	RUN("int 0x81", "\xcd\x81", 0, 0);
	RUN("int 3 (two bytes)", "\xcd\x03", 0, 0);
	RUN("invlpg", "\x0f\x01\x3f", page, 0);
	RUN("lock without memory", "\xf0\x90", 0, 0);

	RUN("x87: masked divide", "\xd9\xe8\xd9\xee\xde\xf9\xdd\xd8", 0, 0);
	/* fldcw with ZM clear; 1/0; fwait */
	page[3000] = 0x7b, page[3001] = 0x03;
	RUN("x87: unmasked divide", "\xdb\xe2\xd9\x2f\xd9\xe8\xd9\xee\xde\xf9\x9b", page + 3000, 0);
	__asm__ volatile("fninit");
	/* jumps */
	RUN("jump to unmapped", "\xff\xe7", 0x555000, 0);
	code_at = 0;
	RUN("jump to data without X", "\xff\xe7", ro, 0);
	RUN("jump to 0", "\xff\xe7", 0, 0);
	RUN("call unmapped", "\xff\xd7", 0x123456789000, 0);
	return 0;
}
