// SPDX-License-Identifier: GPL-2.0-or-later
// AT_EMPTY_PATH: calls on the descriptor itself; and a NULL path where it is allowed.
#include "files.h"
#include <linux/stat.h>

int main(void)
{
	int fd = file_of("file", 10), path = open("file", O_PATH), link;
	struct stat st;
	char buf[1000];

	symlink("file", "sym");
	link = open("sym", O_PATH | O_NOFOLLOW);
	P(S(newfstatat, fd, "", &st, AT_EMPTY_PATH));
	printf("%lo %ld\n", (long)st.st_mode, (long)st.st_size);
	P(S(newfstatat, fd, "", &st, 0));
	P(S(newfstatat, fd, NULL, &st, AT_EMPTY_PATH));
	P(S(newfstatat, fd, NULL, &st, 0));
	P(S(newfstatat, link, "", &st, AT_EMPTY_PATH));
	printf("%lo\n", (long)st.st_mode);
	P(S(newfstatat, AT_FDCWD, "", &st, AT_EMPTY_PATH));
	printf("%lo\n", (long)st.st_mode & S_IFMT);
	P(S(statx, fd, "", AT_EMPTY_PATH, STATX_SIZE, buf));
	P(S(statx, fd, NULL, AT_EMPTY_PATH, STATX_SIZE, buf));
	P(S(statx, fd, NULL, 0, STATX_SIZE, buf));
	P(S(fchownat, fd, "", 0, 0, AT_EMPTY_PATH));
	P(S(fchownat, path, "", 0, 0, AT_EMPTY_PATH));
	P(S(fchownat, fd, "", 0, 0, 0));
	P(S(fchownat, 99, "", 0, 0, AT_EMPTY_PATH));
	P(S(faccessat2, path, "", R_OK, AT_EMPTY_PATH));
	P(syscall(452 /* fchmodat2 */, path, "", 0611, AT_EMPTY_PATH));
	stat("file", &st);
	printf("%lo\n", (long)st.st_mode);
	P(syscall(452, AT_FDCWD, "sym", 0600, AT_SYMLINK_NOFOLLOW));
	P(S(linkat, fd, "", AT_FDCWD, "second", AT_EMPTY_PATH));
	P(S(linkat, path, "", AT_FDCWD, "third", AT_EMPTY_PATH));
	P(S(linkat, fd, "", AT_FDCWD, "fourth", 0));
	P(S(linkat, link, "", AT_FDCWD, "fifth", AT_EMPTY_PATH));
	fstat(fd, &st);
	printf("%ld links\n", (long)st.st_nlink);
	P(S(readlinkat, link, "", buf, 100));
	P(S(readlinkat, fd, "", buf, 100));
	P(S(utimensat, fd, NULL, NULL, 0));
	P(S(utimensat, fd, "", NULL, AT_EMPTY_PATH));
	P(S(utimensat, path, NULL, NULL, 0));
	P(S(utimensat, path, "", NULL, AT_EMPTY_PATH));
	P(S(utimensat, AT_FDCWD, NULL, NULL, 0));
	P(S(execveat, fd, "", NULL, NULL, AT_EMPTY_PATH));
	P(S(execveat, fd, "", NULL, NULL, 0));
	P(S(unlinkat, fd, "", AT_EMPTY_PATH));
	return 0;
}
