// SPDX-License-Identifier: GPL-2.0-or-later
// TEST: pairs=3
/*
 * Pages that are pinned for reading (process_vm_readv of one's own memory) must be the process's alone: after a fork that
 * is one fault for each, and a copy while somebody else has the page, too. Pages of zeros and of files stay as they are.
 * (Natively a page of the program that carries the mark of read-ahead is one fault more, for the first who comes.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define PAGES 16

static char *area, buf[4 * PAGE];
static int pagemap;

static long faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt;
}

static long rss(void)
{
	char text[100] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	long size, resident = 0;

	if (read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "%ld %ld", &size, &resident);
	close(fd);
	return resident;
}

static int is_own(const char *p)
{
	uint64_t entry = 0;

	return pread(pagemap, &entry, sizeof(entry), (uintptr_t)p / PAGE * 8) == sizeof(entry) ? (int)(entry >> 56 & 1) : -1;
}

static void pin(const char *what, int page, int pages, long len, long local)
{
	struct iovec to = {local ? (void *)local : buf, (size_t)len}, from = {area + page * PAGE, (size_t)len};
	long had = rss(), before = faults(), after;
	ssize_t n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);

	after = faults();
	printf("%s: %zd, faults %ld, pages %+ld, own", what, n, after - before, rss() - had);
	for (int i = 0; i < pages; i++)
		printf(" %d", is_own(area + (page + i) * PAGE));
	printf("\n");
}

// Two pages, whose ownership is told of the first @told: how often a file's page is mapped is the host's affair.
static void twice(const char *what, int page, int told)
{
	pin(what, page, told, 2 * PAGE, 0);
	pin("  again", page, told, 2 * PAGE, 0);
}

int main(void)
{
	int status, fd = memfd_create("file", 0);
	long before;
	pid_t child;

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(area, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(area, 1, 8 * PAGE);
	memset(buf, 1, sizeof(buf));
	ftruncate(fd, 4 * PAGE);
	mmap(area + 12 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	area[12 * PAGE] = (char)(1 + area[13 * PAGE]); // a private copy, and a page of the file
	pagemap = open("/proc/self/pagemap", O_RDONLY);
	printf("faults %d, rss %d\n", faults() > 0, rss() > 0);
	twice("never shared", 0, 2);
	fflush(stdout);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	memset(buf, 2, sizeof(buf));
	pin("warm", 8, 1, 0, 0);
	twice("child has it", 0, 2);
	pin("child has it, nowhere to put it", 2, 2, 2 * PAGE, 16);
	before = faults();
	area[0] = 3;
	printf("store after that: faults %ld\n", faults() - before);
	twice("never touched", 8, 2);
	twice("private copy, page of the file", 12, 1);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	twice("child is gone", 4, 2);
	pin("child is gone, nowhere to put it", 6, 2, 2 * PAGE, 16);
	mprotect(area + 3 * PAGE, PAGE, PROT_READ);
	twice("read-only", 3, 2);
	before = faults();
	area[4 * PAGE] = area[7 * PAGE] = 3;
	printf("stores after that: faults %ld\n", faults() - before);
	return 0;
}
