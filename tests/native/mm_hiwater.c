// SPDX-License-Identifier: GPL-2.0-or-later
/* The marks: VmHWM, VmPeak and ru_maxrss, what raises them and what resets them. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "show.h"

#define KIB 1024UL

static unsigned long field(const char *name)
{
	static char text[8192];
	FILE *f = fopen("/proc/self/status", "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	fclose(f);
	text[n] = '\0';
	return strtoul(strstr(text, name) + strlen(name) + 1, NULL, 10);
}

static unsigned long maxrss(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (unsigned long)ru.ru_maxrss;
}

/* In MB, so that a page more or less, by CPU and C library, does not matter. */
static unsigned long mb(unsigned long kib)
{
	return (kib + 256) / 1024;
}

static void show(const char *when)
{
	printf("%s: VmHWM %lu VmPeak-VmSize %lu maxrss %lu\n", when, mb(field("VmHWM:")),
	       mb(field("VmPeak:") - field("VmSize:")), mb(maxrss()));
}

static char *take(size_t kib)
{
	char *p = mmap(NULL, kib * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 1, kib * KIB);
	return p;
}

static void reset_hiwater(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	SHOW(write(fd, "5", 1));
	close(fd);
}

int main(int argc, char **argv)
{
	unsigned long base;
	cpu_set_t one;
	char *p, *q;
	int status;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1) {
		/* execve: a new mm begins anew, the process remembers. */
		printf("after execve: VmHWM below 8 MB %d, maxrss at least 12 MB %d\n",
		       field("VmHWM:") < 8000, maxrss() >= 12000);
		return 0;
	}
	/* A process remembers the most that whoever called execve had; a child does not. */
	if (fork()) {
		wait(&status);
		return status != 0;
	}
	/* Counters are kept per CPU: one will do. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	base = field("VmRSS:");
	printf("small: %d\n", base < 4000);
	p = take(8 * 1024);
	show("8 MB more");
	SHOW(munmap(p, 8 * 1024 * KIB));
	show("and given back");
	p = take(2 * 1024);
	q = take(4 * 1024);
	show("6 MB more");
	SHOW(madvise(q, 4 * 1024 * KIB, MADV_DONTNEED));
	reset_hiwater();
	show("reset with 2 MB");
	memset(q, 1, 1024 * KIB);
	show("1 MB of it touched again");
	SHOW(mremap(p, 2 * 1024 * KIB, 2 * 1024 * KIB + 4096 * KIB, MREMAP_MAYMOVE) != MAP_FAILED);
	show("moved and grown");
	if (!fork()) {
		show("child");
		munmap(q, 4 * 1024 * KIB);
		show("child, 1 MB less");
		take(12 * 1024);
		show("child, 12 MB more");
		execl("/proc/self/exe", argv[0], "again", NULL);
		_exit(1);
	}
	wait(&status);
	printf("child %x\n", status);
	show("parent");
	return 0;
}
