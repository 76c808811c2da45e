// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory policies of the process and of areas, migrate_pages and move_pages on a machine with one node. */
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096L
#ifndef MPOL_WEIGHTED_INTERLEAVE
#define MPOL_WEIGHTED_INTERLEAVE 6
#endif
#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

static char *place;

static void get(const char *what, void *addr, unsigned long flags)
{
	unsigned long mask[17] = {0};
	int mode = -1;
	long ret;

	errno = 0;
	ret = syscall(SYS_get_mempolicy, &mode, mask, 1024, addr, flags);
	printf("%s: %ld %s mode %x mask %lx\n", what, ret, ret < 0 ? strerrorname_np(errno) : "", mode, mask[0]);
}

static void shape(void)
{
	unsigned long start, end;
	char line[512], perm[5];
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %4s", &start, &end, perm) == 3 && (char *)start < place + 16 * PAGE &&
		    (char *)end > place)
			printf(" [%ld+%ld %s]", ((long)start - (long)place) / PAGE, (end - start) / PAGE, perm);
	fclose(f);
	puts("");
}

static void numa_maps(void)
{
	char line[512], policy[64];
	unsigned long start;
	FILE *f = fopen("/proc/self/numa_maps", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx %63s", &start, policy) == 2 && (char *)start >= place && (char *)start < place + 16 * PAGE)
			printf(" [%ld %s]", ((long)start - (long)place) / PAGE, policy);
	if (f)
		fclose(f);
	puts("");
}

static void process_policy(void)
{
	static const int modes[] = {0, 1, 2, 3, 4, 5, 6, 7, -1, 0x8000, 0x8001, 0x4003, 0xc003, 0x8003, 0x2002, 0x2003, 0xa002, 0x10000};
	static const unsigned long masks[] = {0, 1, 2, 3, 1UL << 63};
	static const unsigned long sizes[] = {0, 1, 2, 3, 64, 65, 1024, 1025, 32768, 32769, -1UL};

	get("default", NULL, 0);
	for (unsigned m = 0; m < sizeof(modes) / sizeof(modes[0]); m++)
		for (unsigned k = 0; k < sizeof(masks) / sizeof(masks[0]); k++) {
			unsigned long mask[520] = {masks[k]};

			printf("%x %lx:\n", modes[m], masks[k]);
			SHOW(syscall(SYS_set_mempolicy, modes[m], mask, 64));
			get("now", NULL, 0);
		}
	for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		unsigned long mask[520] = {1};

		printf("%ld: ", sizes[s]);
		SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, mask, sizes[s]));
		SHOW(syscall(SYS_get_mempolicy, NULL, mask, sizes[s], 0, 0));
		mask[1] = 1;
		SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, mask, sizes[s]));
	}
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, 8, 64));
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, NULL, 0));
	SHOW(syscall(SYS_set_mempolicy, MPOL_PREFERRED, NULL, 0));
	get("preferred none", NULL, 0);
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, (unsigned long[]){1}, 2));
	fflush(stdout);
	if (!fork()) {
		get("child", NULL, 0);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	for (unsigned flags = 0; flags < 9; flags++) {
		printf("%x ", flags);
		get("flags", NULL, flags);
		get("of an area", place, flags);
	}
	SHOW(syscall(SYS_get_mempolicy, 8, NULL, 0, 0, 0));
	SHOW(syscall(SYS_get_mempolicy, NULL, 8, 1024, 0, 0));
	SHOW(syscall(SYS_get_mempolicy, NULL, NULL, 0, place, MPOL_F_ADDR));
	SHOW(syscall(SYS_get_mempolicy, NULL, NULL, 0, 4096, MPOL_F_ADDR));
	SHOW(syscall(SYS_get_mempolicy, NULL, NULL, 0, -1UL, MPOL_F_ADDR | MPOL_F_NODE));
	SHOW(syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
}

static void area_policy(void)
{
	unsigned long mask = 1;
	char *p = place;

	shape();
	for (int mode = -1; mode < 8; mode++)
		for (unsigned long m = 0; m < 3; m++)
			for (unsigned flags = 0; flags < 16; flags++) {
				errno = 0;
				printf("mbind %d %lx %x = %ld", mode, m, flags,
				       syscall(SYS_mbind, p + PAGE, PAGE, mode, &m, 64, flags));
				printf(" %s", errno ? strerrorname_np(errno) : "");
				shape();
			}
	SHOW(syscall(SYS_mbind, p + PAGE, 2 * PAGE, MPOL_BIND, &mask, 64, 0));
	get("bound", p + PAGE, MPOL_F_ADDR);
	numa_maps();
	for (int mode = 1; mode < 7; mode++)
		for (int flags = 0; flags < 4; flags++) {
			SHOW(syscall(SYS_mbind, p + PAGE, 2 * PAGE, mode | flags << 14, &mask, mode == 4 ? 0 : 64, 0));
			numa_maps();
		}
	SHOW(syscall(SYS_mbind, p + PAGE, 2 * PAGE, MPOL_BIND, &mask, 64, 0));
	get("not bound", p, MPOL_F_ADDR);
	get("node", p + PAGE, MPOL_F_ADDR | MPOL_F_NODE);
	shape();
	SHOW(mmap(p + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 3 * PAGE);
	shape();
	SHOW(syscall(SYS_mbind, p + 3 * PAGE, PAGE, MPOL_BIND, &mask, 64, 0));
	shape();
	SHOW(syscall(SYS_set_mempolicy_home_node, p + PAGE, PAGE, 0, 0));
	shape();
	SHOW(syscall(SYS_set_mempolicy_home_node, p + PAGE, PAGE, 1, 0));
	SHOW(syscall(SYS_set_mempolicy_home_node, p + PAGE, PAGE, 0, 1));
	SHOW(syscall(SYS_set_mempolicy_home_node, p + 1, PAGE, 0, 0));
	SHOW(syscall(SYS_set_mempolicy_home_node, p, PAGE, 0, 0));
	SHOW(syscall(SYS_set_mempolicy_home_node, p, 0, 0, 0));
	SHOW(syscall(SYS_set_mempolicy_home_node, 4096, PAGE, 0, 0));
	SHOW(syscall(SYS_mbind, p + PAGE, 3 * PAGE, MPOL_DEFAULT, NULL, 0, 0));
	shape();
	SHOW(syscall(SYS_mbind, p + 1, PAGE, MPOL_BIND, &mask, 64, 0));
	SHOW(syscall(SYS_mbind, p, 0, MPOL_BIND, &mask, 64, 0));
	SHOW(syscall(SYS_mbind, p, 1, MPOL_BIND, &mask, 64, 0));
	shape();
	SHOW(syscall(SYS_mbind, p, -PAGE, MPOL_BIND, &mask, 64, 0));
	SHOW(syscall(SYS_mbind, p, -1UL, MPOL_BIND, &mask, 64, 0));
	SHOW(syscall(SYS_mbind, 4096, PAGE, MPOL_BIND, &mask, 64, 0));
	SHOW(syscall(SYS_mbind, p, PAGE, MPOL_BIND, 8, 64, 0));
	SHOW(syscall(SYS_mbind, p, PAGE, MPOL_BIND, 8, 64, 99));
	munmap(p + 2 * PAGE, PAGE);
	SHOW(syscall(SYS_mbind, p, 4 * PAGE, MPOL_INTERLEAVE, &mask, 64, 0));
	shape();
	SHOW(syscall(SYS_mbind, p, 4 * PAGE, MPOL_DEFAULT, NULL, 0, 0));
	shape();
	get("unmapped", p + 2 * PAGE, MPOL_F_ADDR);
	mmap(p, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void pages(void)
{
	char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *list[6] = {p, p + PAGE + 7, p + 2 * PAGE, p + 7 * PAGE, (void *)4096, (void *)-4096L};
	int nodes[6] = {0}, status[6];
	unsigned long mask = 1;

	munmap(p + 7 * PAGE, PAGE);
	p[0] = p[PAGE] = 1;
	(void)*(volatile char *)(p + 2 * PAGE);
	memset(status, 99, sizeof(status));
	SHOW(syscall(SYS_move_pages, 0, 6, list, NULL, status, 0));
	for (int i = 0; i < 6; i++)
		printf(" %d", status[i]);
	list[3] = p + 3 * PAGE;
	SHOW(syscall(SYS_move_pages, getpid(), 5, list, NULL, status, MPOL_MF_MOVE));
	for (int i = 0; i < 5; i++)
		printf(" %d", status[i]);
	SHOW(syscall(SYS_move_pages, 0, 6, list, nodes, status, MPOL_MF_MOVE));
	for (int i = 0; i < 6; i++)
		printf(" %d", status[i]);
	SHOW(syscall(SYS_move_pages, 0, 2, list, nodes, status, 0));
	SHOW(syscall(SYS_move_pages, 0, 2, list, nodes, status, MPOL_MF_STRICT));
	SHOW(syscall(SYS_move_pages, 0, 2, list, nodes, status, MPOL_MF_MOVE_ALL));
	SHOW(syscall(SYS_move_pages, 0, 2, list, nodes, status, 64));
	nodes[1] = 1;
	SHOW(syscall(SYS_move_pages, 0, 2, list, nodes, status, 0));
	printf(" %d %d\n", status[0], status[1]);
	nodes[0] = -1;
	SHOW(syscall(SYS_move_pages, 0, 2, list, nodes, status, 0));
	SHOW(syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0));
	SHOW(syscall(SYS_move_pages, 0, 2, 8, NULL, status, 0));
	SHOW(syscall(SYS_move_pages, 0, 2, list, 8, status, 0));
	SHOW(syscall(SYS_move_pages, 0, 2, list, NULL, 8, 0));
	SHOW(syscall(SYS_move_pages, 999999999, 2, list, NULL, status, 0));
	SHOW(syscall(SYS_move_pages, -1, 2, list, NULL, status, 0));
	SHOW(syscall(SYS_migrate_pages, 0, 64, &mask, &mask));
	SHOW(syscall(SYS_migrate_pages, getpid(), 64, &mask, &mask));
	SHOW(syscall(SYS_migrate_pages, 999999999, 64, &mask, &mask));
	SHOW(syscall(SYS_migrate_pages, 0, 64, 8, &mask));
	SHOW(syscall(SYS_migrate_pages, 0, 64, &mask, 8));
	SHOW(syscall(SYS_migrate_pages, 0, 0, &mask, &mask));
	SHOW(syscall(SYS_migrate_pages, 0, 1UL << 40, &mask, &mask));
	mask = 2;
	SHOW(syscall(SYS_migrate_pages, 0, 64, &mask, &mask));
}

static void shared(void)
{
	unsigned long mask = 1;
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;

	SHOW(syscall(SYS_mbind, p, PAGE, MPOL_BIND, &mask, 64, 0));
	get("shared", p, MPOL_F_ADDR);
	get("shared, other page", p + PAGE, MPOL_F_ADDR);
	q = mremap(p, 0, 4 * PAGE, MREMAP_MAYMOVE);
	get("the same elsewhere", q, MPOL_F_ADDR);
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
}

int main(void)
{
	if (access("/sys/devices/system/node/node0", F_OK) || !access("/sys/devices/system/node/node1", F_OK)) {
		fputs("not a machine with one NUMA node\n", stderr);
		return 77;
	}
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	place = mmap(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(place, 16 * PAGE);
	mmap(place, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	process_policy();
	area_policy();
	pages();
	shared();
	return 0;
}
