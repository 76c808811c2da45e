// SPDX-License-Identifier: GPL-2.0-or-later
/* Who maps a private page after fork: smaps of the parent, while its children unmap, end, execute and store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "show.h"

#define PAGE  4096UL
#define PAGES 64

static char *area;
static int ask[2], told[2];

static void report(const char *what)
{
	static const char *const names[] = {"Rss:", "Pss:", "Shared_Clean:", "Shared_Dirty:", "Private_Clean:", "Private_Dirty:"};
	unsigned long start, end;
	char line[512];
	int in = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	printf("%s:", what);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && strspn(line, "0123456789abcdef") >= 6)
			in = start == (unsigned long)area;
		for (int i = 0; i < 6 && in; i++)
			if (!strncmp(line, names[i], strlen(names[i])))
				printf(" %s %ld", names[i], atol(line + strlen(names[i])));
	}
	fclose(f);
	puts("");
	fflush(stdout);
}

/* The child did its next step. */
static void step(const char *what)
{
	char c = 0;

	if (read(told[0], &c, 1) != 1)
		puts("the child is gone");
	report(what);
	write(ask[1], &c, 1);
}

static void done(void)
{
	char c = 0;

	write(told[1], &c, 1);
	read(ask[0], &c, 1);
}

static void child(char *self)
{
	done();
	munmap(area, 16 * PAGE);
	done();
	madvise(area + 16 * PAGE, 16 * PAGE, MADV_DONTNEED);
	done();
	memset(area + 32 * PAGE, 3, 8 * PAGE);
	done();
	dup2(ask[0], 10);
	dup2(told[1], 11);
	execl(self, self, "child", NULL);
	_exit(1);
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 1) {
		char c = 0;

		write(11, &c, 1);
		read(10, &c, 1);
		return 7;
	}
	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(area, 1, PAGES * PAGE);
	pipe(ask);
	pipe(told);
	report("alone");
	if (!fork())
		child(argv[0]);
	step("forked");
	step("the child unmapped 16 pages");
	step("and let go of 16");
	step("and stored to 8");
	step("and is another program");
	wait(&status);
	printf("%x\n", status);
	report("alone again");
	memset(area, 2, PAGES * PAGE);
	madvise(area, PAGES * PAGE, MADV_DONTFORK);
	if (!fork()) {
		done();
		_exit(0);
	}
	step("not for children");
	wait(&status);
	madvise(area, PAGES * PAGE, MADV_DOFORK);
	/* The parent lets go instead, and what is new is its own. */
	if (!fork()) {
		done();
		done();
		_exit(0);
	}
	step("forked");
	madvise(area, 32 * PAGE, MADV_DONTNEED);
	memset(area, 4, 16 * PAGE);
	step("the parent let go of 32, and has 16 anew");
	wait(&status);
	report("alone");
	return 0;
}
