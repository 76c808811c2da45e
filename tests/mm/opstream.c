// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * opstream SEED COUNT DIR [FLAVOUR [UID]]: a random stream of mm system calls on this process itself.
 *
 * Prints each call with its result, and the maps after it, for replay.c to repeat on ulk's mm (or for a
 * run under ulk to print the same). Static, no malloc, raw system calls: nothing else may touch the
 * address space. Run it under `setarch -R`.
 *
 * FLAVOUR: "all", "map" (only calls that make, change and remove mappings). UID: become that user.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint64_t u64;
#define PAGE	    4096UL
#define ARENA	    0x20000000UL /* a small place where mappings meet often */
#define ARENA_PAGES 48
#define NR_RECENT   8
#define NR_FILES    6

static u64 rng;
static u64 recent[NR_RECENT];
static unsigned nr_recent;
static int files[NR_FILES];
static char out[1 << 16];
static size_t out_len;
static sigjmp_buf fault_jmp;
static u64 start_brk, stack_low;
static const char zeros[20 * PAGE];

static void flush(void)
{
	size_t done = 0;

	while (done < out_len) {
		ssize_t n = write(1, out + done, out_len - done);

		if (n <= 0)
			_exit(3);
		done += (size_t)n;
	}
	out_len = 0;
}

__attribute__((format(printf, 1, 2))) static void print(const char *fmt, ...)
{
	va_list ap;

	if (out_len > sizeof(out) - 512)
		flush();
	va_start(ap, fmt);
	out_len += (size_t)vsnprintf(out + out_len, 512, fmt, ap);
	va_end(ap);
}

static u64 rnd(u64 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % n;
}

static int chance(unsigned percent)
{
	return rnd(100) < percent;
}

static long call(long nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	long ret = syscall(nr, a, b, c, d, e, f);

	return ret == -1 ? -errno : ret;
}

/* The maps without names: those of a native run and of ulk's are other files' affair. */
static void print_maps(void)
{
	static char buf[1 << 18];
	size_t len = 0;
	char *line, *end;
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t n;

	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	buf[len] = '\0';
	for (line = buf; *line; line = end + 1) {
		u64 start, stop, off;
		char perms[8];

		end = strchr(line, '\n');
		*end = '\0';
		if (sscanf(line, "%lx-%lx %7s %lx", &start, &stop, perms, &off) != 4)
			continue;
		if (!stack_low && strstr(line, "[stack"))
			stack_low = start;
		if (start < 1UL << 47)
			print("M %lx %lx %s %lx%s\n", start, stop, perms, off,
			      strstr(line, "[v")       ? " special"
			      : strstr(line, "[stack") ? " stack"
			      : strstr(line, "[heap")  ? " heap"
			      : strchr(line, '/')      ? " file"
						       : "");
	}
	print(".\n");
}

/* Counters; not those of file pages, which depend on what the host has cached. */
static void print_counters(void)
{
	static const char *const names[] = {"VmPeak", "VmSize", "VmLck", "VmPin",
					    "VmData", "VmStk",	"VmExe", "RssAnon"};
	static char buf[8192];
	/* What the C library touched before main depends on the CPU it finds: count from there. */
	static unsigned long first_rss;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);
	size_t i;

	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	print("C");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *p = strstr(buf, names[i]);

		unsigned long value = p ? strtoul(p + strlen(names[i]) + 1, NULL, 10) : 0;

		if (i + 1 == sizeof(names) / sizeof(names[0])) {
			if (!first_rss)
				first_rss = value;
			value -= first_rss;
		}
		print(" %s %ld", names[i], (long)value);
	}
	print("\n");
}

static void remember(u64 addr)
{
	recent[nr_recent++ % NR_RECENT] = addr;
}

/* An address that is likely to be interesting. */
static u64 some_addr(void)
{
	u64 n = nr_recent < NR_RECENT ? nr_recent : NR_RECENT;

	if (chance(6))
		return start_brk / PAGE * PAGE + rnd(48) * PAGE;
	/* Just below the stack as execve left it. */
	if (chance(4))
		return stack_low - rnd(chance(50) ? 30 : 600) * PAGE;
	if (!n || chance(60))
		return ARENA + rnd(ARENA_PAGES) * PAGE;
	return recent[rnd(n)] + (rnd(7) - 3 + (chance(10) ? rnd(600) : 0)) * PAGE;
}

static u64 some_len(void)
{
	if (chance(4))
		return 2UL << 20 << rnd(3);
	if (chance(4))
		return (2UL << 20) + rnd(600) * PAGE;
	if (chance(3))
		return rnd(20000);
	return (1 + rnd(chance(30) ? 24 : 5)) * PAGE;
}

/* The same for a range at @addr, which must leave the stack we stand on alone. */
static u64 len_at(u64 addr)
{
	u64 len = some_len();

	return addr < stack_low && addr + len > stack_low ? stack_low - addr : len;
}

static unsigned long some_prot(void)
{
	static const unsigned long usual[] = {3, 3, 3, 1, 0, 5, 7, 2, 4};

	return usual[rnd(sizeof(usual) / sizeof(usual[0]))];
}

static void on_fault(int sig)
{
	siglongjmp(fault_jmp, sig);
}

static void touch(u64 addr, int write)
{
	int sig = sigsetjmp(fault_jmp, 1);

	if (!sig) {
		if (write)
			*(volatile char *)addr = 1;
		else
			(void)*(volatile char *)addr;
	}
	print("touch %lx %d = %d\n", addr, write, sig);
}

static void op_mmap(void)
{
	u64 addr = chance(65) ? some_addr() : 0, len = len_at(addr), off = 0;
	unsigned long prot = some_prot(), flags = chance(75) ? MAP_PRIVATE : MAP_SHARED;
	int file = -1;
	long ret;

	if (chance(30)) {
		file = (int)rnd(NR_FILES);
		off = rnd(chance(50) ? 3 : 40) * PAGE;
		/* Line up with what the arena holds, so that neighbours fit. */
		if (addr >= ARENA && addr < ARENA + ARENA_PAGES * PAGE && chance(60))
			off = addr - ARENA;
	} else {
		flags |= MAP_ANONYMOUS;
	}
	if (addr && chance(60))
		flags |= chance(80) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	if (chance(4))
		flags |= MAP_GROWSDOWN;
	if (chance(4))
		flags |= MAP_STACK;
	if (chance(5))
		flags |= MAP_NORESERVE;
	if (chance(5))
		flags |= MAP_POPULATE;
	if (chance(3))
		flags |= MAP_32BIT;
	if (chance(3))
		flags |= MAP_LOCKED;
	ret = call(SYS_mmap, addr, len, prot, flags, (u64)(file < 0 ? -1 : files[file]), off);
	print("mmap %lx %lx %lx %lx %d %lx = %ld\n", addr, len, prot, flags, file, off, ret);
	if (ret > 0)
		remember((u64)ret);
}

static void op_munmap(void)
{
	u64 addr = some_addr(), len = len_at(addr);

	print("munmap %lx %lx = %ld\n", addr, len, call(SYS_munmap, addr, len, 0, 0, 0, 0));
}

static void op_mprotect(void)
{
	u64 addr = some_addr(), len = len_at(addr);
	unsigned long prot = some_prot() | (chance(5) ? PROT_GROWSDOWN : 0);

	print("mprotect %lx %lx %lx = %ld\n", addr, len, prot, call(SYS_mprotect, addr, len, prot, 0, 0, 0));
}

static void op_mremap(void)
{
	u64 addr = some_addr(), old_len = len_at(addr), new_len = chance(40) ? old_len : len_at(addr);
	unsigned long flags = rnd(8);
	/* Fixed at 0 it would replace this very program. */
	u64 new_addr = chance(70) || (flags & MREMAP_FIXED) ? some_addr() : 0;
	long ret;

	if (chance(5))
		old_len = 0;
	if (chance(50))
		flags |= MREMAP_MAYMOVE;
	if (new_addr < stack_low && new_addr + new_len > stack_low)
		new_addr -= 1UL << 24;
	ret = call(SYS_mremap, addr, old_len, new_len, flags, new_addr, 0);
	print("mremap %lx %lx %lx %lx %lx = %ld\n", addr, old_len, new_len, flags, new_addr, ret);
	if (ret > 0)
		remember((u64)ret);
}

static void op_madvise(void)
{
	static const int advice[] = {0,	 1,  2,	 3,  4,	 4,  4,	 8,  10, 11, 14, 15,
				     16, 17, 18, 19, 20, 22, 23, 12, 13, 24, 5,	 77};
	u64 addr = some_addr(), len = len_at(addr);
	int what = advice[rnd(sizeof(advice) / sizeof(advice[0]))];

	print("madvise %lx %lx %d = %ld\n", addr, len, what,
	      call(SYS_madvise, addr, len, (u64)what, 0, 0, 0));
}

static void op_mlock(void)
{
	u64 addr = some_addr() + (chance(10) ? 123 : 0), len = len_at(addr);
	int what = (int)rnd(4);

	if (what < 2)
		print("mlock %lx %lx %d = %ld\n", addr, len, what,
		      call(SYS_mlock2, addr, len, (u64)what, 0, 0, 0));
	else
		print("munlock %lx %lx = %ld\n", addr, len, call(SYS_munlock, addr, len, 0, 0, 0, 0));
}

static void op_brk(void)
{
	u64 brk = start_brk + rnd(chance(80) ? 40 * PAGE : 4UL << 20) - (chance(5) ? 3 * PAGE : 0);

	print("brk %lx = %ld\n", brk, call(SYS_brk, brk, 0, 0, 0, 0, 0));
}

static void op_mlockall(void)
{
	int flags = (int)rnd(8);

	if (chance(50))
		print("mlockall %d = %ld\n", flags, call(SYS_mlockall, (u64)flags, 0, 0, 0, 0, 0));
	else
		print("munlockall = %ld\n", call(SYS_munlockall, 0, 0, 0, 0, 0, 0));
}

static void op_msync(void)
{
	u64 addr = some_addr(), len = len_at(addr);
	int flags = (int)rnd(8);

	print("msync %lx %lx %d = %ld\n", addr, len, flags, call(SYS_msync, addr, len, (u64)flags, 0, 0, 0));
}

static void op_mincore(void)
{
	static unsigned char vec[8192];
	u64 addr = some_addr(), len = len_at(addr), i, sum = 0;
	long ret = call(SYS_mincore, addr, len, (u64)vec, 0, 0, 0);

	for (i = 0; !ret && i < (len + PAGE - 1) / PAGE; i++)
		sum = sum * 3 + (vec[i] & 1);
	print("mincore %lx %lx = %ld %lx\n", addr, len, ret, sum);
}

static void op_rlimit(void)
{
	static const int which[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK};
	int res = which[rnd(3)];
	struct rlimit lim;
	u64 vm = 0;
	char buf[256];
	int fd = open("/proc/self/statm", O_RDONLY);

	if (read(fd, buf, sizeof(buf)) > 0)
		sscanf(buf, "%lu", &vm);
	close(fd);
	getrlimit(res, &lim);
	lim.rlim_cur = chance(60) ? lim.rlim_max : res == RLIMIT_STACK ? 1UL << 20 : (vm + rnd(40)) * PAGE;
	setrlimit(res, &lim);
	print("rlimit %d %lx = 0\n", res, (u64)lim.rlim_cur);
}

/* The child goes on; the parent passes its status. */
static char altstack[65536];

/*
 * The frame of a signal is larger where the CPU has more registers than the emulated one: the pages it may take
 * are touched before anybody counts, and again when a fork has made them copy-on-write.
 */
static void touch_altstack(void)
{
	for (unsigned long at = 0; at < sizeof(altstack); at += PAGE)
		*(volatile char *)(altstack + at) = 1;
}

static void op_fork(void)
{
	int status;
	pid_t pid;

	print("fork = 0\n");
	flush();
	pid = fork();
	if (pid == 0)
		touch_altstack();
	if (pid <= 0)
		return;
	if (waitpid(pid, &status, 0) != pid)
		_exit(4);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 5);
}

static void open_file(int i, const char *dir, const char *name, int flags)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT, 0644);
	/* All of it in the page cache, so that mincore() says the same each time. */
	if (fd < 0 || ftruncate(fd, 0) || ftruncate(fd, 20 * PAGE) || pwrite(fd, zeros, sizeof(zeros), 0) < 0)
		_exit(6);
	close(fd);
	files[i] = open(path, flags);
	if (files[i] < 0)
		_exit(6);
	print("F %d %x %s\n", i, flags, path);
}

static void one_op(const char *flavour)
{
	u64 what = rnd(100);

	if (!strcmp(flavour, "map"))
		what = what * 55 / 100;
	if (what < 25)
		op_mmap();
	else if (what < 33)
		op_munmap();
	else if (what < 45)
		op_mprotect();
	else if (what < 55)
		op_mremap();
	else if (what < 65)
		op_madvise();
	else if (what < 66 && chance(40))
		op_mlockall();
	else if (what < 70)
		op_mlock();
	else if (what < 74)
		op_brk();
	else if (what < 76)
		op_msync();
	else if (what < 79)
		op_mincore();
	else if (what < 81)
		op_rlimit();
	else if (what < 82 && chance(50))
		op_fork();
	else
		touch(some_addr() + rnd(4096), chance(70));
}

int main(int argc, char **argv)
{
	stack_t ss = {.ss_sp = altstack, .ss_size = sizeof(altstack)};
	struct sigaction sa = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
	unsigned long count, i;

	if (argc < 4)
		return 2;
	rng = strtoul(argv[1], NULL, 0) * 0x9e3779b97f4a7c15UL + 1;
	count = strtoul(argv[2], NULL, 0);
	for (i = 0; i < 20; i++)
		rnd(2);
	sigaltstack(&ss, NULL);
	touch_altstack();
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	open_file(0, argv[3], "rw", O_RDWR);
	open_file(1, argv[3], "rw", O_RDWR);
	open_file(2, argv[3], "ro", O_RDONLY);
	open_file(3, argv[3], "wo", O_WRONLY);
	open_file(4, "/dev/shm", strrchr(argv[3], '/') ? strrchr(argv[3], '/') + 1 : argv[3], O_RDWR);
	open_file(5, argv[3], "other", O_RDWR);
	start_brk = (u64)sbrk(0);
	/* Limits on locked memory bind only without privileges. */
	if (argc > 5 && setuid((uid_t)atoi(argv[5])))
		return 2;
	print("P %lx %d\n", call(SYS_personality, 0xffffffff, 0, 0, 0, 0, 0), (int)geteuid());
	print("brk %lx = %ld\n", 0UL, call(SYS_brk, 0, 0, 0, 0, 0, 0));
	print_maps();
	for (i = 0; i < count; i++) {
		one_op(argc > 4 ? argv[4] : "all");
		print_counters();
		print_maps();
	}
	flush();
	_exit(0);
}
