// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/smaps and smaps_rollup: every line of every area, over kinds of mappings, advice, sharing within
 * the process and with forked children.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096UL
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA	     0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static char text[1 << 20];

static char *slurp(const char *path)
{
	size_t len = 0;
	long n;
	int fd = open(path, O_RDONLY);

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	return text;
}

/* A line of maps without the inode, which no two runs share; other lines as they are. */
static void put_line(const char *line)
{
	char range[64], perms[8], off[16], dev[16], name[256] = "";
	unsigned long ino;

	if (sscanf(line, "%63[0-9a-f-] %7s %15s %15s %lu %255[^\n]", range, perms, off, dev, &ino, name) >=
		    5 &&
	    strchr(range, '-'))
		printf("%s %s %s %s\n", range, perms, off, name);
	else
		puts(line);
}

/* The record of the area that starts at @addr. */
static void area(const char *what, const void *addr)
{
	char start[32], *save, *s = slurp("/proc/self/smaps");
	int in = 0;

	printf("--- %s\n", what);
	snprintf(start, sizeof(start), "%08lx-", (unsigned long)addr);
	for (char *line = strtok_r(s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t colon = strcspn(line, ":"), dash = strcspn(line, "-");

		if (dash < colon && dash < strcspn(line, " "))
			in = !strncmp(line, start, strlen(start));
		if (in)
			put_line(line);
	}
}

/* All areas. How much of the program's own file is mapped depends on the large folios of the page cache. */
static void all(const char *what)
{
	char *save, *s = slurp("/proc/self/smaps");
	int own = 0;

	printf("=== %s\n", what);
	for (char *line = strtok_r(s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strcspn(line, "-") < strcspn(line, ":"))
			own = strstr(line, program_invocation_short_name) != NULL;
		if (!own || !strstr(line, " kB") || !strncmp(line, "Size", 4))
			put_line(line);
	}
}

static char *map(unsigned long pages, int prot, int flags, int fd)
{
	return mmap(NULL, pages * PAGE, prot, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
}

static void touch(char *p, int from, int to)
{
	for (int i = from; i < to; i++)
		p[i * PAGE] = 1;
}

static void look(char *p, int from, int to)
{
	for (int i = from; i < to; i++)
		(void)*(volatile char *)(p + i * PAGE);
}

static void anonymous(void)
{
	char *p = map(16, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1), *q;

	touch(p, 0, 3);
	look(p, 8, 12); /* the zero page counts nowhere */
	area("anonymous", p);
	madvise(p, PAGE, MADV_DONTNEED);
	area("one dropped", p);
	mprotect(p, 16 * PAGE, PROT_NONE);
	area("no access", p);
	mprotect(p, 16 * PAGE, PROT_READ);
	area("read-only", p);
	q = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE | MAP_STACK, -1);
	mlock(q, 4 * PAGE);
	area("locked", q);
	mlock2(p, PAGE, MLOCK_ONFAULT);
	area("locked on fault", p);
	q = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN, -1);
	touch(q, 1, 2);
	area("grows down", q);
	q = map(4, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_DROPPABLE, -1);
	if (q != MAP_FAILED)
		area("droppable", q);
}

static void thp_enabled(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "THP_enabled", 11))
			fputs(line, stdout);
	if (f)
		fclose(f);
}

static void advised(void)
{
	static const struct {
		const char *name;
		int advice;
	} advice[] = {
		{"sequential", MADV_SEQUENTIAL}, {"random", MADV_RANDOM},
		{"dontfork", MADV_DONTFORK},	 {"wipeonfork", MADV_WIPEONFORK},
		{"dontdump", MADV_DONTDUMP},	 {"mergeable", MADV_MERGEABLE},
		{"hugepage", MADV_HUGEPAGE},	 {"nohugepage", MADV_NOHUGEPAGE},
	};
	char *p, *big = map(1536, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);

	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
		p = map(3, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
		touch(p, 0, 3);
		if (!madvise(p + PAGE, PAGE, advice[i].advice))
			area(advice[i].name, p + PAGE);
		munmap(p, 3 * PAGE);
	}
	area("big enough, not advised", big);
	madvise(big, 1536 * PAGE, MADV_HUGEPAGE);
	area("big enough, advised", big);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	area("advised, disabled", big);
	thp_enabled();
	prctl(PR_SET_THP_DISABLE, 1, 2, 0, 0);
	area("disabled but where advised, or as it was", big);
	thp_enabled();
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	thp_enabled();
	munmap(big, 1536 * PAGE);
	p = map(2, PROT_READ, MAP_PRIVATE, -1);
	if (!prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, 2 * PAGE, "a name"))
		area("named", p);
#ifdef SYS_mseal
	if (!syscall(SYS_mseal, p, 2 * PAGE, 0))
		area("sealed", p);
#endif
}

static void files(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600), mem = memfd_create("mem", 0);
	char buf[8 * PAGE], *p, *q;

	memset(buf, 'x', sizeof(buf));
	for (size_t i = 0; i < 8; i++) /* page by page, so that the cache has no large folios */
		pwrite(fd, buf, PAGE, (long)(i * PAGE));
	fsync(fd); /* clean pages from here on */
	p = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	look(p, 0, 1);
	area("private file, read", p);
	touch(p, 2, 4);
	area("private file, two pages written", p);
	q = map(4, PROT_READ, MAP_SHARED, fd);
	look(q, 0, 4);
	area("the same pages again, shared", q);
	area("the private one, now", p);
	munmap(q, 4 * PAGE);
	q = map(8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd);
	touch(q, 0, 1);
	area("shared file, one page written", q);
	munmap(p, 8 * PAGE);
	munmap(q, 8 * PAGE);

	ftruncate(mem, 8 * PAGE);
	pwrite(mem, buf, 2 * PAGE, 0);
	p = map(8, PROT_READ | PROT_WRITE, MAP_SHARED, mem);
	look(p, 1, 3);
	touch(p, 5, 6);
	area("memfd", p);
	q = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE, mem);
	look(q, 0, 1);
	touch(q, 1, 2);
	area("memfd, private", q);
	area("memfd, the shared one now", p);
	p = map(8, PROT_READ | PROT_WRITE, MAP_SHARED, -1);
	touch(p, 0, 2);
	look(p, 4, 5);
	area("shared anonymous", p);
}

/* A child that obeys one letter at a time. */
static void children(void)
{
	char *p = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1),
	     *s = map(4, PROT_READ | PROT_WRITE, MAP_SHARED, -1);
	int to[2], from[2], status;
	char c = 0;
	pid_t pid;

	pipe(to);
	pipe(from);
	touch(p, 0, 6);
	touch(s, 0, 2);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		write(from[1], &c, 1);
		while (read(to[0], &c, 1) == 1) {
			if (c == 'w')
				touch(p, 0, 3);
			if (c == 's')
				look(s, 0, 2);
			if (c == 'p') {
				area("the child's", p);
				area("the child's shared", s);
				fflush(stdout);
			}
			if (c == 'u')
				munmap(p, 8 * PAGE);
			if (c == 'x')
				_exit(0);
			write(from[1], &c, 1);
		}
		_exit(1);
	}
	read(from[0], &c, 1);
	area("after fork", p);
	for (const char *order = "pwpsp"; *order; order++) {
		fflush(stdout);
		write(to[1], order, 1);
		read(from[0], &c, 1);
		area("the parent's", p);
		area("the parent's shared", s);
	}
	touch(p, 3, 4);
	area("the parent has written another", p);
	write(to[1], "x", 1);
	waitpid(pid, &status, 0);
	area("the child is gone", p);
	area("the child is gone, shared", s);
}

int main(void)
{
	static char buffer[1 << 16];

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	memset(text, 1, sizeof(text)); /* its residency, and printf's, shall not change any more */
	memset(buffer, 1, sizeof(buffer));
	all("at first");
	anonymous();
	advised();
	files();
	children();
	all("at last");
	puts("=== rollup");
	for (char *line = strtok(slurp("/proc/self/smaps_rollup"), "\n"); line; line = strtok(NULL, "\n"))
		printf("%.*s\n", (int)strcspn(line, ":"), line);
	return 0;
}
