// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/pagemap: entries, positions and lengths, PAGEMAP_SCAN; clear_refs and what it resets. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "show.h"

#define PAGE 4096UL
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#define PFN_MASK ((1UL << 55) - 1)

struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof, ret;
};
struct region {
	uint64_t start, end, categories;
};
#define SCAN _IOWR('f', 16, struct scan_arg)

enum {
	WPALLOWED = 1,
	WRITTEN = 2,
	FILEPAGE = 4,
	PRESENT = 8,
	SWAPPED = 16,
	PFNZERO = 32,
	HUGE = 64,
	SOFT = 128
};

static int fd;
static volatile char sink;

/* Frame numbers differ; whether there is one does not. */
static void entries(const char *what, void *p, int pages)
{
	uint64_t e[64];
	long n = pread(fd, e, (size_t)pages * 8, (long)((uintptr_t)p / PAGE * 8));

	printf("%s: %ld\n", what, n);
	for (int i = 0; i < n / 8; i++)
		printf("  %2d %016lx %s\n", i, e[i] & ~PFN_MASK, e[i] & PFN_MASK ? "frame" : "-");
}

static char *map(unsigned long pages, int flags, int file)
{
	return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | (file < 0 ? MAP_ANONYMOUS : 0), file,
		    0);
}

static void kinds(void)
{
	char *p = map(8, MAP_PRIVATE, -1), *s;
	int mem = memfd_create("m", 0), file = open("f", O_RDWR | O_CREAT, 0600);

	p[0] = p[3 * PAGE] = 1;
	sink = p[PAGE];
	entries("anonymous", p, 8);
	mprotect(p, PAGE, PROT_NONE);
	madvise(p + 5 * PAGE, PAGE, MADV_GUARD_INSTALL);
	entries("no access, guard", p, 8);
	ftruncate(mem, 4 * PAGE);
	s = map(4, MAP_SHARED, mem);
	s[0] = 1;
	entries("memfd", s, 4);
	s = map(4, MAP_PRIVATE, mem);
	s[0] = 1;
	sink = s[PAGE];
	entries("memfd, private", s, 4);
	for (int i = 0; i < 3; i++)
		pwrite(file, "x", 1, (long)(i * PAGE));
	s = map(3, MAP_PRIVATE, file);
	sink = s[0];
	s[2 * PAGE] = 1;
	entries("file", s, 3);
	munmap(s + PAGE, PAGE);
	entries("with a hole", s, 3);
	s = map(2, MAP_SHARED, -1);
	sink = s[PAGE];
	entries("shared anonymous", s, 2);
}

static void transfers(void)
{
	uint64_t e[600];
	struct iovec iov[3] = {{e, 16}, {e + 10, 8}, {e + 20, 4}};
	long at = (long)((uintptr_t)&e / PAGE * 8);
	char *bad = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SHOW(pread(fd, e, 7, at));
	SHOW(pread(fd, e, 9, at));
	SHOW(pread(fd, e, 8, at + 4));
	SHOW(pread(fd, e, 0, at));
	SHOW(pread(fd, e, 0, at + 1));
	SHOW(pread(fd, e, 8, -8));
	SHOW(pread(fd, bad, 8, at));
	SHOW(pread(fd, e, sizeof(e), at));
	SHOW(pread(fd, e, 64, 0));
	SHOW(pread(fd, e, 64, (long)(0x7ffffffff000 / PAGE * 8 - 16)));
	SHOW(pread(fd, e, 64, (long)(0x7ffffffff000 / PAGE * 8)));
	SHOW(pread(fd, e, 64, (long)(0x800000000000 / PAGE * 8)));
	SHOW(pread(fd, e, 64, 1L << 60));
	SHOW(preadv(fd, iov, 2, at));
	SHOW(preadv(fd, iov, 3, at));
	SHOW(lseek(fd, 0, SEEK_END));
	SHOW(lseek(fd, 16, SEEK_SET));
	SHOW(read(fd, e, 32));
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(lseek(fd, 3, SEEK_CUR));
	SHOW(read(fd, e, 8));
	SHOW(write(fd, e, 8));
	SHOW(open("/proc/self/pagemap", O_WRONLY) >= 0);
	lseek(fd, 0, SEEK_SET);
}

static void scan(const char *what, char *p, int pages, struct scan_arg a, int vec_len)
{
	struct region r[16] = {{0}};
	long n;

	a.size = a.size ? a.size : sizeof(a);
	a.start = (uintptr_t)p;
	a.end = a.start + (uint64_t)pages * PAGE;
	a.vec = vec_len ? (uintptr_t)r : 0;
	a.vec_len = (uint64_t)vec_len;
	errno = 0;
	n = ioctl(fd, SCAN, &a);
	show_result(what, n);
	printf("  walk_end %ld", a.walk_end ? (long)(a.walk_end - a.start) / (long)PAGE : -1);
	for (int i = 0; i < n && i < vec_len; i++)
		printf("  [%ld,%ld) %lx", (long)(r[i].start - a.start) / (long)PAGE,
		       (long)(r[i].end - a.start) / (long)PAGE, r[i].categories);
	putchar('\n');
}

#define ARG(...) ((struct scan_arg){__VA_ARGS__})

static void scans(void)
{
	char *p = map(16, MAP_PRIVATE, -1), *big = map(2048, MAP_PRIVATE, -1);
	const uint64_t all = WRITTEN | FILEPAGE | PRESENT | SWAPPED | PFNZERO | HUGE;
	struct region r;

	p[0] = p[PAGE] = p[4 * PAGE] = 1;
	sink = p[2 * PAGE];
	madvise(p + 9 * PAGE, 2 * PAGE, MADV_GUARD_INSTALL);
	munmap(p + 12 * PAGE, PAGE);
	scan("present", p, 16, ARG(.mask = PRESENT, .ret = all), 16);
	scan("present, only that", p, 16, ARG(.mask = PRESENT, .ret = PRESENT), 16);
	scan("any of", p, 16, ARG(.anyof = PRESENT | SWAPPED, .ret = all), 16);
	scan("not present", p, 16, ARG(.inverted = PRESENT, .mask = PRESENT, .ret = all), 16);
	scan("not the zero page", p, 16, ARG(.inverted = PFNZERO, .mask = PRESENT | PFNZERO, .ret = all), 16);
	scan("written", p, 16, ARG(.mask = WRITTEN, .ret = WRITTEN), 16);
	scan("written, more said", p, 16, ARG(.mask = WRITTEN, .ret = all), 16);
	scan("everything", p, 16, ARG(.ret = all), 16);
	scan("guards", p, 16, ARG(.mask = 256, .ret = all | 256), 16);
	scan("one region", p, 16, ARG(.mask = PRESENT, .ret = PRESENT), 1);
	scan("two pages", p, 16, ARG(.mask = PRESENT, .ret = PRESENT, .max_pages = 2), 16);
	scan("three pages", p, 16, ARG(.mask = PRESENT, .ret = PRESENT, .max_pages = 3), 16);
	scan("four pages", p, 16, ARG(.mask = PRESENT, .ret = PRESENT, .max_pages = 4), 16);
	scan("no vector", p, 16, ARG(.mask = PRESENT, .ret = PRESENT), 0);
	scan("no vector, two pages", p, 16, ARG(.mask = PRESENT, .ret = PRESENT, .max_pages = 2), 0);
	scan("untouched", big, 2048, ARG(.mask = PRESENT, .ret = all), 16);
	scan("untouched, everything", big, 2048, ARG(.ret = all), 16);
	scan("untouched, 700 pages", big, 2048, ARG(.ret = all, .max_pages = 700), 16);
	big[1000 * PAGE] = 1;
	scan("one touched, everything", big, 2048, ARG(.ret = all), 16);
	scan("one touched, written", big, 2048, ARG(.mask = WRITTEN, .ret = WRITTEN), 16);
	scan("wp allowed", p, 16, ARG(.mask = WPALLOWED, .ret = all), 16);
	scan("not wp allowed", p, 16, ARG(.inverted = WPALLOWED, .mask = WPALLOWED, .ret = all), 16);
	scan("wp matching", p, 16, ARG(.flags = 1, .mask = PRESENT, .ret = all), 16);
	scan("check wp", p, 16, ARG(.flags = 2, .mask = PRESENT, .ret = all), 16);
	scan("bad flags", p, 16, ARG(.flags = 4, .ret = all), 16);
	scan("bad size", p, 16, ARG(.size = 8, .ret = all), 16);
	scan("bad category", p, 16, ARG(.ret = 1 << 12), 16);
	scan("bad start", p + 1, 16, ARG(.ret = all), 16);
	scan("nothing", p, 0, ARG(.ret = all), 16);
	struct scan_arg a = {.size = sizeof(a),
			     .start = (uintptr_t)p,
			     .end = (uintptr_t)p + PAGE,
			     .vec = 8,
			     .vec_len = 1,
			     .ret = all};
	SHOW(ioctl(fd, SCAN, &a));
	a.vec = 1UL << 63;
	SHOW(ioctl(fd, SCAN, &a));
	a.vec = 0;
	SHOW(ioctl(fd, SCAN, &a));
	a.vec = (uintptr_t)&r;
	a.vec_len = 1;
	a.end = a.start + 1;
	SHOW(ioctl(fd, SCAN, &a));
	a.end = a.start - 1;
	SHOW(ioctl(fd, SCAN, &a));
	SHOW(ioctl(fd, SCAN, NULL));
	SHOW(ioctl(fd, _IO('f', 99), &a));
}

/* The number after @label in the smaps record of @p. */
static long field(const char *p, const char *label)
{
	char line[512], start[32];
	FILE *f = fopen("/proc/self/smaps", "r");
	int in = 0;
	long v = -1;

	snprintf(start, sizeof(start), "%08lx-", (unsigned long)p);
	while (v < 0 && fgets(line, sizeof(line), f)) {
		if (strcspn(line, "-") < strcspn(line, ":"))
			in = !strncmp(line, start, strlen(start));
		else if (in && !strncmp(line, label, strlen(label)))
			v = strtol(line + strlen(label) + 1, NULL, 10);
	}
	fclose(f);
	return v;
}

/* Some lengths are more than the string has. */
static long put(int to, const char *s, size_t len)
{
	char text[32] = "";

	memcpy(text, s, strlen(s));
	return write(to, text, len);
}

static void clearing(void)
{
	int c = open("/proc/self/clear_refs", O_WRONLY), mem = memfd_create("c", 0);
	char *p = map(400, MAP_PRIVATE, -1), *s, buf[8];

	ftruncate(mem, 400 * PAGE);
	s = map(400, MAP_SHARED, mem);
	memset(p, 1, 400 * PAGE);
	memset(s, 1, 400 * PAGE);
	printf("at first %ld %ld\n", field(p, "Referenced"), field(s, "Referenced"));
	SHOW(put(c, "2", 1));
	printf("anonymous cleared %ld %ld\n", field(p, "Referenced"), field(s, "Referenced"));
	SHOW(put(c, "3\n", 2));
	printf("mapped cleared %ld %ld\n", field(p, "Referenced"), field(s, "Referenced"));
	memset(p, 1, 400 * PAGE); /* more than a TLB may still hold */
	memset(s, 1, 400 * PAGE);
	SHOW(put(c, " 1 ", 3));
	printf("all cleared %ld %ld\n", field(p, "Referenced"), field(s, "Referenced"));
	printf("still there %ld %ld\n", field(p, "Rss"), field(s, "Private_Dirty"));
	munmap(p, 400 * PAGE);
	SHOW(put(c, "5", 1));
	SHOW(put(c, "4", 1));
	SHOW(put(c, "0", 1));
	SHOW(put(c, "6", 1));
	SHOW(put(c, "-1", 2));
	SHOW(put(c, "+1", 2));
	SHOW(put(c, "", 0));
	SHOW(put(c, "x", 1));
	SHOW(put(c, "1 2", 3));
	SHOW(put(c, "99999999999", 11));
	SHOW(put(c, "1           ", 12));
	SHOW(put(c, "1                   ", 20));
	SHOW(put(c, "0000000000001", 13));
	SHOW(syscall(SYS_write, c, 8, 1));
	SHOW(read(c, buf, 1));
	SHOW(pread(c, buf, 1, 0));
	SHOW(pwrite(c, "1", 1, 100));
	SHOW(lseek(c, 5, SEEK_SET));
	SHOW(lseek(c, 0, SEEK_CUR));
	SHOW(open("/proc/self/clear_refs", O_RDONLY) >= 0);
	SHOW(read(open("/proc/self/clear_refs", O_RDONLY), buf, 1));
}

int main(void)
{
	static char buffer[1 << 15];

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	fd = open("/proc/self/pagemap", O_RDONLY);
	kinds();
	transfers();
	scans();
	clearing();
	return 0;
}
