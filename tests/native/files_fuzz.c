// SPDX-License-Identifier: GPL-2.0-or-later
// Random calls of the file families with good, odd and bad arguments, from a seed: results, errno, the bytes
// that changed. Only calls whose answer depends on nothing but the run's own directory.
// TEST: a timeout=60 -- 1 3000
// TEST: b timeout=60 -- 2 3000
// TEST: c timeout=60 -- 3 3000
// TEST: d timeout=60 -- 4 3000
// TEST: e timeout=60 -- 5 3000
// TEST: f timeout=60 -- 6 3000
#include "files.h"
#include <poll.h>
#include <sys/resource.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

static uint64_t state;

static unsigned rnd(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

/* What an argument may be, a letter each; see argument(). */
struct call {
	const char *name;
	int nr;
	const char *args;
	int silent;              /* the good result is not repeatable */
};

#define C(name, args) { #name, SYS_##name, args, 0 }
#define Q(name, args) { #name, SYS_##name, args, 1 }
static const struct call calls[] = {
	C(read, "fbn"), C(write, "fbn"), C(pread64, "fbno"), C(pwrite64, "fbno"), C(readv, "fvi"), C(writev, "fvi"),
	C(preadv, "fvio"), C(pwritev, "fvio"), C(preadv2, "fvio0r"), C(pwritev2, "fvio0r"), C(lseek, "fow"),
	C(open, "pFm"), C(openat, "dpFm"), C(creat, "pm"), C(close, "g"), C(close, "g"), C(dup, "f"), C(dup2, "fg"),
	C(dup3, "fgx"), C(fcntl, "fcx"), C(fcntl, "fca"), C(stat, "pa"), C(lstat, "pa"), C(fstat, "fa"),
	C(newfstatat, "dpaA"), C(statx, "dpAxa"), C(access, "pi"), C(faccessat2, "dpiA"), C(mkdir, "pm"),
	C(mkdirat, "dpm"), C(rmdir, "p"), C(rename, "pp"), C(renameat2, "dpdpi"), C(link, "pp"), C(linkat, "dpdpA"),
	C(unlink, "p"), C(unlinkat, "dpA"), C(symlink, "pp"), C(readlink, "pbn"), C(readlinkat, "dpbn"),
	C(truncate, "po"), C(ftruncate, "fo"), C(fallocate, "fiss"), C(chmod, "pm"), C(fchmod, "fm"),
	C(fchmodat, "dpm"), C(utimensat, "dpaA"), C(utimes, "pa"), C(fsync, "f"), C(fdatasync, "f"),
	C(flock, "fi"), C(pipe2, "aF"), C(eventfd2, "ix"), C(epoll_create1, "F"), C(epoll_ctl, "fifa"),
	C(poll, "ai0"), C(sendfile, "ffan"), C(copy_file_range, "fafanx"), C(getcwd, "Kn"), C(getdents64, "fKn"),
	C(socketpair, "1T0a"), C(sendto, "fbnD0x"), C(recvfrom, "fbnDaa"), C(getsockopt, "f1iaa"),
	C(setsockopt, "f1ian"), C(getsockname, "faa"), C(listen, "fi"), C(shutdown, "fi"), C(accept4, "faaX"),
	C(setxattr, "pnbni"), C(getxattr, "pPbn"), C(listxattr, "pbn"), C(removexattr, "pP"), C(ioctl, "fIa"),
	C(fadvise64, "foni"), C(sync_file_range, "fooi"), C(memfd_create, "Px"), C(inotify_init1, "F"),
	C(timerfd_create, "ix"), C(timerfd_settime, "fiaa"), C(timerfd_gettime, "fa"), C(close_range, "ggx"),
	C(tee, "ffnX"), C(mknod, "pm0"), C(umask, "m"), C(statfs, "pa"),
};

static char *arena;              /* see pages(), with a guard before it */

static const char *const paths[] = { "a", "b", "dir", "dir/x", "dir/y", "link", "dangling", "", ".", "dir/", "a/b",
				     "../d", "none/none", "dir/../a", "dir/y/z" };

static uint64_t address(void)
{
	switch (rnd(12)) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)NOWHERE;
	case 2:
		return (uint64_t)KERNEL + rnd(100);
	case 3:
		return (uint64_t)arena + 8192 - rnd(64);
	case 4:
		return (uint64_t)arena + 8192 + rnd(4096);
	case 5:
		return (uint64_t)arena + 4096 - rnd(300);
	case 6:
		return (uint64_t)arena + 12288 - rnd(64);
	default:
		return (uint64_t)arena + rnd(1024) * 8;
	}
}

static int fd_number(void)
{
	static const int odd[] = { -1, AT_FDCWD, 99, 25000, 1 << 20, 1 << 30 };

	return rnd(10) ? 3 + (int)rnd(14) : odd[rnd(6)];
}

static uint64_t vectors(void)
{
	struct iovec *v = (struct iovec *)(arena + 3 * 4096 + 4096 + 64);   /* a page of its own, see main */

	for (int i = 0; i < 6; i++)
		v[i] = (struct iovec){ (void *)address(), rnd(8) ? rnd(9000) : rnd(2) ? 0 : -1UL };
	return rnd(20) ? (uint64_t)v : address();
}

static uint64_t argument(char kind)
{
	static const int fcntls[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC, F_GETLK, F_SETLK, F_OFD_GETLK,
				      F_OFD_SETLK, F_GETPIPE_SZ, F_GET_SEALS, F_GETSIG, F_GETLEASE, F_GET_RW_HINT, 999 };
	static const unsigned ioctls[] = { 0x541b, 0x5421, 0x5450, 0x5451, 0x5401, 0x5413, 2, 0x80086601, 0x1260, 0xdead,
					   0x5452, 0x8905 };
	static const uint64_t offsets[] = { 0, 1, 100, 4095, 4096, 8191, 20000, -1UL, 1UL << 62, 1UL << 63 };
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_EXCL, O_DIRECTORY,
				     O_RDWR | O_TRUNC, O_PATH, O_NOFOLLOW, O_RDWR | O_APPEND, O_WRONLY | O_CREAT | O_TRUNC };

	switch (kind) {
	case '0':
		return 0;
	case '1':
		return 1;
	case 'f':
		return (uint64_t)(int64_t)fd_number();
	case 'g':
		return (uint64_t)(int64_t)fd_number();
	case 'd':
		return (uint64_t)(int64_t)(rnd(3) ? AT_FDCWD : fd_number());
	case 'a':
	case 'b':
	case 'K':
		return address();
	case 'v':
		return vectors();
	case 'n':
		return rnd(12) ? rnd(10000) : rnd(2) ? rnd(64) : -1UL >> rnd(34);
	case 'o':
		return rnd(3) ? rnd(20000) : offsets[rnd(10)];
	case 's':
		/* A memfd has no bound but the machine's memory: never ask for much. */
		return rnd(20) ? rnd(20000) : -1UL;
	case 'w':
		return rnd(6);
	case 'p':
		return rnd(25) ? (uint64_t)paths[rnd(sizeof(paths) / sizeof(*paths))] : address();
	case 'P':
		return rnd(10) ? (uint64_t)"user.name" : address();
	case 'F':
		return (uint64_t)flags[rnd(11)] | O_NONBLOCK | (rnd(5) ? 0 : O_CLOEXEC);
	case 'm':
		return rnd(2) ? 0755 : rnd(01000);
	case 'A':
		return rnd(3) ? 0 : 1U << rnd(17);
	case 'c':
		return (uint64_t)fcntls[rnd(15)];
	case 'I':
		return ioctls[rnd(12)];
	case 'D':
		return MSG_DONTWAIT | MSG_NOSIGNAL | (rnd(3) ? 0 : 1U << rnd(6));
	case 'X':
		return SOCK_NONBLOCK;
	case 'T':
		return (rnd(2) ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK;
	case 'r':
		return rnd(4) ? 0 : 1U << rnd(6);
	case 'i':
		return rnd(8) ? rnd(9) : (uint64_t)-1;
	default:
		return rnd(3) ? rnd(4) : 1UL << rnd(40) & ~(1UL << 14);
	}
}

/* Nothing may wait: files that could are opened so that they do not, and the rest is left out. */
static int would_wait(const struct call *c, const uint64_t *a)
{
	if (c->nr == SYS_flock)
		return !(a[1] & 4) && (int)a[1] != 8;
	if (c->nr == SYS_open || c->nr == SYS_openat)
		return 0;
	return 0;
}

static void quiet(long fd)
{
	long fl = S(fcntl, fd, F_GETFL);

	if (fl >= 0 && !(fl & O_PATH))
		S(fcntl, fd, F_SETFL, fl | O_NONBLOCK);
}

static void one(int step)
{
	const struct call *c = &calls[rnd(sizeof(calls) / sizeof(*calls))];
	uint64_t a[6] = { 0 };
	long ret;

	for (int i = 0; c->args[i]; i++)
		a[i] = argument(c->args[i]);
	/* The descriptors of the output stay. */
	if ((c->nr == SYS_close || c->nr == SYS_close_range) && (int)a[0] >= 0 && (int)a[0] < 3)
		return;
	if (would_wait(c, a))
		return;
	/* What is stored differs from run to run in times and numbers: look at the result only. */
	errno = 0;
	ret = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	printf("%d %s(", step, c->name);
	for (int i = 0; c->args[i]; i++)
		printf("%s%lx", i ? ", " : "", (unsigned long)a[i]);
	printf(") = %ld%s%s", ret, errno ? " " : "", errno ? strerrorname_np(errno) : "");
	if (c->nr == SYS_read || c->nr == SYS_pread64 || c->nr == SYS_readv || c->nr == SYS_recvfrom ||
	    c->nr == SYS_preadv || c->nr == SYS_preadv2 || c->nr == SYS_readlink || c->nr == SYS_getxattr)
		printf(" %08x", hash(arena, 12288));
	printf("\n");
	for (int fd = 3; fd < 17; fd++)
		quiet(fd);
	/* Structures with times and inode numbers must not become data. */
	if (c->nr != SYS_read && c->nr != SYS_pread64 && strpbrk(c->args, "aK"))
		for (int i = 0; i < 8192; i++)
			arena[i] = (char)(i * 13 + (i >> 8));
	if (step % 64 == 0)
		for (int fd = 3; fd < 8; fd++) {
			S(close, fd);
			S(open, paths[rnd(2)], O_RDWR | O_CREAT, 0644);
		}
}

int main(int argc, char **argv)
{
	int steps = argc > 2 ? atoi(argv[2]) : 1000;
	char *p = mmap(NULL, 8 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	state = 0x9e3779b97f4a7c15UL * (argc > 1 ? strtoul(argv[1], NULL, 0) + 1 : 1);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	arena = p + 4096;
	mprotect(arena, 2 * 4096, PROT_READ | PROT_WRITE);
	mprotect(arena + 2 * 4096, 4096, PROT_READ);
	mprotect(arena + 4 * 4096, 4096, PROT_READ | PROT_WRITE);
	signal(SIGIO, SIG_IGN);
	close_range(3, ~0U, 0);
	/* What a poll says of the harness's pipe depends on its other end. */
	dup2(open("/dev/null", O_RDWR), 0);
	close_range(3, ~0U, 0);
	close(file_of("a", 20000));
	close(file_of("b", 300));
	mkdir("dir", 0755);
	symlink("a", "link");
	symlink("nothing", "dangling");
	signal(SIGPIPE, SIG_IGN);
	/* Whatever else a seed comes up with: no file of it grows beyond 16 MiB. */
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 16 << 20, 16 << 20 });
	for (int i = 0; i < steps; i++)
		one(i);
	return 0;
}
