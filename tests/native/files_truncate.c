// SPDX-License-Identifier: GPL-2.0-or-later
// Files that are mapped while they are truncated, punched and written: what the mappings show.
#include "files.h"
#include <linux/falloc.h>
#include <setjmp.h>

static sigjmp_buf back;
static volatile long where;

static void on_bus(int sig, siginfo_t *si, void *uc)
{
	where = (long)si->si_addr;
	siglongjmp(back, sig * 100 + si->si_code);
}

static char *shared, *private;

static void look(const char *what, char *p)
{
	printf("%s:", what);
	for (int i = 0; i < 4; i++) {
		int how = sigsetjmp(back, 1);

		if (how)
			printf(" [%d at %ld]", how, where - (long)p);
		else
			printf(" %02x", (unsigned char)p[i * 4096 + 5]);
	}
	printf("\n");
}

static void both(const char *what)
{
	printf("-- %s\n", what);
	look("shared ", shared);
	look("private", private);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
	int fd = file_of("f", 16384), o;

	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	shared = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	both("fresh");
	private[4096 + 5] = 'P';
	private[3 * 4096 + 5] = 'Q';
	shared[5] = 'S';
	shared[2 * 4096 + 5] = 'T';
	both("written");
	P(pwrite(fd, "wxyz", 4, 4));
	P(pwrite(fd, "wxyz", 4, 4096 + 4));
	both("pwritten");
	P(ftruncate(fd, 4096 + 3));
	both("cut in page 1");
	P(pwrite(fd, "again", 5, 3 * 4096 + 5));
	both("grown again");
	P(S(fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	both("punched");
	P(truncate("f", 0));
	both("empty");
	P(truncate("f", 10));
	both("one page");
	P(o = open("f", O_RDWR | O_TRUNC));
	both("O_TRUNC");
	P(ftruncate(o, 16384));
	both("all zero");
	shared[3 * 4096 + 5] = 'Z';
	P(lseek(fd, 3 * 4096, SEEK_SET));
	char buf[16];

	P(read(fd, buf, 16));
	printf("%c\n", buf[5]);
	/* Reading a file into its own mapping, and the other way round. */
	P(pwrite(fd, "0123456789", 10, 0));
	P(pread(fd, shared + 4096, 10, 0));
	P(pwrite(fd, shared + 4096, 10, 8192));
	both("through itself");
	P(pread(fd, shared + 16384 - 5, 10, 0));
	P(ftruncate(fd, 4096));
	P(pread(fd, shared + 4096 - 5, 10, 0));
	P(S(memfd_create, "x", 0) >= 0);
	return 0;
}
