// SPDX-License-Identifier: GPL-2.0-or-later
// fcntl and flock: every command, good and bad.
#include "files.h"
#include <linux/memfd.h>
#include <sys/file.h>

#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#define F_CREATED_QUERY 1028
#endif

static int f(int fd, int cmd, long arg)
{
	return (int)S(fcntl, fd, cmd, arg);
}

static void locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20 };
	int fd = file_of("f", 100), other = open("f", O_RDWR), ro = open("f", O_RDONLY);
	char *p = pages();

	P(f(fd, F_SETLK, (long)&l));
	P(f(other, F_GETLK, (long)&l));
	printf("%d %ld %ld\n", l.l_type, (long)l.l_start, (long)l.l_len);
	l = (struct flock){ .l_type = F_WRLCK, .l_len = 50 };
	P(f(fd, F_OFD_SETLK, (long)&l));
	P(f(other, F_OFD_SETLK, (long)&l));
	P(f(other, F_OFD_GETLK, (long)&l));
	printf("%d %ld %ld %d\n", l.l_type, (long)l.l_start, (long)l.l_len, l.l_pid == getpid());
	P(f(fd, F_OFD_SETLKW, (long)&l));
	l = (struct flock){ .l_type = F_WRLCK, .l_pid = 1 };
	P(f(fd, F_OFD_SETLK, (long)&l));
	l = (struct flock){ .l_type = 9 };
	P(f(fd, F_SETLK, (long)&l));
	l = (struct flock){ .l_type = F_WRLCK, .l_start = -5 };
	P(f(fd, F_SETLK, (long)&l));
	l = (struct flock){ .l_type = F_WRLCK };
	P(f(ro, F_SETLK, (long)&l));
	P(f(99, F_SETLK, (long)&l));
	P(f(fd, F_SETLK, (long)NOWHERE));
	P(f(fd, F_GETLK, (long)NOWHERE));
	memcpy(p + 4090, &l, sizeof(l));
	P(f(fd, F_SETLKW, (long)(p + 4090)));
	memcpy(p + 8192 - sizeof(l), &l, sizeof(l));
	P(f(fd, F_GETLK, (long)(p + 8192 - sizeof(l))));
	P(S(flock, fd, LOCK_EX));
	P(S(flock, other, LOCK_EX | LOCK_NB));
	P(S(flock, other, LOCK_SH | LOCK_NB));
	P(S(flock, fd, LOCK_UN));
	P(S(flock, other, LOCK_SH));
	P(S(flock, other, 77));
	P(S(flock, 99, LOCK_SH));
	close(fd);
	close(other);
	close(ro);
}

static void owners(void)
{
	struct { int type, pid; } own = { 0, 0 };
	int fds[2];

	pipe(fds);
	P(f(fds[0], F_SETOWN, getpid()));
	P(f(fds[0], F_GETOWN, 0) == getpid());
	P(f(fds[0], F_GETOWN_EX, (long)&own));
	printf("%d %d\n", own.type, own.pid == getpid());
	own.type = 9;
	P(f(fds[0], F_SETOWN_EX, (long)&own));
	own.type = 0;
	P(f(fds[0], F_SETOWN_EX, (long)&own));
	P(f(fds[0], F_SETOWN_EX, (long)NOWHERE));
	P(f(fds[0], F_SETOWN, 0));
	P(f(fds[0], F_GETOWN, 0));
	P(f(fds[0], F_SETSIG, 10));
	P(f(fds[0], F_GETSIG, 0));
	P(f(fds[0], F_SETSIG, 100));
	P(f(fds[0], F_SETPIPE_SZ, 4096));
	P(f(fds[0], F_GETPIPE_SZ, 0));
	P(f(fds[0], F_SETPIPE_SZ, 1 << 30));
	P(f(fds[0], F_SETPIPE_SZ, -1));
	P(f(0, F_GETPIPE_SZ, 0));
	P(f(fds[0], F_SETFL, O_NONBLOCK | O_ASYNC));
	P(f(fds[0], F_GETFL, 0));
	P(f(fds[0], F_SETFL, 0));
	P(f(fds[0], F_GETFL, 0));
	P(f(fds[1], F_SETFD, 1));
	P(f(fds[1], F_GETFD, 0));
	P(f(fds[1], F_SETFD, 0xfe));
	P(f(fds[1], F_GETFD, 0));
	close(fds[0]);
	close(fds[1]);
}

static void rest(void)
{
	uint64_t hint = 2;
	int fd = file_of("g", 100), m = (int)S(memfd_create, "name", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	P(f(fd, F_GET_RW_HINT, (long)&hint));
	hint = 3;
	P(f(fd, F_SET_RW_HINT, (long)&hint));
	P(f(fd, F_GET_RW_HINT, (long)&hint));
	printf("%lu\n", (unsigned long)hint);
	hint = 99;
	P(f(fd, F_SET_RW_HINT, (long)&hint));
	P(f(fd, F_GET_RW_HINT, (long)NOWHERE));
	P(f(fd, F_GETLEASE, 0));
	P(f(fd, F_SETLEASE, F_WRLCK));
	P(f(fd, F_GETLEASE, 0));
	P(f(fd, F_SETLEASE, F_UNLCK));
	P(f(fd, F_SETLEASE, 77));
	P(f(fd, F_NOTIFY, 1));
	P(f(fd, F_GET_SEALS, 0));
	P(f(m, F_GET_SEALS, 0));
	P(ftruncate(m, 8192));
	P(f(m, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK));
	P(ftruncate(m, 100));
	P(ftruncate(m, 10000));
	P(f(m, F_ADD_SEALS, F_SEAL_WRITE));
	P(write(m, "x", 1));
	P(f(m, F_ADD_SEALS, F_SEAL_SEAL));
	P(f(m, F_ADD_SEALS, F_SEAL_WRITE));
	P(f(m, F_GET_SEALS, 0));
	P(f(m, F_GETFD, 0));
	P(f(fd, F_DUPFD_QUERY, fd));
	P(f(fd, F_DUPFD_QUERY, m));
	P(f(fd, F_DUPFD_QUERY, 16000));
	P(f(fd, F_CREATED_QUERY, 0));
	P(f(fd, 12345, 0));
	P(f(99, 12345, 0));
	P(f(99, F_GETFD, 0));
	P(f(16000, F_GETFD, 0));
	P(S(memfd_create, "x", 0x1000));
	P(S(memfd_create, NOWHERE, 0));
	static char longname[300];

	memset(longname, 'n', 249);
	P(close(S(memfd_create, longname, 0)));
	longname[249] = 'n';
	P(S(memfd_create, longname, 0));
	close(fd);
	close(m);
}

int main(void)
{
	close_range(3, ~0U, 0);
	locks();
	owners();
	rest();
	return 0;
}
