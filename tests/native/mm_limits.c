// SPDX-License-Identifier: GPL-2.0-or-later
/* RLIMIT_AS, DATA, STACK and MEMLOCK, the lowest address, overcommitment: what each of them refuses, and
 * where. */
#include <setjmp.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE  4096UL
#define PLACE ((char *)0x30000000)

static sigjmp_buf jump;

static void on_segv(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	siglongjmp(jump, si->si_code);
}

/* 0, or the si_code of the SIGSEGV. */
static int store(volatile char *p)
{
	int code = sigsetjmp(jump, 1);

	if (!code)
		*p = 1;
	return code;
}

static unsigned long field(const char *name)
{
	static char text[8192];
	FILE *f = fopen("/proc/self/status", "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	fclose(f);
	text[n] = '\0';
	return strtoul(strstr(text, name) + strlen(name) + 1, NULL, 10) * 1024;
}

static void limit(int resource, unsigned long value)
{
	struct rlimit r;

	getrlimit(resource, &r);
	r.rlim_cur = value;
	if (setrlimit(resource, &r))
		printf("setrlimit(%d): errno %d\n", resource, errno);
}

static long map(char *at, size_t len, int prot, int flags)
{
	char *p = mmap(at, len, prot, flags | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	return p == MAP_FAILED ? -errno : at ? p == at : 1;
}

static void address_space(void)
{
	char *brk0 = sbrk(0);
	char *p;

	map(PLACE, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	limit(RLIMIT_AS, field("VmSize") + 8 * PAGE);
	SHOW(map(NULL, 9 * PAGE, PROT_NONE, MAP_PRIVATE));
	SHOW(map(NULL, 9 * PAGE, PROT_READ, MAP_SHARED));
	SHOW(map(PLACE, 12 * PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(map(PLACE, 13 * PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(mremap(PLACE, 12 * PAGE, 13 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
	SHOW(brk(brk0 + PAGE) ? errno : 0);
	munmap(PLACE + 8 * PAGE, 4 * PAGE);
	SHOW(brk(brk0 + 4 * PAGE) ? errno : 0);
	SHOW(brk(brk0 + 5 * PAGE) ? errno : 0);
	SHOW(brk(brk0) ? errno : 0);
	p = mremap(PLACE, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	SHOW(p == MAP_FAILED ? errno : 0);
	limit(RLIMIT_AS, RLIM_INFINITY);
	munmap(PLACE, 8 * PAGE);
}

static void data(void)
{
	char *brk0 = sbrk(0);

	limit(RLIMIT_DATA, field("VmData") + 4 * PAGE);
	SHOW(map(PLACE, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	SHOW(map(PLACE, 5 * PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(map(PLACE + 8 * PAGE, 9 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED));
	SHOW(mprotect(PLACE, 5 * PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
	SHOW(mprotect(PLACE, 4 * PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
	SHOW(mprotect(PLACE + 8 * PAGE, 9 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) ? errno : 0);
	SHOW(brk(brk0 + PAGE) ? errno : 0);
	munmap(PLACE, PAGE);
	SHOW(mremap(PLACE + PAGE, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
	SHOW(mremap(PLACE + PAGE, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
	/* Valgrind's 0: private memory as far as the hard limit goes, but no heap. */
	limit(RLIMIT_DATA, 0);
	SHOW(map(PLACE + 32 * PAGE, 50 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	SHOW(brk(brk0 + PAGE) ? errno : 0);
	limit(RLIMIT_DATA, RLIM_INFINITY);
	munmap(PLACE, 128 * PAGE);
}

static void stack(void)
{
	char *area = PLACE + 0x1000000;

	limit(RLIMIT_STACK, 64 * PAGE);
	SHOW(map(area, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN));
	SHOW(store(area - 10 * PAGE));
	SHOW(store(area - 63 * PAGE));
	SHOW(store(area - 64 * PAGE));
	limit(RLIMIT_STACK, 1024 * PAGE);
	SHOW(store(area - 64 * PAGE));
	/* 256 pages are kept free below, but not of what cannot be accessed. */
	SHOW(map(area - 400 * PAGE, PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(store(area - 143 * PAGE));
	SHOW(store(area - 144 * PAGE));
	mprotect(area - 400 * PAGE, PAGE, PROT_NONE);
	SHOW(store(area - 144 * PAGE));
	SHOW(store(area - 398 * PAGE));
	munmap(area - 400 * PAGE, 401 * PAGE);
	/* Growth counts as address space, and as locked memory. */
	SHOW(map(area, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN));
	limit(RLIMIT_AS, field("VmSize") + 4 * PAGE);
	SHOW(store(area - 5 * PAGE));
	SHOW(store(area - 4 * PAGE));
	limit(RLIMIT_AS, RLIM_INFINITY);
	munmap(area - 10 * PAGE, 11 * PAGE);
	limit(RLIMIT_STACK, 8 << 20);
}

static void locked(void)
{
	limit(RLIMIT_MEMLOCK, 8 * PAGE);
	map(PLACE, 32 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	SHOW(mlock(PLACE, 9 * PAGE) ? errno : 0);
	SHOW(mlock(PLACE, 8 * PAGE) ? errno : 0);
	SHOW(mlock(PLACE + 1, 8 * PAGE - 1) ? errno : 0);
	SHOW(mlock(PLACE + PAGE, 8 * PAGE) ? errno : 0);
	SHOW(munlock(PLACE, 2 * PAGE) ? errno : 0);
	SHOW(map(PLACE + 40 * PAGE, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_LOCKED));
	SHOW(map(PLACE + 40 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_LOCKED));
	SHOW(mremap(PLACE + 40 * PAGE, 2 * PAGE, 3 * PAGE, 0) == MAP_FAILED ? errno : 0);
	SHOW(field("VmLck") / PAGE);
	SHOW(mlockall(MCL_CURRENT) ? errno : 0);
	SHOW(mlockall(MCL_FUTURE) ? errno : 0);
	SHOW(map(PLACE + 50 * PAGE, PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(brk((char *)sbrk(0) + PAGE) ? errno : 0);
	munmap(PLACE + 40 * PAGE, 2 * PAGE);
	SHOW(map(PLACE + 50 * PAGE, PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(munlockall() ? errno : 0);
	SHOW(field("VmLck"));
	limit(RLIMIT_MEMLOCK, 0);
	SHOW(mlock(PLACE, PAGE) ? errno : 0);
	SHOW(mlockall(MCL_FUTURE) ? errno : 0);
	SHOW(map(PLACE + 50 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_LOCKED));
	munmap(PLACE, 64 * PAGE);
}

static void lowest(void)
{
	SHOW(map((char *)PAGE, PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(map((char *)0x10000, PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(munmap((char *)PAGE, 32 * PAGE));
	/* A hint below is moved up. */
	SHOW((long)mmap((char *)PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	SHOW(munmap((char *)0x10000, PAGE));
}

static void overcommit(void)
{
	struct sysinfo si;
	size_t most;

	sysinfo(&si);
	most = (si.totalram + si.totalswap) * si.mem_unit & ~(PAGE - 1);
	SHOW(map(PLACE, most, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	SHOW(map(PLACE, most + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	SHOW(map(PLACE, most + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE));
	SHOW(map(PLACE, most + PAGE, PROT_READ, MAP_PRIVATE));
	SHOW(mprotect(PLACE, most + PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
	SHOW(mprotect(PLACE, most, PROT_READ | PROT_WRITE) ? errno : 0);
	SHOW(munmap(PLACE, most + PAGE));
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};

	setvbuf(stdout, NULL, _IONBF, 0);
	sigaction(SIGSEGV, &sa, NULL);
	field("VmSize");
	address_space();
	data();
	stack();
	lowest();
	overcommit();
	locked();
	/* Without privilege more is refused. */
	if (!fork()) {
		SHOW(setresuid(65534, 65534, 65534));
		lowest();
		locked();
		_exit(0);
	}
	wait(NULL);
	return 0;
}
