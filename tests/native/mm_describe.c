// SPDX-License-Identifier: GPL-2.0-or-later
/* prctl(PR_SET_VMA) and prctl(PR_SET_MM): areas with names, a program that says where it lies. */
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "show.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA	     0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#define BASE ((char *)0x10000000)
#define PAGE 4096UL
#define NAME(page, pages, name)                                                                              \
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, BASE + (page)*PAGE, (pages)*PAGE, name)
#define SET_MM(...) syscall(SYS_prctl, PR_SET_MM, __VA_ARGS__)

static void maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned long start;
	int n = 0;

	while (fgets(line, sizeof(line), f)) {
		char *name = strchr(line, '[');

		start = strtoul(line, NULL, 16);
		if (start < (unsigned long)BASE || start >= (unsigned long)BASE + 64 * PAGE)
			continue;
		printf("  %.22s %s", line, name ? name : "\n");
		n++;
	}
	fclose(f);
	printf("  %d areas\n", n);
}

static void names(void)
{
	char longest[81], *text = strdup("borrowed");
	int fd;

	mmap(BASE, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	SHOW(NAME(4, 4, "four"));
	maps();
	SHOW(NAME(8, 4, text));
	text[0] = 'X';
	maps();
	SHOW(NAME(8, 4, "four"));
	maps();
	SHOW(NAME(6, 4, NULL));
	maps();
	SHOW(NAME(0, 16, "all of it"));
	maps();
	SHOW(mprotect(BASE + 3 * PAGE, PAGE, PROT_READ));
	maps();
	SHOW(munmap(BASE + 10 * PAGE, PAGE));
	SHOW(NAME(8, 6, "over a hole"));
	maps();
	SHOW(NAME(20, 2, "nothing there"));
	SHOW(NAME(0, 0, "empty"));
	SHOW(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, BASE + 1, PAGE, "unaligned"));
	SHOW(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, BASE, ~0UL, "long"));
	SHOW(prctl(PR_SET_VMA, 1, BASE, PAGE, "other"));
	SHOW(NAME(0, 1, (char *)8));
	SHOW(NAME(0, 1, "brackets[]"));
	SHOW(NAME(0, 1, "tab\t"));
	SHOW(NAME(0, 1, "caf\xc3\xa9"));
	SHOW(NAME(0, 1, ""));
	memset(longest, 'n', 80);
	longest[80] = 0;
	SHOW(NAME(0, 1, longest));
	longest[79] = 0;
	SHOW(NAME(0, 1, longest));
	maps();
	mmap(BASE + 32 * PAGE, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	SHOW(NAME(32, 2, "shared"));
	maps();
	fd = open("f", O_CREAT | O_RDWR, 0600);
	mmap(BASE + 40 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
	SHOW(NAME(40, 2, "file"));
	SHOW(NAME(0, 16, NULL));
	SHOW(mprotect(BASE + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	maps();
}

static void stat_fields(const char *when)
{
	char buf[2048], *p;
	int fd = open("/proc/self/stat", O_RDONLY);
	long n = read(fd, buf, sizeof(buf) - 1);
	int field = 2;

	close(fd);
	buf[n > 0 ? n : 0] = 0;
	printf("%s:", when);
	p = strrchr(buf, ')');
	for (p = strtok(p + 1, " "); p; p = strtok(NULL, " ")) {
		field++;
		if ((field >= 26 && field <= 28) || (field >= 45 && field <= 51))
			printf(" %d:%s", field, p);
	}
	putchar('\n');
}

static void cmdline(void)
{
	char buf[64];
	int fd = open("/proc/self/cmdline", O_RDONLY);
	long n = read(fd, buf, sizeof(buf));

	close(fd);
	printf("cmdline %ld: %.*s\n", n, n > 20 ? 20 : (int)n, n > 20 ? "..." : buf);
}

static struct prctl_mm_map map;

static void describe(void)
{
	static char title[] = "a new title";
	static unsigned long auxv[6] = {6, 4096, 33, 0x1234, 0, 0};
	unsigned long got[56];
	unsigned size = 0;

	SHOW(SET_MM(PR_SET_MM_MAP_SIZE, &size, 0, 0));
	SHOW(size);
	SHOW(SET_MM(PR_SET_MM_MAP_SIZE, 8, 0, 0));
	SHOW(SET_MM(PR_SET_MM_START_CODE, 0x400000, 0, 1));
	SHOW(SET_MM(PR_SET_MM_START_CODE, 0x400000, 1, 0));
	if (SET_MM(99, 0x400000, 0, 0) == -1)
		printf("99: %s\n", errno == EINVAL || errno == EPERM ? "refused" : "?");
	map.start_code = 0x400000;
	map.end_code = 0x401000;
	map.start_data = 0x402000;
	map.end_data = 0x403000;
	map.start_brk = map.brk = (unsigned long)sbrk(0);
	map.start_stack = (unsigned long)&size;
	map.arg_start = (unsigned long)title;
	map.arg_end = map.arg_start + sizeof(title);
	map.env_start = map.env_end = (unsigned long)&size;
	map.exe_fd = -1;
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map) - 1, 0));
	SHOW(SET_MM(PR_SET_MM_MAP, 8, sizeof(map), 0));
	map.auxv_size = sizeof(auxv);
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map), 0));
	map.auxv = (void *)auxv;
	map.end_code = 0x400000;
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map), 0));
	map.end_code = 1UL << 47;
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map), 0));
	map.end_code = 0x100;
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map), 0));
	map.end_code = 0x401000;
	map.exe_fd = 999;
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map), 0));
	map.exe_fd = open("f", O_RDONLY);
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map), 0));
	map.exe_fd = -1;
	SHOW(SET_MM(PR_SET_MM_MAP, &map, sizeof(map), 0));
	stat_fields("described");
	cmdline();
	SHOW(syscall(SYS_prctl, 0x41555856, got, sizeof(got), 0, 0));
	printf("%lu %lu %lx %lx %lx\n", got[0], got[1], got[2], got[3], got[4]);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	names();
	stat_fields("at first");
	describe();
	return 0;
}
