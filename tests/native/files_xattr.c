// SPDX-License-Identifier: GPL-2.0-or-later
// Extended attributes, by path, link and descriptor.
#include "files.h"
#include <sys/xattr.h>

static char big[70000];

int main(void)
{
	int fd = file_of("f", 10);
	char buf[1000], *p = pages();
	static char name[300] = "user.";

	symlink("f", "l");
	P(S(setxattr, "f", "user.a", "value", 5, 0));
	P(S(setxattr, "f", "user.a", "value", 5, XATTR_CREATE));
	P(S(setxattr, "f", "user.b", "value", 5, XATTR_REPLACE));
	P(S(setxattr, "f", "user.b", "", 0, 0));
	P(S(setxattr, "f", "user.c", NULL, 0, 0));
	P(S(setxattr, "f", "user.d", NOWHERE, 5, 0));
	P(S(setxattr, "f", "user.d", "v", 1, 99));
	P(S(setxattr, "f", "", "v", 1, 0));
	P(S(setxattr, "f", NOWHERE, "v", 1, 0));
	P(S(setxattr, "f", "nonsense", "v", 1, 0));
	P(S(setxattr, "f", "user.big", big, 65537, 0));
	P(S(setxattr, "f", "user.big", big, 2000, 0));
	P(S(setxattr, "none", "user.a", "v", 1, 0));
	memset(name + 5, 'n', 250);
	P(S(setxattr, "f", name, "v", 1, 0));
	name[255] = 'n';
	P(S(setxattr, "f", name, "v", 1, 0));
	P(S(lsetxattr, "l", "user.l", "v", 1, 0));
	P(S(fsetxattr, fd, "user.fd", "v2", 2, 0));
	P(S(fsetxattr, 99, "user.fd", "v2", 2, 0));
	P(S(getxattr, "l", "user.a", buf, sizeof(buf)));
	printf("%.5s\n", buf);
	P(S(getxattr, "l", "user.a", buf, 0));
	P(S(getxattr, "l", "user.a", NULL, 0));
	P(S(getxattr, "l", "user.a", buf, 3));
	P(S(getxattr, "l", "user.a", NOWHERE, 10));
	P(S(getxattr, "l", "user.a", p + 8192 - 3, 100));
	P(S(getxattr, "l", "user.a", p + 4096 - 3, 100));
	printf("%.5s\n", p + 4096 - 3);
	P(S(getxattr, "l", "user.none", buf, 100));
	P(S(getxattr, "l", "user.big", big, sizeof(big)));
	P(S(lgetxattr, "l", "user.a", buf, 100));
	P(S(fgetxattr, fd, "user.fd", buf, 100));
	P(S(fgetxattr, 99, "user.fd", buf, 100));
	P(S(listxattr, "f", buf, sizeof(buf)));
	P(S(listxattr, "f", buf, 0));
	P(S(listxattr, "f", buf, 5));
	P(S(listxattr, "f", NOWHERE, 500));
	P(S(llistxattr, "l", buf, 500));
	P(S(flistxattr, fd, big, 70000));
	P(S(removexattr, "f", "user.a"));
	P(S(removexattr, "f", "user.a"));
	P(S(lremovexattr, "l", "user.a"));
	P(S(fremovexattr, fd, "user.fd"));
	P(S(fremovexattr, fd, NOWHERE));

	struct { uint64_t value; uint32_t size, flags; uint64_t more; } a = { (uint64_t)"at", 2, 0, 0 };

	P(syscall(463, AT_FDCWD, "f", 0, "user.at", &a, 16));
	P(syscall(463, AT_FDCWD, "f", 0, "user.at", &a, 15));
	P(syscall(463, AT_FDCWD, "f", 0, "user.at", &a, 24));
	a.more = 1;
	P(syscall(463, AT_FDCWD, "f", 0, "user.at", &a, 24));
	P(syscall(463, AT_FDCWD, "f", 0x80, "user.at", &a, 16));
	P(syscall(463, fd, "", AT_EMPTY_PATH, "user.at2", &a, 16));
	a.value = (uint64_t)buf;
	a.size = 100;
	P(syscall(464, AT_FDCWD, "f", 0, "user.at", &a, 16));
	printf("%.2s\n", buf);
	P(syscall(464, AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, "user.at", &a, 16));
	P(syscall(465, AT_FDCWD, "f", 0, buf, 1000));
	P(syscall(465, AT_FDCWD, "f", 0, NOWHERE, 1000));
	P(syscall(466, AT_FDCWD, "f", 0, "user.at"));
	P(syscall(466, AT_FDCWD, "f", 0, "user.at"));
	return 0;
}
