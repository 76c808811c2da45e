// SPDX-License-Identifier: GPL-2.0-or-later
/* Bits of personality(2) that change the layout, at once and across execve: maps, placement, protections. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096L

static void maps(void)
{
	char line[512], perm[5];
	unsigned long start, end;
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f)) {
		const char *name = strpbrk(line, "/[");

		if (sscanf(line, "%lx-%lx %4s", &start, &end, perm) == 3)
			printf("%lx-%lx %s %s", start, end, perm, name && *name == '[' ? name : "\n");
	}
	fclose(f);
}

static void look(int shm)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *p;

	printf("%x\n", personality(0xffffffff));
	maps();
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("small %lx\n", (long)p);
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	printf("file %lx\n", (long)p);
	p = mmap(NULL, 4 << 20, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("big %lx\n", (long)p);
	mprotect(p, PAGE, PROT_READ);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	printf("low %lx\n", (long)p);
	p = shmat(shm, NULL, SHM_RDONLY);
	printf("segment %lx\n", (long)p);
	sbrk(PAGE);
	maps();
}

int main(int argc, char **argv)
{
	static const int bits[] = {
		0, ADDR_COMPAT_LAYOUT, READ_IMPLIES_EXEC, MMAP_PAGE_ZERO, ADDR_LIMIT_32BIT, ADDR_LIMIT_3GB, SHORT_INODE,
		WHOLE_SECONDS, STICKY_TIMEOUTS, UNAME26, FDPIC_FUNCPTRS,
		ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC | MMAP_PAGE_ZERO, PER_LINUX32, PER_LINUX32_3GB, PER_BSD, PER_SVR4,
	};
	int shm, status;
	char num[16];

	if (argc > 1) {
		look(atoi(argv[1]));
		return 0;
	}
	shm = shmget(IPC_PRIVATE, PAGE, 0600);
	snprintf(num, sizeof(num), "%d", shm);
	for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		for (int exec = 0; exec < 2; exec++) {
			printf("== %x exec %d\n", bits[i], exec);
			fflush(stdout);
			if (!fork()) {
				personality(ADDR_NO_RANDOMIZE | bits[i]);
				if (exec)
					execl(argv[0], argv[0], num, NULL);
				look(shm);
				fflush(stdout);
				_exit(0);
			}
			wait(&status);
			printf("status %x\n", status);
		}
	shmctl(shm, IPC_RMID, NULL);
	return 0;
}
