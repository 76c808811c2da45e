// SPDX-License-Identifier: GPL-2.0-or-later
// A child truncates a file that its parent maps: private copies past the end are gone, the address of SIGBUS is exact.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define PAGES 8

static sigjmp_buf jump;
static unsigned long fault_at;
static int fault_code;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	fault_at = (unsigned long)si->si_addr;
	fault_code = si->si_code;
	siglongjmp(jump, sig);
}

static void look(const char *what, volatile char *map)
{
	for (int i = 0; i < PAGES; i++) {
		int sig = sigsetjmp(jump, 1);

		if (sig)
			printf("%s %d: signal %d code %d at +%lx\n", what, i, sig, fault_code, fault_at - (unsigned long)map);
		else
			printf("%s %d: %d\n", what, i, map[i * PAGE + 77]);
	}
}

static void child_sets_size(int fd, int pages, int again)
{
	if (!fork()) {
		ftruncate(fd, pages * PAGE);
		if (again)
			ftruncate(fd, again * PAGE);
		_exit(0);
	}
	wait(NULL);
}

static void try(const char *name, int fd)
{
	char *private, *shared, *untouched;
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	sigaction(SIGBUS, &sa, NULL);
	ftruncate(fd, PAGES * PAGE);
	private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	untouched = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	for (int i = 0; i < PAGES; i++) {
		shared[i * PAGE + 77] = (char)(i + 1);
		if (i & 1)
			private[i * PAGE + 77] = (char)(i + 50);
	}
	puts(name);
	look("before", private);
	child_sets_size(fd, 4, 0);
	look("private", private);
	look("shared", shared);
	look("untouched", untouched);
	child_sets_size(fd, 2, PAGES);
	look("private, grown again", private);
	look("shared, grown again", shared);
	/* More truncations than anybody could remember. */
	private[5 * PAGE + 77] = 99;
	if (!fork()) {
		for (int i = 0; i < 1000; i++)
			ftruncate(fd, (2 + i % 2) * PAGE);
		_exit(0);
	}
	wait(NULL);
	look("often", private);
	munmap(private, PAGES * PAGE);
	munmap(shared, PAGES * PAGE);
	munmap(untouched, PAGES * PAGE);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	try("a file", open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
	try("a memfd", memfd_create("m", 0));
	return 0;
}
