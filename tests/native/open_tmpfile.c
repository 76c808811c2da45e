// SPDX-License-Identifier: GPL-2.0-or-later
// O_TMPFILE: a file without a name, which may be given one.
#include "files.h"

int main(void)
{
	char path[64], buf[8] = "";
	struct stat st;
	int fd, ex;

	P(S(open, ".", O_TMPFILE | O_RDONLY, 0600));
	P(S(open, "missing", O_TMPFILE | O_RDWR, 0600));
	close(file_of("plain", 3));
	P(S(open, "plain", O_TMPFILE | O_RDWR, 0600));
	P((fd = S(open, ".", O_TMPFILE | O_RDWR, 0640)) >= 0);
	P(S(write, fd, "hello", 5));
	fstat(fd, &st);
	printf("%lo %ld links %ld\n", (long)st.st_mode, (long)st.st_nlink, (long)st.st_size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	P(S(linkat, AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	fstat(fd, &st);
	printf("%ld\n", (long)st.st_nlink);
	ex = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ex);
	P(S(linkat, AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW));
	P(S(linkat, ex, "", AT_FDCWD, "never", AT_EMPTY_PATH));
	P(S(pread64, fd, buf, 8, 0));
	puts(buf);
	return 0;
}
