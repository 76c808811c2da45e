// SPDX-License-Identifier: GPL-2.0-or-later
/* mmap with every flag, mremap with every combination, and the calls that take ranges: results, VmFlags, shapes. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096L
#define AREA 64
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_ABOVE4G
#define MAP_ABOVE4G 0x80
#endif

static char *place;
static int disk, disk_ro, disk_wo, memfd;

static void shape(void)
{
	unsigned long start, end, off;
	char line[512];
	int in = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &off) == 3 && strspn(line, "0123456789abcdef") >= 6) {
			in = (char *)start < place + AREA * PAGE && (char *)end > place;
			if (in)
				printf(" [%ld+%ld @%lx", ((long)start - (long)place) / PAGE, (end - start) / PAGE,
				       (char *)off >= place && (char *)off < place + AREA * PAGE ? 1 : off);
		} else if (in && (!strncmp(line, "Rss:", 4) || !strncmp(line, "Locked:", 7))) {
			printf(" %d", atoi(strchr(line, ':') + 1));
		} else if (in && !strncmp(line, "VmFlags:", 8)) {
			line[strcspn(line, "\n")] = '\0';
			printf("%s]", line + 8);
		}
	}
	fclose(f);
	puts("");
}

/* The same from maps, which is quicker. */
static void outline(void)
{
	unsigned long start, end, off;
	char perm[5];
	int fd = open("/proc/self/maps", O_RDONLY);
	static char text[65536];
	ssize_t n = 0, got;

	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += got;
	close(fd);
	text[n] = '\0';
	for (char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		if (sscanf(p, "%lx-%lx %4s %lx", &start, &end, perm, &off) == 4 && (char *)start < place + AREA * PAGE &&
		    (char *)end > place)
			printf(" [%ld+%ld %s %lx]", ((long)start - (long)place) / PAGE, (end - start) / PAGE, perm, off);
	}
	puts("");
}

static void clear(void)
{
	munmap(place, AREA * PAGE);
}

/* One mapping of three pages at a fixed place, and what it is. */
static void one(const char *what, int prot, int flags, int fd, long off)
{
	char *p;

	clear();
	errno = 0;
	p = mmap(place, 3 * PAGE, prot, flags, fd, off);
	printf("%s prot %x flags %x fd %d off %lx = ", what, prot, flags, fd < 0 ? fd : 1, off);
	if (p == MAP_FAILED) {
		puts(strerrorname_np(errno));
		return;
	}
	printf("%s%s", p == place ? "there" : (unsigned long)p >> 32 ? "elsewhere" : "low",
	       errno ? strerrorname_np(errno) : "");
	if (p == place)
		shape();
	else
		puts("");
	munmap(p, 3 * PAGE);
}

static void each_flag(void)
{
	static const int bits[] = {
		0, MAP_FIXED, MAP_GROWSDOWN, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE, MAP_NONBLOCK,
		MAP_POPULATE | MAP_NONBLOCK, MAP_STACK, MAP_SYNC, MAP_FIXED_NOREPLACE, MAP_32BIT, MAP_ABOVE4G,
		0x200, 0x400, 0x200000, 0x4000000, 1 << 30, 1U << 31, MAP_LOCKED | MAP_POPULATE, 0x4000000,
	};
	static const int types[] = {0, MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE, 4, 7, MAP_DROPPABLE, 9, 0xa, 0xf};
	const int fds[] = {-1, disk, disk_ro, disk_wo, memfd};

	for (unsigned t = 0; t < sizeof(types) / sizeof(types[0]); t++)
		for (unsigned b = 0; b < sizeof(bits) / sizeof(bits[0]); b++)
			for (unsigned f = 0; f < sizeof(fds) / sizeof(fds[0]); f++) {
				char what[16];

				snprintf(what, sizeof(what), "%u/%u", f, types[t]);
				one(what, PROT_READ | PROT_WRITE, types[t] | bits[b] | (f ? 0 : MAP_ANONYMOUS), fds[f], 0);
				if (!b)
					one(what, PROT_READ, types[t] | (f ? 0 : MAP_ANONYMOUS), fds[f], 0);
			}
	for (int prot = 0; prot < 64; prot++) {
		one("prot", prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		one("prot", prot | 0x01000000, MAP_SHARED, disk, 0);
	}
	one("prot", -1, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int shift = 0; shift < 64; shift++) {
		one("huge", PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | shift << 26, -1, 0);
		one("huge", PROT_READ, MAP_SHARED | MAP_HUGETLB | shift << 26, memfd, 0);
	}
}

static void arguments(void)
{
	static const long lens[] = {0, 1, 4097, -1, -4096, -4097, 1L << 47, (1L << 47) - 4096, 1L << 46, 1L << 63};
	static const long offs[] = {0, 1, 4096, -4096, 1L << 62, 1L << 63, 0x7ffffffffffff000, 0x7fffffffffffe000};
	static const long addrs[] = {1, 4096, 65536, -4096, 1L << 47, (1L << 47) - 4096, 1L << 60};
	int rdonly_dir = open(".", O_RDONLY), path = open("file", O_PATH), pipes[2];

	pipe(pipes);
	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		printf("%lx:\n", lens[i]);
		SHOW_OK(mmap(NULL, lens[i], PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
		SHOW_OK(mmap(NULL, lens[i], PROT_READ, MAP_PRIVATE, disk, 0));
		SHOW_OK(mmap(NULL, lens[i], PROT_READ, MAP_SHARED, memfd, -4096));
		SHOW(munmap(place, lens[i] & ~(1L << 46)));
		SHOW(mprotect(place + PAGE * AREA, lens[i], PROT_READ));
		SHOW(msync(place + PAGE * AREA, lens[i], MS_SYNC));
		SHOW(mlock(place + PAGE * AREA, lens[i]));
		SHOW(munlock(place + PAGE * AREA, lens[i]));
		SHOW(syscall(462, place + PAGE * AREA, lens[i], 0));
		SHOW(syscall(SYS_remap_file_pages, place, lens[i], 0, 0, 0));
	}
	for (unsigned i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		printf("%lx:\n", offs[i]);
		SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, disk, offs[i]));
		SHOW_OK(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, memfd, offs[i]));
		SHOW_OK(mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, offs[i]));
	}
	for (unsigned i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		void *at = (void *)addrs[i];

		printf("%lx:\n", addrs[i]);
		SHOW_OK(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		SHOW_OK(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
		SHOW_OK(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
		SHOW(munmap(at, PAGE));
		SHOW(mprotect(at, PAGE, PROT_READ));
		SHOW(msync(at, PAGE, MS_ASYNC));
		SHOW(mlock2(at, PAGE, 0));
		SHOW_OK(mremap(at, PAGE, PAGE, MREMAP_MAYMOVE));
	}
	SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, rdonly_dir, 0));
	SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, path, 0));
	SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, pipes[0], 0));
	SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, pipes[1], 0));
	SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0));
	SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
	SHOW_OK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, 999, 0));
	SHOW_OK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, disk, 1));
	SHOW_OK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, disk, 0));
	SHOW(madvise(NULL, 0, 0));
	for (int flags = 0; flags < 9; flags++) {
		printf("%d:", flags);
		printf(" %ld", (long)msync(place, 0, flags));
		printf(" %ld", (long)mlock2(place, 0, flags));
		printf(" %ld\n", (long)msync(place + 1, 0, flags));
	}
	for (int flags = -1; flags < 17; flags++) {
		errno = 0;
		printf("mlockall %d = %d", flags, mlockall(flags));
		printf(" %d", errno);
		munlockall();
		puts("");
	}
	close(pipes[0]), close(pipes[1]), close(path), close(rdonly_dir);
}

/* What there is at the old place, and at the new. */
static void prepare(int kind)
{
	clear();
	switch (kind) {
	case 0:
		mmap(place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		place[0] = place[PAGE] = 1;
		break;
	case 1:
		mmap(place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memfd, 0);
		break;
	case 2:
		mmap(place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, disk, 0);
		place[0] = 1;
		break;
	case 3: /* two areas and a hole */
		mmap(place, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		mmap(place + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		place[0] = 1;
		break;
	case 4:
		mmap(place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		mlock(place, 4 * PAGE);
		break;
	case 5:
		mmap(place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, disk, 0);
		mmap(place + 4 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	case 6:
		mmap(place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	}
}

static void remapping(void)
{
	static const int olds[] = {0, 1, 2, 4, 6}, news[] = {0, 1, 4, 5}, tos[] = {-1, 1, 4, 16};

	for (int kind = 0; kind < 7; kind++)
		for (unsigned flags = 0; flags < 8; flags++)
			for (unsigned o = 0; o < sizeof(olds) / sizeof(olds[0]); o++)
				for (unsigned n = 0; n < sizeof(news) / sizeof(news[0]); n++)
					for (unsigned t = 0; t < sizeof(tos) / sizeof(tos[0]); t++) {
						char *to = tos[t] < 0 ? NULL : place + tos[t] * PAGE, *p;

						if ((!(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && t) ||
						    (flags & MREMAP_FIXED && !to) || (olds[o] == 6 && kind > 3 && t > 1))
							continue;
						prepare(kind);
						errno = 0;
						p = mremap(place, olds[o] * PAGE, news[n] * PAGE, flags, to);
						printf("%d: %d>%d flags %x to %d = ", kind, olds[o], news[n], flags, tos[t]);
						if (p == MAP_FAILED)
							printf("%s", strerrorname_np(errno));
						else if (p >= place && p < place + AREA * PAGE)
							printf("%ld", (p - place) / PAGE);
						else
							printf("elsewhere");
						outline();
						if (p != MAP_FAILED && (p < place || p >= place + AREA * PAGE))
							munmap(p, news[n] * PAGE);
					}
	clear();
}

int main(void)
{
	char page[4096] = "x";

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	disk = open("file", O_RDWR | O_CREAT, 0600);
	disk_ro = open("file", O_RDONLY);
	disk_wo = open("file", O_WRONLY);
	memfd = memfd_create("m", 0);
	for (int i = 0; i < 4; i++) {
		write(disk, page, sizeof(page));
		write(memfd, page, sizeof(page));
	}
	fsync(disk);
	place = mmap(NULL, 2 * AREA * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(place + AREA * PAGE, AREA * PAGE);
	clear();
	each_flag();
	remapping();
	arguments();
	return 0;
}
