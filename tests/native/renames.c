// SPDX-License-Identifier: GPL-2.0-or-later
// rename in all forms: replacing, exchanging, not replacing, directories.
#include "files.h"

static void tree(void)
{
	static const char *const names[] = { "d/sub/x", "d/sub", "d/x", "d/e", "e/sub", "d", "e/d", "e", "f/sub", "f", "g", "s", "x/sub", "x" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (unlink(names[i]))
			rmdir(names[i]);
	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	mkdir("e", 0755);
	close(file_of("f", 3));
	close(file_of("g", 5));
	symlink("f", "s");
}
#define T(expr) (tree(), P(expr))

int main(void)
{
	struct stat st;

	tree();
	P(S(rename, "f", "g"));
	stat("g", &st);
	printf("%ld\n", (long)st.st_size);
	P(S(rename, "f", "g"));
	T(S(rename, "f", "f"));
	T(S(rename, "f", "d"));
	T(S(rename, "d", "f"));
	T(S(rename, "d", "e"));
	T(S(rename, "e", "d"));
	T(S(rename, "d", "d/sub/x"));
	T(S(rename, "d/sub", "d"));
	T(S(rename, "d/.", "x"));
	T(S(rename, "d/..", "x"));
	T(S(rename, "f/", "x"));
	T(S(rename, "d/", "x/"));
	T(S(rename, "s", "g"));
	P(S(lstat, "g", &st));
	printf("%lo\n", (long)st.st_mode & S_IFMT);
	T(S(rename, "", "x"));
	T(S(rename, "f", ""));
	T(S(renameat2, AT_FDCWD, "f", AT_FDCWD, "g", 1));
	T(S(renameat2, AT_FDCWD, "f", AT_FDCWD, "x", 1));
	P(S(unlink, "x"));
	T(S(renameat2, AT_FDCWD, "f", AT_FDCWD, "d", 2));
	P(S(rmdir, "f"));
	P(S(unlink, "d"));
	T(S(renameat2, AT_FDCWD, "f", AT_FDCWD, "x", 2));
	T(S(renameat2, AT_FDCWD, "d", AT_FDCWD, "d/sub", 2));
	T(S(renameat2, AT_FDCWD, "f", AT_FDCWD, "x", 3));
	T(S(renameat2, AT_FDCWD, "f", AT_FDCWD, "x", 8));
	T(S(renameat2, AT_FDCWD, "f", AT_FDCWD, "x", 5));
	return 0;
}
