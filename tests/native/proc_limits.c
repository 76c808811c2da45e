// SPDX-License-Identifier: GPL-2.0-or-later
/* Resource limits: every resource, the checks, what is enforced. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "show.h"

static volatile int got_xfsz;

static void on_xfsz(int sig)
{
	got_xfsz = sig;
}

static int usable(unsigned resource)
{
	/* How many the host allows a user depends on its memory. */
	return resource != RLIMIT_NPROC && resource != RLIMIT_SIGPENDING && resource != RLIMIT_MEMLOCK;
}

/* Results are kept until the limit is lifted: standard output may be a file, too. */
static void file_size(void)
{
	struct rlimit r = {10, RLIM_INFINITY};
	long ret[4];
	int got[4];

	signal(SIGXFSZ, on_xfsz);
	close(6);
	SHOW(open("big", O_CREAT | O_RDWR, 0600));
	SHOW(setrlimit(RLIMIT_FSIZE, &r));
	for (int i = 0; i < 3; i++) {
		got_xfsz = 0;
		ret[i] = i < 2 ? write(6, "0123456789abcdef", 16) : ftruncate(6, 11);
		ret[i] = ret[i] < 0 ? -errno : ret[i];
		got[i] = got_xfsz;
	}
	r.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &r);
	for (int i = 0; i < 3; i++)
		printf("%ld, signal %d\n", ret[i], got[i]);
}

int main(void)
{
	struct rlimit r, old, bad = {10, 5};

	setvbuf(stdout, NULL, _IONBF, 0);
	for (unsigned i = 0; i < RLIM_NLIMITS + 2; i++) {
		int ret = syscall(SYS_getrlimit, i, &r);

		if (ret)
			printf("%u: errno %d\n", i, errno);
		else if (usable(i))
			printf("%u: %lx %lx\n", i, (long)r.rlim_cur, (long)r.rlim_max);
	}
	SHOW(syscall(SYS_getrlimit, 0, NULL));
	SHOW(syscall(SYS_getrlimit, 99, NULL));
	SHOW(syscall(SYS_setrlimit, 0, NULL));
	SHOW(syscall(SYS_setrlimit, 0, &bad));
	SHOW(syscall(SYS_setrlimit, 99, &bad));
	SHOW(syscall(SYS_prlimit64, 0, 99, NULL, NULL));
	SHOW(syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, NULL));
	SHOW(syscall(SYS_prlimit64, -1, RLIMIT_STACK, NULL, &old));
	SHOW(syscall(SYS_prlimit64, getpid(), RLIMIT_CORE, NULL, &old));
	for (unsigned i = 0; i < RLIM_NLIMITS; i++) {
		if (i == RLIMIT_CPU || i == RLIMIT_NPROC || i == RLIMIT_RTTIME || i == RLIMIT_NOFILE)
			continue;
		syscall(SYS_getrlimit, i, &old);
		/* The hard limit stays: raising it again takes a privilege. */
		r = (struct rlimit){old.rlim_max < 123456 ? old.rlim_max : 123456, old.rlim_max};
		SHOW(syscall(SYS_prlimit64, 0, i, &r, NULL));
		SHOW(syscall(SYS_prlimit64, 0, i, &old, &r));
		printf("%u: was %lx\n", i, (long)r.rlim_cur);
	}
	r = (struct rlimit){64, 1UL << 40};
	SHOW(setrlimit(RLIMIT_NOFILE, &r));
	r = (struct rlimit){7, 100};
	SHOW(setrlimit(RLIMIT_NOFILE, &r));
	for (int i = 0; i < 6; i++)
		SHOW(open("/dev/null", O_RDONLY));
	SHOW(dup(0));
	SHOW(dup2(0, 7));
	SHOW(dup2(0, 6));
	SHOW(fcntl(0, F_DUPFD, 7));
	SHOW(sysconf(_SC_OPEN_MAX));

	file_size();
	r = (struct rlimit){64UL << 20, RLIM_INFINITY};
	SHOW(setrlimit(RLIMIT_AS, &r));
	SHOW(mmap(NULL, 128UL << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
	SHOW(mmap(NULL, 1UL << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
	return 0;
}
