// SPDX-License-Identifier: GPL-2.0-or-later
// Extended attributes: all twelve calls and the newer four, name spaces, sizes, flags.
#include "files.h"
#include <sys/xattr.h>

struct xargs { unsigned long value; unsigned size, flags; };

int main(void)
{
	int fd = file_of("f", 1), path = open("f", O_PATH);
	static char big[70000];
	struct xargs args = { (long)"at", 2, 0 };
	char buf[200], *name = memset(malloc(300), 'n', 300);

	symlink("f", "s");
	P(S(setxattr, "f", "user.a", "one", 3, 0));
	P(S(setxattr, "s", "user.b", "", 0, XATTR_CREATE));
	P(S(fsetxattr, fd, "user.a", "two!", 4, XATTR_REPLACE));
	P(S(setxattr, "f", "user.a", "x", 1, XATTR_CREATE));
	P(S(setxattr, "f", "user.c", "x", 1, XATTR_REPLACE));
	P(S(setxattr, "f", "user.c", "x", 1, 4));
	P(S(lsetxattr, "s", "user.c", "x", 1, 0));
	P(S(lsetxattr, "s", "trusted.c", "x", 1, 0));
	P(S(lgetxattr, "s", "trusted.c", buf, 10));
	P(S(lremovexattr, "s", "trusted.c"));
	P(S(setxattr, "f", "nospace", "x", 1, 0));
	P(S(setxattr, "f", "user.", "x", 1, 0));
	P(S(setxattr, "f", "", "x", 1, 0));
	P(S(setxattr, "f", "security.x", "x", 1, 0));
	P(S(removexattr, "f", "security.x"));
	memcpy(name, "user.", 5);
	P(S(setxattr, "f", name, "x", 1, 0));
	name[255] = 0;
	P(S(setxattr, "f", name, "x", 1, 0));
	P(S(removexattr, "f", name));
	P(S(setxattr, "f", "user.big", big, 65537, 0));
	P(S(setxattr, "f", "user.big", big, 70000, 0));
	P(S(getxattr, "f", "user.a", buf, 0));
	P(S(getxattr, "f", "user.a", buf, 3));
	P(S(getxattr, "f", "user.a", buf, 200));
	P(S(fgetxattr, fd, "user.b", buf, 200));
	P(S(fgetxattr, path, "user.b", buf, 200));
	P(S(getxattr, "f", "user.none", buf, 200));
	P(S(listxattr, "f", buf, 0));
	P(S(listxattr, "f", buf, 5));
	P(S(flistxattr, fd, buf, 200));
	P(S(llistxattr, "s", buf, 200));
	P(syscall(463, AT_FDCWD, "f", 0, "user.at", &args, sizeof(args)));
	args = (struct xargs){ (long)buf, 100, 0 };
	P(syscall(464, AT_FDCWD, "f", 0, "user.at", &args, sizeof(args)));
	P(syscall(464, fd, "", AT_EMPTY_PATH, "user.at", &args, sizeof(args)));
	P(syscall(464, fd, "", AT_EMPTY_PATH, "user.at", &args, 8));
	P(syscall(465, fd, "", AT_EMPTY_PATH, buf, 100) > 0);
	P(syscall(466, AT_FDCWD, "f", 0, "user.at"));
	P(S(fremovexattr, fd, "user.a"));
	P(S(removexattr, "f", "user.a"));
	P(S(setxattr, "/proc/self/comm", "user.a", "x", 1, 0));
	return 0;
}
