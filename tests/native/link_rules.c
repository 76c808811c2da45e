// SPDX-License-Identifier: GPL-2.0-or-later
// Links and paths: loops, dangling ones, trailing slashes, long names, what follows and what does not.
#include "files.h"

int main(void)
{
	char name[300], path[PATH_MAX + 100];
	struct stat st;

	close(file_of("f", 1));
	mkdir("d", 0755);
	symlink("a", "b");
	symlink("b", "a");
	symlink("missing", "dangling");
	symlink("d", "sd");
	P(S(open, "a", O_RDONLY));
	P(S(stat, "a", &st));
	P(S(lstat, "a", &st));
	P(S(open, "dangling", O_RDONLY));
	P(S(open, "dangling", O_RDONLY | O_CREAT | O_EXCL, 0600));
	OK(close(S(open, "dangling", O_RDWR | O_CREAT, 0600)));
	P(S(access, "missing", F_OK));
	P(S(stat, "f/", &st));
	P(S(open, "f/", O_RDONLY));
	P(S(open, "new/", O_CREAT | O_RDWR, 0600));
	P(S(stat, "sd/", &st));
	P(S(lstat, "sd/", &st));
	printf("%lo\n", (long)st.st_mode & S_IFMT);
	P(S(unlink, "sd/"));
	P(S(unlink, "d"));
	P(S(rmdir, "sd"));
	P(S(rmdir, "f"));
	P(S(rmdir, "."));
	P(S(rmdir, "d/.."));
	P(S(mkdir, "dangling2/", 0755));
	P(S(symlink, "", "empty"));
	P(S(symlink, "x", ""));
	P(S(link, "d", "hard"));
	P(S(link, "sd", "hard2"));
	lstat("hard2", &st);
	printf("%lo\n", (long)st.st_mode & S_IFMT);
	P(S(linkat, AT_FDCWD, "sd", AT_FDCWD, "hard3", AT_SYMLINK_FOLLOW));
	P(S(link, "f", "f"));
	P(S(readlink, "f", path, 10));
	P(S(readlink, "sd", path, 0));
	P(S(readlink, "sd", path, -1));
	P(S(readlink, "dangling", path, 3));
	memset(name, 'n', 256);
	name[256] = 0;
	P(S(mkdir, name, 0755));
	name[255] = 0;
	P(S(mkdir, name, 0755));
	memset(path, '/', sizeof(path));
	path[PATH_MAX] = 0;
	P(S(stat, path, &st));
	path[PATH_MAX - 1] = 0;
	P(S(stat, path, &st));
	for (int i = 0; i < 45; i++) {
		snprintf(name, 300, "l%d", i);
		snprintf(path, 300, "l%d", i - 1);
		symlink(i ? path : "f", name);
	}
	P(S(stat, "l39", &st));
	P(S(stat, "l40", &st));
	P(S(lstat, "l44", &st));
	return 0;
}
