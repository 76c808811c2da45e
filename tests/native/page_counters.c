// SPDX-License-Identifier: GPL-2.0-or-later
// What page faults do to RssAnon, RssFile, RssShmem, VmPTE and the minor-fault count, step by step.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE 4096L
#define RW   (PROT_READ | PROT_WRITE)

enum { ANON, FILEMAP, SHMEM, PTE, FAULTS, NR };

static long last[NR];
static volatile char sink;

static void snapshot(long now[NR])
{
	static const char *const name[] = {"RssAnon:", "RssFile:", "RssShmem:", "VmPTE:"};
	static char text[8192];
	struct rusage ru;
	int fd = open("/proc/self/status", O_RDONLY);
	long n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < FAULTS; i++) {
		const char *p = strstr(text, name[i]);

		now[i] = p ? atol(p + strlen(name[i])) : -1;
	}
	getrusage(RUSAGE_SELF, &ru);
	now[FAULTS] = ru.ru_minflt;
}

static FILE *out;

static void show(const char *what)
{
	long now[NR];

	snapshot(now);
	fprintf(out, "%-28s anon %+5ld file %+5ld shmem %+5ld pte %+4ld faults %+5ld\n", what,
		now[ANON] - last[ANON], now[FILEMAP] - last[FILEMAP], now[SHMEM] - last[SHMEM],
		now[PTE] - last[PTE], now[FAULTS] - last[FAULTS]);
	fflush(out);
	snapshot(last);
}

static void *map(long pages, int prot, int flags, int fd)
{
	void *p = mmap(NULL, pages * PAGE, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		perror("mmap");
	return p;
}

static void reads(const char *p, int from, int to)
{
	for (int i = from; i < to; i++)
		sink += p[i * PAGE];
}

static void writes(char *p, int from, int to)
{
	for (int i = from; i < to; i++)
		*(volatile char *)(p + i * PAGE) = 1;
}

static void anonymous(void)
{
	char *a = map(100, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	show("mmap anonymous");
	reads(a, 0, 100);
	show("read 100");
	writes(a, 0, 50);
	show("write 50");
	madvise(a, 20 * PAGE, MADV_DONTNEED);
	show("MADV_DONTNEED 20");
	writes(a, 0, 30);
	show("write 30");
	mprotect(a, 100 * PAGE, PROT_NONE);
	show("PROT_NONE");
	mprotect(a, 100 * PAGE, RW);
	writes(a, 0, 100);
	show("read-write, write 100");
	munmap(a, 100 * PAGE);
	show("munmap");
	a = map(64 * 256, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (int i = 0; i < 32; i++)
		writes(a, i * 512, i * 512 + 1);
	show("one page in 32 tables");
	munmap(a, 64 * 256 * PAGE);
	show("munmap");
}

static void private_file(int fd)
{
	char *p = map(64, RW, MAP_PRIVATE, fd);

	show("mmap private file");
	reads(p, 0, 1);
	show("read page 0");
	reads(p, 0, 64);
	show("read 64");
	writes(p, 5, 6);
	writes(p, 40, 41);
	show("write 2");
	mprotect(p, 64 * PAGE, PROT_READ);
	mprotect(p, 64 * PAGE, RW);
	writes(p, 5, 7);
	show("mprotect twice, write 2");
	munmap(p, 64 * PAGE);
	show("munmap");
	p = map(64, RW, MAP_PRIVATE, fd);
	writes(p, 33, 34);
	show("write first");
	munmap(p, 64 * PAGE);
}

static void shared_file(int fd)
{
	char *s = map(64, RW, MAP_SHARED, fd);

	show("mmap shared file");
	writes(s, 3, 4);
	show("write page 3");
	reads(s, 4, 5);
	show("read page 4");
	writes(s, 0, 64);
	show("write 64");
	munmap(s, 64 * PAGE);
	show("munmap");
}

static void shmem(void)
{
	char *s = map(64, RW, MAP_SHARED | MAP_ANONYMOUS, -1), *p;
	char page[PAGE];
	int fd;

	show("mmap shared anonymous");
	reads(s, 9, 10);
	writes(s, 10, 11);
	show("read 1, write 1");
	writes(s, 0, 20);
	reads(s, 0, 64);
	show("write 20, read 64");
	s = mremap(s, 64 * PAGE, 80 * PAGE, MREMAP_MAYMOVE);
	show("mremap");
	munmap(s, 80 * PAGE);
	fd = memfd_create("counters", 0);
	memset(page, 1, sizeof(page));
	if (ftruncate(fd, 64 * PAGE))
		perror("ftruncate");
	for (int i = 0; i < 64; i += 2)
		if (pwrite(fd, page, PAGE, i * PAGE) != PAGE)
			perror("pwrite");
	s = map(64, RW, MAP_SHARED, fd);
	reads(s, 0, 1);
	show("memfd with holes: read 0");
	writes(s, 1, 3);
	show("write 2");
	p = map(64, RW, MAP_PRIVATE, fd);
	reads(p, 20, 21);
	writes(p, 21, 22);
	show("privately: read 1, write 1");
	if (ftruncate(fd, 10 * PAGE))
		perror("ftruncate");
	show("truncate to 10");
	munmap(s, 64 * PAGE);
	munmap(p, 64 * PAGE);
	close(fd);
	show("munmap");
}

static void populate(int fd)
{
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS;
	char *a = map(1024, RW, anon | MAP_POPULATE, -1);

	show("populate anonymous");
	a = mremap(a, 1024 * PAGE, 2048 * PAGE, MREMAP_MAYMOVE);
	show("mremap to twice the size");
	if (mlock(a, 1500 * PAGE))
		perror("mlock");
	show("mlock 1500");
	munmap(a, 2048 * PAGE);
	show("munmap");
	a = map(16, PROT_READ, anon | MAP_POPULATE, -1);
	show("populate read-only");
	munmap(a, 16 * PAGE);
	a = map(64, RW, MAP_PRIVATE | MAP_POPULATE, fd);
	show("populate private file");
	munmap(a, 64 * PAGE);
	a = map(64, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd);
	show("populate it read-only");
	munmap(a, 64 * PAGE);
	a = map(64, RW, MAP_SHARED | MAP_POPULATE, fd);
	show("populate shared file");
	munmap(a, 64 * PAGE);
	a = map(64, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1);
	show("populate shmem");
	munmap(a, 64 * PAGE);
}

static void stack(void)
{
	volatile char big[3 << 20];

	for (long i = sizeof(big) - PAGE; i >= 0; i -= PAGE)
		big[i] = 1;
	show("stack of 3 MiB");
}

int main(void)
{
	char path[] = "/var/tmp/page_counters-XXXXXX", page[PAGE];
	int fd = mkstemp(path);

	unlink(path);
	memset(page, 'x', sizeof(page));
	for (int i = 0; i < 64; i++)
		if (write(fd, page, PAGE) != PAGE)
			perror("write");
	snapshot(last);
	// What printf and the first snapshots bring in themselves must be in. How much that is depends on how
	// the program's file lies in the page cache just now: nobody looks at it.
	out = fopen("/dev/null", "w");
	show("warm-up");
	out = stdout;
	printf("start\n");
	fflush(out);
	snapshot(last);
	snapshot(last);
	show("nothing");
	anonymous();
	private_file(fd);
	shared_file(fd);
	shmem();
	populate(fd);
	stack();
	return 0;
}
