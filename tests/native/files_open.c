// SPDX-License-Identifier: GPL-2.0-or-later
// open, openat, openat2, creat, close, close_range, dup and the limit of descriptors.
#include "files.h"
#include <linux/openat2.h>
#include <sys/resource.h>

static void errors(void)
{
	static char longname[5000];

	memset(longname, 'n', 300);
	P(S(open, longname, O_RDONLY));
	memset(longname, 'p', sizeof(longname) - 1);
	P(S(open, longname, O_RDONLY));
	P(S(open, NOWHERE, O_RDONLY));
	P(S(open, NULL, O_RDONLY));
	P(S(open, KERNEL, O_RDONLY));
	P(S(open, "", O_RDONLY));
	P(S(open, "missing", O_RDONLY));
	P(S(open, "missing/there", O_CREAT | O_RDWR, 0600));
	P(S(open, ".", O_WRONLY));
	P(S(open, ".", O_CREAT, 0600));
	P(S(open, "/dev/null/x", O_RDONLY));
	P(S(openat, -1, "x", O_RDONLY));
	P(S(openat, 999, "x", O_RDONLY));
	P(S(openat, 16000, "x", O_RDONLY));
	P(S(open, "x", O_TMPFILE | O_RDONLY, 0600));
	symlink("loop", "loop");
	P(S(open, "loop", O_RDONLY));
	P(S(open, "loop", O_RDONLY | O_NOFOLLOW));
	symlink("missing", "dangling");
	P(S(open, "dangling", O_RDONLY));
	P(S(open, "dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
}

static void modes(void)
{
	struct stat st;
	int fd;

	umask(027);
	P(fd = S(open, "a", O_RDWR | O_CREAT | O_EXCL, 0777));
	P(S(open, "a", O_RDWR | O_CREAT | O_EXCL, 0777));
	P(fstat(fd, &st));
	printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);
	P(write(fd, "hello", 5));
	P(fcntl(fd, F_GETFL));
	P(fcntl(fd, F_GETFD));
	P(close(fd));
	P(close(fd));
	P(fd = S(creat, "a", 0600));
	P(fstat(fd, &st));
	printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);
	P(read(fd, &st, 1));
	close(fd);
	P(fd = S(open, "a", O_WRONLY | O_APPEND | O_CLOEXEC));
	P(write(fd, "12", 2));
	P(lseek(fd, 0, SEEK_SET));
	P(write(fd, "34", 2));
	P(lseek(fd, 0, SEEK_CUR));
	P(fcntl(fd, F_GETFL));
	P(fcntl(fd, F_GETFD));
	close(fd);
	P(fd = S(open, "a", O_PATH));
	P(read(fd, &st, 1));
	P(fcntl(fd, F_GETFL));
	P(fstat(fd, &st));
	close(fd);
	P(fd = S(open, ".", O_DIRECTORY | O_RDONLY));
	P(read(fd, &st, 1));
	P(S(openat, fd, "a", O_RDONLY));
	P(S(openat, fd, "/dev/null", O_RDONLY));
	P(S(open, "a", O_DIRECTORY));
	P(S(open, ".", O_TMPFILE | O_RDWR, 0600));
	P(S(close_range, 3, 100, 0));
	P(S(open, "/proc/self/exe", O_WRONLY));
	P(S(open, "/proc/self/exe", O_RDONLY | O_TRUNC));
	P(S(truncate, "/proc/self/exe", 0));
}

static void at2(void)
{
	struct open_how how = { .flags = O_RDONLY };
	char big[64] = { 0 };

	mkdir("d", 0700);
	close(creat("d/f", 0600));
	symlink("../a", "d/up");
	P(S(openat2, AT_FDCWD, "d/f", &how, sizeof(how)));
	P(S(openat2, AT_FDCWD, "d/f", &how, 8));
	P(S(openat2, AT_FDCWD, "d/f", &how, 5000));
	P(S(openat2, AT_FDCWD, "d/f", NOWHERE, sizeof(how)));
	P(S(openat2, AT_FDCWD, NOWHERE, &how, sizeof(how)));
	P(S(openat2, AT_FDCWD, "d/f", big, sizeof(big)));
	big[40] = 1;
	P(S(openat2, AT_FDCWD, "d/f", big, sizeof(big)));
	how.flags = 1ULL << 40;
	P(S(openat2, AT_FDCWD, "d/f", &how, sizeof(how)));
	how = (struct open_how){ .flags = O_RDONLY, .mode = 0600 };
	P(S(openat2, AT_FDCWD, "d/f", &how, sizeof(how)));
	how = (struct open_how){ .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	int d = open("d", O_PATH);

	P(S(openat2, d, "up", &how, sizeof(how)));
	P(S(openat2, d, "f", &how, sizeof(how)));
	how.resolve = RESOLVE_NO_SYMLINKS;
	P(S(openat2, d, "up", &how, sizeof(how)));
	how.resolve = RESOLVE_IN_ROOT;
	P(S(openat2, d, "/f", &how, sizeof(how)));
	P(S(close_range, 3, ~0U, 0));
}

static void dups(void)
{
	P(S(dup, 0) >= 0);
	P(S(dup, 77));
	P(S(dup2, 3, 3));
	P(S(dup2, 77, 77));
	P(S(dup2, 3, 10));
	P(S(dup2, 3, -1));
	P(S(dup2, 3, 1 << 20));
	P(S(dup3, 3, 11, O_CLOEXEC));
	P(fcntl(11, F_GETFD));
	P(S(dup3, 3, 3, 0));
	P(S(dup3, 77, 77, 0));
	P(S(dup3, 3, 12, O_APPEND));
	P(S(dup3, 3, 1 << 20, 0));
	P(fcntl(3, F_DUPFD, 20));
	P(fcntl(3, F_DUPFD_CLOEXEC, 20));
	P(fcntl(21, F_GETFD));
	P(fcntl(3, F_DUPFD, -1));
	P(fcntl(77, F_DUPFD, -1));
	P(S(close_range, 10, 12, CLOSE_RANGE_CLOEXEC));
	P(fcntl(10, F_GETFD));
	P(S(close_range, 10, 12, 64));
	P(S(close_range, 12, 10, 0));
	P(S(close_range, 1 << 20, ~0U, 0));
	P(S(close_range, 1 << 20, ~0U, 64));
	P(S(close_range, 10, 1 << 20, 0));
	P(fcntl(10, F_GETFD));
	P(fcntl(20, F_GETFD));
	P(S(close_range, 3, ~0U, CLOSE_RANGE_UNSHARE));
}

static void limit(void)
{
	struct rlimit r = { 8, 8 };
	int fds[2];

	P(setrlimit(RLIMIT_NOFILE, &r));
	for (int i = 3; i < 10; i++)
		P(open("/dev/null", O_RDONLY));
	P(S(dup, 0));
	P(S(dup2, 0, 8));
	P(S(dup2, 0, 7));
	P(S(dup3, 0, 8, 0));
	P(fcntl(0, F_DUPFD, 8));
	P(fcntl(0, F_DUPFD, 7));
	close(7);
	P(S(pipe, fds));
	P(S(eventfd2, 0, 0));
	P(S(epoll_create1, 0));
	P(S(socket, 1, 1, 0));
	P(S(socketpair, 1, 1, 0, fds));
	P(S(memfd_create, "m", 0));
	P(S(inotify_init));
	close(6);
	P(S(pipe, fds));
	printf("%d %d\n", fds[0], fds[1]);
}

int main(void)
{
	close_range(3, ~0U, 0);
	errors();
	modes();
	at2();
	dups();
	limit();
	return 0;
}
