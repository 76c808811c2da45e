// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A signal's frame costs one fault for each page that it covers and nobody has stored to: fresh pages, and pages that a
 * fork made shared again. How large the frame is depends on the CPU, so the pages are counted, not named.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096L
#define PAGES 16

static char *area;
static volatile uintptr_t frame_start, frame_end;

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	const char *fp = (const char *)uc->uc_mcontext.fpregs;
	uint32_t size;

	(void)sig;
	(void)si;
	memcpy(&size, fp + 480, sizeof(size)); // xstate_size of the software's bytes in the FXSAVE image
	frame_start = (uintptr_t)uc - 8;
	frame_end = (uintptr_t)fp + size;
}

static long faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt;
}

/* How many pages of the area only this process has, and whether those of the frame are among them. */
static int own_pages(int pagemap, int *all_of_frame)
{
	uint64_t entry[PAGES];
	int n = 0;

	*all_of_frame = 1;
	if (pread(pagemap, entry, sizeof(entry), (uintptr_t)area / PAGE * 8) != sizeof(entry))
		return -1;
	for (int i = 0; i < PAGES; i++) {
		uintptr_t start = (uintptr_t)area + i * PAGE;
		int own = entry[i] >> 63 && entry[i] >> 56 & 1;

		n += own;
		if (!own && start + PAGE > frame_start && start < frame_end)
			*all_of_frame = 0;
	}
	return n;
}

/* One signal with the end of the alternate stack at @end. */
static void one_frame(const char *what, int pagemap, long end)
{
	stack_t ss = {.ss_sp = area, .ss_size = (size_t)end};
	int own, whole;
	long before;

	sigaltstack(&ss, NULL);
	before = faults();
	raise(SIGUSR1);
	before = faults() - before;
	own = own_pages(pagemap, &whole);
	printf("%s, end %lx: %s, of the frame %s\n", what, end, own > 0 && before == own ? "a fault a page" : "miscounted",
	       whole ? "all" : "not all");
}

static void in_child(const char *what, long end, int is_fresh)
{
	fflush(stdout);
	if (!fork()) {
		stack_t ss = {.ss_flags = SS_DISABLE};
		int pagemap = open("/proc/self/pagemap", O_RDONLY), whole;

		// What else this needs (code, the ordinary stack) is there after a signal that does not use the area.
		sigaltstack(&ss, NULL);
		raise(SIGUSR1);
		own_pages(pagemap, &whole);
		printf(" ");
		if (is_fresh)
			madvise(area, PAGES * PAGE, MADV_DONTNEED);
		one_frame(what, pagemap, end);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

int main(void)
{
	static const long ends[] = {0, 0x40, 0x200, 0x400, 0x800, 0xa00, 0xc20, 0xfc0};
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(area, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(area, 1, PAGES * PAGE);
	sigaction(SIGUSR1, &sa, NULL);
	for (unsigned i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		in_child("fresh", (PAGES - 1) * PAGE + ends[i], 1);
		in_child("forked", (PAGES - 1) * PAGE + ends[i], 0);
	}
	return 0;
}
