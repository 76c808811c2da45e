// SPDX-License-Identifier: GPL-2.0-or-later
// The *at calls: relative to a directory, to what is none, beside an absolute path that makes it unimportant.
#include "files.h"

static void with(const char *what, int dir)
{
	char buf[50] = "";
	struct stat st;

	printf("-- %s\n", what);
	P(S(mkdirat, dir, "d", 0755));
	OK(close(openat(dir, "f", O_CREAT | O_RDWR, 0600)));
	P(S(linkat, dir, "f", dir, "g", 0));
	P(S(symlinkat, "f", dir, "s"));
	P(S(readlinkat, dir, "s", buf, 50));
	puts(buf);
	P(S(newfstatat, dir, "s", &st, AT_SYMLINK_NOFOLLOW));
	P(S(fchmodat, dir, "f", 0640));
	P(S(fchownat, dir, "s", 0, 0, AT_SYMLINK_NOFOLLOW));
	P(S(fchownat, dir, "s", 0, 0, 0x4000000));
	P(S(faccessat, dir, "s", W_OK));
	P(S(faccessat2, dir, "s", W_OK, AT_SYMLINK_NOFOLLOW | AT_EACCESS));
	P(S(faccessat2, dir, "s", 8, 0));
	P(S(faccessat2, dir, "s", 0, 0x8000));
	P(S(renameat, dir, "g", dir, "h"));
	P(S(mknodat, dir, "p", S_IFIFO | 0600, 0));
	P(S(mkdirat, dir, "f", 0755));
	P(S(unlinkat, dir, "d", 0));
	P(S(unlinkat, dir, "f", AT_REMOVEDIR));
	P(S(unlinkat, dir, "f", 1));
	P(S(unlinkat, dir, "d", AT_REMOVEDIR));
	for (const char *c = "fhsp"; *c; c++)
		P(S(unlinkat, dir, ((char[]){ *c, 0 }), 0));
	P(S(unlinkat, dir, "", 0));
	P(S(openat, dir, "", O_RDONLY));
}

int main(void)
{
	char abs[PATH_MAX + 10];
	int dir, file = file_of("file", 10), path;

	umask(022);
	mkdir("sub", 0755);
	dir = open("sub", O_RDONLY | O_DIRECTORY);
	path = open("sub", O_PATH);
	with("directory", dir);
	with("path", path);
	with("here", AT_FDCWD);
	with("file", file);
	with("closed", 77);
	with("negative", -5);
	getcwd(abs, PATH_MAX);
	strcat(abs, "/x");
	P(S(mkdirat, 77, abs, 0755));
	P(S(newfstatat, -9, abs, &(struct stat){ 0 }, 0));
	P(S(unlinkat, file, abs, AT_REMOVEDIR));
	return 0;
}
