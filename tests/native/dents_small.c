// SPDX-License-Identifier: GPL-2.0-or-later
// getdents, getdents64: buffers of every size down to too small, positions, removed directories.
#include "files.h"
#include <dirent.h>

struct d64 { unsigned long ino; long off; unsigned short len; unsigned char type; char name[]; };
struct d32 { unsigned long ino; unsigned long off; unsigned short len; char name[]; };

static int cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void all(size_t room)
{
	char buf[4096], names[64][64];
	int fd = open("d", O_RDONLY | O_DIRECTORY), n = 0, err = 0;
	long got;

	while ((got = S(getdents64, fd, buf, room)) > 0) {
		for (long at = 0; at < got;) {
			struct d64 *d = (void *)(buf + at);

			snprintf(names[n++], 64, "%s %d %d", d->name, d->type, d->len);
			at += d->len;
		}
	}
	if (got < 0)
		err = errno;
	qsort(names, n, 64, cmp);
	printf("room %zu: %d names, %s\n", room, n, err ? strerrorname_np(err) : "end");
	for (int i = 0; i < n; i++)
		printf("  %s\n", names[i]);
	close(fd);
}

int main(void)
{
	char buf[4096];
	int fd;

	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	close(file_of("d/a", 1));
	close(file_of("d/a-name-of-some-length", 1));
	symlink("x", "d/link");
	mknod("d/fifo", S_IFIFO | 0600, 0);
	all(4096);
	all(64);
	all(48);
	all(32);
	all(24);
	all(23);
	all(0);
	fd = open("d", O_RDONLY);
	P(S(getdents, fd, buf, 4096) > 0);
	P(S(getdents, fd, buf, 4096));
	lseek(fd, 0, SEEK_SET);
	P(S(getdents, fd, buf, 16));
	P(S(getdents64, fd, buf, -1) > 0);
	P(S(getdents64, file_of("f", 1), buf, 4096));
	P(S(getdents64, 99, buf, 4096));
	P(S(getdents64, open("d", O_PATH), buf, 4096));
	mkdir("gone", 0755);
	fd = open("gone", O_RDONLY);
	rmdir("gone");
	P(S(getdents64, fd, buf, 4096));
	P(S(openat, fd, "x", O_CREAT | O_RDWR, 0600));
	return 0;
}
