// SPDX-License-Identifier: GPL-2.0-or-later
/* Code that is written while it runs: by itself, in its own block and page, by string stores, after faults. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf back;
static void handler(int sig)
{
	siglongjmp(back, sig);
}

static int call(uint8_t *p, long a)
{
	int sig = sigsetjmp(back, 1);

	return sig ? -sig : ((int (*)(long, uint8_t *))p)(a, p);
}

int main(void)
{
	uint8_t *p = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	/* movb $N,(rsi+6); mov $0,%eax — the immediate at offset 6 is the one written; ret */
	static const uint8_t next[] = {0xc6, 0x46, 0x05, 0x55, 0xb8, 0x00, 0x00, 0x00, 0x00, 0xc3};
	/* count in the page itself: 1: incl 64(%rsi); dec %rdi; jne 1b; mov 64(%rsi),%eax; ret */
	static const uint8_t count[] = {0xff, 0x46, 0x40, 0x48, 0xff, 0xcf, 0x75, 0xf8, 0x8b, 0x46, 0x40, 0xc3};
	/* stack in the page: mov %rsp,%rcx; lea 0x200(%rsi),%rsp; push %rdi; pop %rax; mov %rcx,%rsp; ret */
	static const uint8_t stack[] = {0x48, 0x89, 0xe1, 0x48, 0x8d, 0xa6, 0, 2, 0, 0, 0x57, 0x58, 0x48, 0x89, 0xcc, 0xc3};

	signal(SIGSEGV, handler);
	signal(SIGILL, handler);
	signal(SIGTRAP, handler);
	memcpy(p, next, sizeof(next));
	for (int i = 0; i < 3; i++) {
		p[3] = (uint8_t)(i + 10);
		printf("next instruction %d\n", call(p, 0));
	}
	memcpy(p, count, sizeof(count));
	printf("count %d\n", call(p, 1000));
	printf("count on %d\n", call(p, 500));
	memcpy(p, stack, sizeof(stack));
	for (int i = 1; i < 4; i++)
		printf("stack %d\n", call(p, i * 111));
	/* rep stosb over itself and off the end: the fault, and what was written before it */
	static const uint8_t stos[] = {0xb9, 0, 0x30, 0, 0, 0xb0, 0xc3, 0xf3, 0xaa, 0xc3};
	memcpy(p + 4096 - 5, stos, sizeof(stos));
	printf("stos across pages %d\n", call(p + 4096 - 5, (long)(p + 4096 + 16)));
	printf("then %d\n", call(p + 5000, 0) != -SIGSEGV);
	/* every byte of a function replaced, the last one first */
	for (int i = 0; i < 5; i++) {
		const uint8_t f[] = {0x90, 0x90, 0xb8, (uint8_t)i, 0, 0, 0, 0xc3};
		for (int j = sizeof(f) - 1; j >= 0; j--)
			p[j] = f[j];
		memset(p + 64, i, 64);
		printf("rewritten %d\n", call(p, 0));
		p[0] = i & 1 ? 0xcc : 0x0f;
		p[1] = 0x0b;
		printf("broken %d\n", call(p, 0));
	}
	/* code far apart in one page, one piece changed */
	for (int i = 0; i < 4; i++) {
		const uint8_t f[] = {0xb8, (uint8_t)i, 0, 0, 0, 0xc3};
		memcpy(p + 1024 * (i & 1), f, sizeof(f));
		printf("pieces %d %d\n", call(p, 0), call(p + 1024, 0));
	}
	return 0;
}
