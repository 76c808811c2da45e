// SPDX-License-Identifier: GPL-2.0-or-later
// TEST: pairs=3
/*
 * MADV_PAGEOUT of files in memory: what is dirty, even if it was only made ready to be stored to, has nowhere to go; and
 * only who may write to the file can page it out.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define PAGES 16
#define ADVISE_POPULATE_WRITE 23

static char *area;

static void show(const char *what)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry[PAGES] = {0};
	unsigned char vec[PAGES] = {0};

	if (pread(pagemap, entry, sizeof(entry), (uintptr_t)area / PAGE * 8) < 0 || mincore(area, PAGES * PAGE, vec))
		exit(1);
	close(pagemap);
	printf("%s: mapped ", what);
	for (int i = 0; i < PAGES; i++)
		printf("%d", (int)(entry[i] >> 63));
	printf(", cached ");
	for (int i = 0; i < PAGES; i++)
		printf("%d", vec[i] & 1);
	printf("\n");
}

/* Pages that were read only, read and made ready to be stored to, stored to, made ready. */
static void some_pages(void)
{
	for (int i = 0; i < 4; i++) {
		(void)*(volatile char *)(area + i * PAGE);
		*(volatile char *)(area + (4 + i) * PAGE) = 1;
	}
	madvise(area + 8 * PAGE, 4 * PAGE, ADVISE_POPULATE_WRITE);
	madvise(area + 2 * PAGE, 2 * PAGE, ADVISE_POPULATE_WRITE);
}

static void page_out(const char *what, int fd, int flags, uid_t user)
{
	fflush(stdout);
	if (!fork()) {
		if (user && (setresuid(user, user, user) || prctl(PR_SET_DUMPABLE, 1)))
			exit(1);
		area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
		some_pages();
		madvise(area, PAGES * PAGE, MADV_PAGEOUT);
		show(what);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

static int file(mode_t mode)
{
	int fd = memfd_create("file", 0);

	if (fd < 0 || ftruncate(fd, PAGES * PAGE) || fchmod(fd, mode))
		exit(1);
	return fd;
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		uid_t user = i && !getuid() ? 747101 : 0;

		printf("user %d\n", i);
		page_out("shared, may write", file(0666), MAP_SHARED, user);
		page_out("shared, may not", file(0644), MAP_SHARED, user);
		page_out("private, may write", file(0666), MAP_PRIVATE, user);
		page_out("private, may not", file(0644), MAP_PRIVATE, user);
		page_out("anonymous", -1, MAP_SHARED | MAP_ANONYMOUS, user);
	}
	return 0;
}
