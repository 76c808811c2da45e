// SPDX-License-Identifier: GPL-2.0-or-later
// memfd_create: flags, names, seals, what the file is.
#include "files.h"
#include <sys/vfs.h>

int main(void)
{
	char name[300], path[64], got[300];
	struct statfs sf;
	struct stat st;
	int fd, n;

	memset(name, 'm', 300);
	name[249] = 0;
	OK(S(memfd_create, name, 0));
	name[249] = 'm';
	name[250] = 0;
	P(S(memfd_create, name, 0));
	P(S(memfd_create, "x", 0x20));
	P(S(memfd_create, "x", 0x18));
	P(S(memfd_create, "x", MFD_HUGETLB | (63u << 26)));
	fd = S(memfd_create, "hello", MFD_CLOEXEC);
	P(fcntl(fd, F_GETFD));
	P(fcntl(fd, F_GETFL) & ~O_LARGEFILE);
	P(fcntl(fd, F_GET_SEALS));
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	fd = S(memfd_create, "hello", MFD_ALLOW_SEALING);
	P(fcntl(fd, F_GET_SEALS));
	fstat(fd, &st);
	printf("%lo %ld %ld\n", (long)st.st_mode, (long)st.st_size, (long)st.st_nlink);
	fstatfs(fd, &sf);
	printf("%lx\n", (long)sf.f_type);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, got, sizeof(got));
	printf("%.*s\n", n, got);
	P(S(ftruncate, fd, 10000));
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	P(S(ftruncate, fd, 100));
	P(S(ftruncate, fd, 20000));
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE));
	P(S(ftruncate, fd, 30000));
	P(S(write, fd, "x", 1));
	P(S(fallocate, fd, 0, 0, 100000));
	P(S(fallocate, fd, 3, 0, 4096));
	P(fcntl(fd, F_ADD_SEALS, 0x80));
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	P(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	P(fcntl(fd, F_GET_SEALS));
	P(S(open, path, O_RDWR) >= 0);
	fd = S(memfd_create, "x", 0x8 /* MFD_NOEXEC_SEAL */);
	P(fcntl(fd, F_GET_SEALS));
	P(S(fchmod, fd, 0777));
	P(S(fchmod, fd, 0644));
	return 0;
}
