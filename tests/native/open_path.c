// SPDX-License-Identifier: GPL-2.0-or-later
// O_PATH: a descriptor that names a file and can do little else.
#include "files.h"
#include <sys/ioctl.h>
#include <poll.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

int main(void)
{
	struct stat st;
	struct statfs sf;
	char buf[20];
	int p, d, dup_;

	close(file_of("f", 10));
	mkdir("d", 0755);
	close(file_of("d/x", 1));
	symlink("f", "s");
	p = open("f", O_PATH | O_RDWR | O_APPEND | O_CLOEXEC);
	P(fcntl(p, F_GETFL) == O_PATH);
	P(fcntl(p, F_GETFD));
	P(S(read, p, buf, 5));
	P(S(write, p, buf, 5));
	P(S(lseek, p, 0, SEEK_SET));
	P(S(fstat, p, &st));
	P(S(fstatfs, p, &sf));
	P(S(fchmod, p, 0600));
	P(S(fchown, p, 0, 0));
	P(S(ftruncate, p, 0));
	P(S(fsync, p));
	P(S(ioctl, p, FIONREAD, buf));
	P(S(fgetxattr, p, "user.a", buf, 20));
	P(S(mmap, 0, 4096, PROT_READ, MAP_PRIVATE, p, 0));
	P(S(flock, p, 1));
	P(S(fcntl, p, F_SETFL, O_NONBLOCK));
	P(S(fcntl, p, F_GETLK, buf));
	P(S(dup3, p, p, 0));
	P((dup_ = S(fcntl, p, F_DUPFD, 20)));
	close(dup_);
	P(S(fallocate, p, 0, 0, 10));
	P(S(poll, &(struct pollfd){ p, POLLIN, 0 }, 1, 0));
	P(S(fchdir, p));
	P(S(getdents64, p, buf, 20));
	d = open("d", O_PATH);
	OK(close(openat(d, "x", O_RDONLY)));
	P(S(fchdir, d));
	P(S(access, "x", R_OK));
	P(S(chdir, ".."));
	p = open("s", O_PATH | O_NOFOLLOW);
	fstat(p, &st);
	printf("%lo\n", (long)st.st_mode & S_IFMT);
	P(S(open, "s", O_RDONLY | O_NOFOLLOW));
	P(S(open, "missing", O_PATH));
	P(S(open, "f", O_PATH | O_DIRECTORY));
	p = open("f", O_PATH);
	snprintf(buf, 20, "/proc/self/fd/%d", p);
	OK(close(open(buf, O_RDWR)));
	return 0;
}
