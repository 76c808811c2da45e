// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/self/exe is the program, however it is reached: by name, relative to a directory, behind symlinks.
#include "files.h"

static struct stat self;

static void by(const char *path)
{
	struct statx sx;
	struct stat st;
	char buf[300];
	int fd;

	printf("%s:", path);
	printf(" stat %d", S(stat, path, &st) ? errno : st.st_ino == self.st_ino && st.st_size == self.st_size);
	printf(" newfstatat %d", S(newfstatat, AT_FDCWD, path, &st, 0) ? errno : st.st_ino == self.st_ino);
	printf(" statx %d", S(statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, &sx) ? errno : sx.stx_ino == self.st_ino);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	printf(" open %d", fd < 0 || fstat(fd, &st) ? errno : st.st_ino == self.st_ino);
	printf(" cloexec %d read %d", fcntl(fd, F_GETFD), read(fd, buf, 4) == 4 && !memcmp(buf, "\177ELF", 4));
	close(fd);
	fd = open(path, O_PATH);
	printf(" path %d\n", fd < 0 || fstat(fd, &st) ? errno : st.st_ino == self.st_ino);
	close(fd);
}

int main(void)
{
	int dir;

	stat("/proc/self/exe", &self);
	symlink("/proc/self/exe", "me");
	symlink("me", "me2");
	symlink("/proc/self", "proc");
	by("/proc/self/exe");
	by("/proc/thread-self/exe");
	by("me");
	by("me2");
	by("proc/exe");
	by("proc/task/../exe");
	by("./proc/../self/exe");
	dir = open("/proc/self", O_PATH);
	struct stat st;

	printf("%d\n", S(newfstatat, dir, "exe", &st, 0) ? errno : st.st_ino == self.st_ino);
	chdir("/proc/self");
	by("exe");
	by("./exe");
	return 0;
}
