// SPDX-License-Identifier: GPL-2.0-or-later
// A random stream of mappings, protections and touches: results, signals, counters and contents, step by
// step. TEST: 1 -- 1 400 TEST: 2 -- 2 400 TEST: 3 -- 3 400 TEST: 4 -- 4 400 TEST: 5 -- 5 400 TEST: 6 -- 6 400
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	    4096UL
#define ARENA	    ((char *)0x10000000)
#define ARENA_PAGES 2048UL
#define FILE_PAGES  200UL

static uint64_t rng;
static sigjmp_buf jump;
static volatile char sink;
static int sig_no, sig_code, disk, shm, pipes[2];
static long sig_page;

static uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % n;
}

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	sig_no = sig;
	sig_code = si->si_code;
	sig_page = ((char *)si->si_addr - ARENA) / (long)PAGE;
	siglongjmp(jump, 1);
}

// Changes since the last call; @quiet: only remember.
static void counters(int quiet)
{
	static const char *const name[] = {"RssAnon:", "RssFile:", "RssShmem:", "VmPTE:", "VmSize:"};
	static char text[8192];
	struct rusage ru;
	int fd = open("/proc/self/status", O_RDONLY);
	long n = read(fd, text, sizeof(text) - 1);
	static long last[6];

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 5; i++) {
		const char *p = strstr(text, name[i]);
		long now = p ? atol(p + strlen(name[i])) : -1;

		if (!quiet)
			printf(" %ld", now - last[i]);
		last[i] = now;
	}
	getrusage(RUSAGE_SELF, &ru);
	if (!quiet)
		printf(" %ld\n", ru.ru_minflt - last[5]);
	last[5] = ru.ru_minflt;
}

// Bring in all of the program itself, so that only the arena is counted (and how a new binary lies in the
// page cache does not matter): its text is read, its data written, which a fork makes necessary again, a
// piece of stack, too.
static void warm(void)
{
	extern char __executable_start, __data_start;
	static volatile char *volatile p;
	volatile char stack[8 * PAGE];
	uint64_t i;

	// There may be holes between the segments.
	for (p = &__executable_start; p < &__data_start; p += PAGE)
		if (!sigsetjmp(jump, 1))
			sink += *p;
	for (p = &__data_start; p < (char *)sbrk(0); p += PAGE)
		*p = *p;
	for (i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 0;
	counters(1);
	counters(1);
}

// Touch pages of [p, p + n): every step'th, reading or writing; stops at the first signal.
static void touch(char *p, uint64_t n, uint64_t step, int write)
{
	static volatile uint64_t sum;
	static volatile uint64_t i;

	sum = 0;
	sig_no = 0;
	if (!sigsetjmp(jump, 1)) {
		for (i = 0; i < n; i += step) {
			volatile unsigned char *b = (unsigned char *)p + i * PAGE + i % 64;

			sum = sum * 31 + *b;
			if (write)
				*b += 1 + i;
		}
	}
	printf("touch %ld +%lu/%lu %c: %lx", (p - ARENA) / (long)PAGE, n, step, "rw"[write], sum);
	if (sig_no)
		printf(" signal %d code %d page %ld", sig_no, sig_code, sig_page);
}

static void range(char **p, uint64_t *n, uint64_t most)
{
	*p = ARENA + rnd(ARENA_PAGES) * PAGE;
	*n = 1 + rnd(most);
	if (*p + *n * PAGE > ARENA + ARENA_PAGES * PAGE)
		*n = (ARENA + ARENA_PAGES * PAGE - *p) / PAGE;
}

static int random_prot(void)
{
	static const int prot[] = {PROT_NONE,
				   PROT_READ,
				   PROT_READ | PROT_WRITE,
				   PROT_READ | PROT_WRITE,
				   PROT_READ | PROT_WRITE,
				   PROT_WRITE,
				   PROT_READ | PROT_EXEC};

	return prot[rnd(7)];
}

static void do_map(void)
{
	int flags = MAP_FIXED | (rnd(8) ? 0 : MAP_POPULATE), prot = random_prot(), fd = -1;
	uint64_t n, off = 0, kind = rnd(6);
	char *p, *q;

	range(&p, &n, 150);
	if (kind < 2) {
		flags |= MAP_ANONYMOUS | MAP_PRIVATE;
	} else if (kind == 2) {
		flags |= MAP_ANONYMOUS | MAP_SHARED;
	} else {
		fd = rnd(2) ? disk : shm;
		off = rnd(FILE_PAGES);
		flags |= kind == 3 ? MAP_SHARED : MAP_PRIVATE;
	}
	q = mmap(p, n * PAGE, prot, flags, fd, off * PAGE);
	printf("mmap %ld +%lu prot %d flags %x %s off %lu: %s", (p - ARENA) / (long)PAGE, n, prot, flags,
	       fd < 0	    ? "anon"
	       : fd == disk ? "disk"
			    : "shm",
	       off, q == MAP_FAILED ? strerror(errno) : "ok");
}

static void fill(int fd, uint64_t from, uint64_t to)
{
	static char buf[PAGE];

	for (uint64_t i = from; i < to; i++) {
		memset(buf, (int)i, PAGE);
		if (pwrite(fd, buf, PAGE, i * PAGE) != (long)PAGE)
			perror("pwrite");
	}
}

// The disk's pages are kept in the page cache, since what is read ahead is no business of this test.
static int set_size(int fd, uint64_t pages, uint64_t more)
{
	static uint64_t size = FILE_PAGES;
	int ret = ftruncate(fd, pages * PAGE + more);

	if (fd == disk) {
		fill(fd, size, pages);
		size = pages;
	}
	return ret;
}

static void do_other(void)
{
	uint64_t n, m;
	char *p, *to;
	int ret, arg;

	range(&p, &n, 120);
	switch (rnd(5)) {
	case 0:
		ret = munmap(p, n * PAGE);
		printf("munmap");
		break;
	case 1:
		arg = random_prot();
		ret = mprotect(p, n * PAGE, arg);
		printf("mprotect %d", arg);
		break;
	case 2:
		ret = madvise(p, n * PAGE, MADV_DONTNEED);
		printf("MADV_DONTNEED");
		break;
	case 3:
		range(&to, &m, 120);
		ret = mremap(p, n * PAGE, m * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED ? -1 : 0;
		printf("mremap to %ld +%lu", (to - ARENA) / (long)PAGE, m);
		break;
	default:
		m = rnd(2) ? FILE_PAGES : rnd(FILE_PAGES);
		arg = rnd(2) ? disk : shm;
		ret = set_size(arg, m, rnd(2) * 100);
		printf("ftruncate %s %lu", arg == disk ? "disk" : "shm", m);
	}
	printf(" %ld +%lu: %s", (p - ARENA) / (long)PAGE, n, ret ? strerror(errno) : "ok");
}

// System calls whose buffers lie in the arena: how far they get, and what they leave.
static void do_syscall(void)
{
	static volatile unsigned char vec[ARENA_PAGES] __attribute__((aligned(PAGE)));
	struct iovec iov[3];
	int fd = rnd(2) ? disk : shm, kind = (int)rnd(7), kept;
	uint64_t n, m, off, left;
	struct stat st;
	char *p, *q;
	long ret;

	range(&p, &n, 30);
	range(&q, &m, 30);
	vec[0] = 1;
	errno = 0;
	iov[0] = (struct iovec){p + rnd(PAGE), n * PAGE / 2};
	iov[1] = (struct iovec){q + rnd(PAGE), m * 100};
	iov[2] = (struct iovec){p, 5000};
	// Within the file: which pages a read that ends early touched is not promised. To the disk, whose
	// pages are all cached: what a write makes resident does not change the faults on its own source.
	if (kind == 1)
		fd = disk;
	fstat(fd, &st);
	off = rnd(st.st_size + 1);
	left = st.st_size - off;
	for (int i = 0; i < 3; i++) {
		if (iov[i].iov_len > left)
			iov[i].iov_len = left;
		left -= iov[i].iov_len;
	}
	switch (kind) {
	case 0:
		ret = pread(fd, iov[0].iov_base, iov[0].iov_len, off);
		break;
	case 1:
		ret = pwrite(fd, iov[0].iov_base, iov[0].iov_len, off);
		break;
	case 2:
		ret = preadv(fd, iov, 3, off);
		break;
	case 3:
		ret = write(pipes[1], iov[0].iov_base, iov[0].iov_len % 60000);
		kept = errno;
		while (read(pipes[0], (void *)vec, sizeof(vec)) > 0)
			;
		errno = kept;
		break;
	case 4:
		ret = mincore(p, n * PAGE, (void *)vec);
		// Of files it says what is in the page cache, which readers elsewhere can change.
		break;
	case 5:
		ret = rnd(2) ? mlock(p, n * PAGE) : munlock(p, n * PAGE);
		break;
	default:
		ret = madvise(p, n * PAGE, rnd(2) ? MADV_POPULATE_READ : MADV_POPULATE_WRITE);
	}
	printf("call %d %ld +%lu %ld +%lu: %ld %s", kind, (p - ARENA) / (long)PAGE, n,
	       (q - ARENA) / (long)PAGE, m, ret, strerror(errno));
}

// A child that stores here and there, and ends; what the parent's next stores cost shows that it was there.
static void do_fork(void)
{
	uint64_t n;
	pid_t pid;
	char *p;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		warm();
		for (int i = 0; i < 3; i++) {
			range(&p, &n, 60);
			printf("child: ");
			touch(p, n, 1 + rnd(2), 1);
			counters(0);
		}
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	warm();
	printf("fork");
}

static int make(const char *path)
{
	int fd = open(path, O_RDWR | O_TMPFILE, 0600);

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	fill(fd, 0, FILE_PAGES);
	return fd;
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	long steps = argc > 2 ? atol(argv[2]) : 100;
	uint64_t n;
	char *p;

	rng = 0x9e3779b97f4a7c15UL * (argc > 1 ? atol(argv[1]) + 1 : 1);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	disk = make("/var/tmp");
	shm = make("/dev/shm");
	if (pipe2(pipes, O_NONBLOCK))
		perror("pipe2");
	printf("anon, file, shmem, page tables, size in KiB; minor faults\n");
	warm();
	for (long i = 0; i < steps; i++) {
		printf("%ld: ", i);
		switch (rnd(20) ? rnd(5) : 9) {
		case 9:
			do_fork();
			break;
		case 0:
			do_map();
			break;
		case 4:
			do_syscall();
			break;
		case 1:
			do_other();
			break;
		default:
			range(&p, &n, 60);
			touch(p, n, 1 + rnd(3), (int)rnd(2));
		}
		counters(0);
	}
	return 0;
}
