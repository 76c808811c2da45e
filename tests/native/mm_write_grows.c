// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes to files from buffers that map a file and are not there yet: which pages the faults bring along. The file being
 * written grows only up to where the write has come when the kernel faults; what is read ahead of a fault in an
 * executable area ends with the area, in another begins before the fault.
 */
// TEST: pairs=3
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096L
#define AREA ((char *)0x30000000)

static int pagemap;

static long faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt + ru.ru_majflt;
}

static void show(const char *what, int pages, ssize_t n, long count, int fd)
{
	uint64_t entry[64] = {0};
	struct stat st;

	fstat(fd, &st);
	if (pread(pagemap, entry, (size_t)pages * 8, (uintptr_t)AREA / PAGE * 8) < 0)
		printf("no pagemap\n");
	printf("%s: %zd, size %lx, faults %ld, ", what, n, (long)st.st_size, count);
	for (int i = 0; i < pages; i++)
		printf("%d", (int)(entry[i] >> 63));
	printf("\n");
}

static void fill(int fd, int pages)
{
	char page[PAGE];

	memset(page, 7, sizeof(page));
	for (int i = 0; i < pages; i++)
		if (pwrite(fd, page, PAGE, i * PAGE) != PAGE)
			exit(1);
}

/* @len bytes to @pos of a file of 20 pages in memory, from byte @from of a mapping of it. */
static void from_itself(long from, long len, long pos)
{
	int fd = memfd_create("file", 0);
	char what[80];
	ssize_t n;
	long before;

	fill(fd, 20);
	mmap(AREA, 40 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	snprintf(what, sizeof(what), "memfd, %lx from %lx to %lx", len, from, pos);
	before = faults();
	n = pwrite(fd, AREA + from, (size_t)len, pos);
	show(what, 40, n, faults() - before, fd);
	munmap(AREA, 40 * PAGE);
	close(fd);
}

/* A page far behind in a file on the disk, from page @page of a mapping of its hole, which ends @pages on. */
static void from_hole(const char *dir, int prot, int advice, int page, int pages)
{
	char path[300], what[80];
	long before;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/holes", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	unlink(path);
	if (fd < 0 || ftruncate(fd, 64 * PAGE))
		exit(1);
	mmap(AREA, (size_t)pages * PAGE, prot, MAP_PRIVATE | MAP_FIXED, fd, 0);
	madvise(AREA, (size_t)pages * PAGE, advice);
	snprintf(what, sizeof(what), "hole, prot %d, advice %d, page %d of %d", prot, advice, page, pages);
	before = faults();
	n = pwrite(fd, AREA + page * PAGE + 100, 2 * PAGE, 100 * PAGE);
	show(what, pages, n, faults() - before, fd);
	munmap(AREA, (size_t)pages * PAGE);
	close(fd);
}

int main(int argc, char **argv)
{
	static const long pos[] = {0x1c000, 0x1c800, 0x14000, 0x13800, 0x20000};
	const char *dir = argc > 1 ? argv[1] : ".";

	pagemap = open("/proc/self/pagemap", O_RDONLY);
	show("start", 1, 0, faults() > 0, pagemap);
	for (unsigned i = 0; i < sizeof(pos) / sizeof(*pos); i++) {
		from_itself(0x1498d, 0xf6a, pos[i]);
		from_itself(0x1098d, 0x3f6a, pos[i]);
		from_itself(0x1f98d, 0xf6a, pos[i]);
	}
	for (int prot = PROT_READ; prot <= (PROT_READ | PROT_EXEC); prot += PROT_EXEC) {
		for (int advice = MADV_NORMAL; advice <= MADV_SEQUENTIAL; advice++) {
			from_hole(dir, prot, advice, 3, 32);
			from_hole(dir, prot, advice, 20, 24);
		}
	}
	return 0;
}
