// SPDX-License-Identifier: GPL-2.0-or-later
// Big memory: reservations that cost nothing, sparse use of more than there may be, and the stack's limit.
//   bigmem reserve TIB    reserve TIB tebibytes with PROT_NONE, use one page at each end
//   bigmem sparse         6 GiB, one page in each 16 MiB touched
//   bigmem deep KIB       recurse until KIB of stack are in use
//   bigmem overflow       recurse without end; print the depth on the way
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL

static int reserve(unsigned long tib)
{
	unsigned long len = tib << 40;
	char *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	printf("%lu TiB at %p\n", tib, (void *)p);
	if (mprotect(p, PAGE, PROT_READ | PROT_WRITE) ||
	    mprotect(p + len - PAGE, PAGE, PROT_READ | PROT_WRITE))
		return 1;
	p[0] = 1;
	p[len - 1] = 2;
	printf("%d %d\n", p[1], p[len - 1]);
	if (munmap(p, len))
		return 1;
	p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("again, without NORESERVE: %p\n", (void *)p);
	return 0;
}

static int sparse(void)
{
	unsigned long len = 6UL << 30, step = 16UL << 20, sum = 0;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	// Huge pages would make "sparse" dense.
	madvise(p, len, MADV_NOHUGEPAGE);
	for (unsigned long at = 0; at < len; at += step)
		*(unsigned long *)(p + at) = at;
	for (unsigned long at = 0; at < len; at += step)
		sum += *(unsigned long *)(p + at) >> 24;
	printf("6 GiB at %p, sum %lu\n", (void *)p, sum);
	return 0;
}

static char *top;

// 1 KiB per call, roughly; the depth in bytes is measured, not assumed.
static unsigned long recurse(unsigned long limit)
{
	volatile char frame[1000];

	frame[0] = 1;
	if ((unsigned long)(top - (char *)frame) >= limit)
		return top - (char *)frame;
	return recurse(limit) + (frame[0] - 1);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	char text[64];

	// The guard gap and the limit decide where; the address of the fault, seen from the top, is the
	// depth.
	int n = snprintf(text, sizeof(text), "SIGSEGV at depth %ld, code %d\n",
			 (long)(top - (char *)info->si_addr), info->si_code);
	if (write(1, text, n) != n)
		_exit(2);
	signal(sig, SIG_DFL);
}

int main(int argc, char **argv)
{
	top = __builtin_frame_address(0);
	if (argc > 2 && !strcmp(argv[1], "reserve"))
		return reserve(strtoul(argv[2], NULL, 0));
	if (argc > 1 && !strcmp(argv[1], "sparse"))
		return sparse();
	if (argc > 2 && !strcmp(argv[1], "deep")) {
		printf("went down %lu bytes\n", recurse(strtoul(argv[2], NULL, 0) * 1024));
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "overflow")) {
		stack_t alt = {.ss_sp = malloc(65536), .ss_size = 65536};
		struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

		sigaltstack(&alt, NULL);
		sigaction(SIGSEGV, &sa, NULL);
		recurse(~0UL);
	}
	return 1;
}
