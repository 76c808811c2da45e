// SPDX-License-Identifier: GPL-2.0-or-later
// name_to_handle_at and open_by_handle_at.
#include "files.h"

int main(void)
{
	struct { unsigned bytes; int type; unsigned char f[128]; } h = { 128 }, again = { 128 };
	int id, id2, dir = open(".", O_RDONLY), fd;
	struct stat a, b;

	close(file_of("f", 77));
	symlink("f", "s");
	P(S(name_to_handle_at, AT_FDCWD, "f", &h, &id, 0));
	P(S(name_to_handle_at, dir, "s", &again, &id2, AT_SYMLINK_FOLLOW));
	printf("%d %d %d\n", h.bytes == again.bytes, !memcmp(h.f, again.f, h.bytes), id == id2);
	again.bytes = 0;
	P(S(name_to_handle_at, AT_FDCWD, "f", &again, &id, 0));
	printf("%d\n", again.bytes == h.bytes);
	again.bytes = 129;
	P(S(name_to_handle_at, AT_FDCWD, "f", &again, &id, 0));
	again.bytes = 128;
	P(S(name_to_handle_at, AT_FDCWD, "f", &again, &id, 0x10000));
	P(S(name_to_handle_at, AT_FDCWD, "", &again, &id, 0));
	P(S(name_to_handle_at, dir, "", &again, &id, AT_EMPTY_PATH));
	P((fd = S(open_by_handle_at, dir, &h, O_RDONLY)) >= 0);
	fstat(fd, &a);
	stat("f", &b);
	printf("%d\n", a.st_ino == b.st_ino);
	h.f[0] ^= 0x55;
	h.f[5] ^= 0x55;
	P(S(open_by_handle_at, dir, &h, O_RDONLY));
	h.bytes = 0;
	P(S(open_by_handle_at, dir, &h, O_RDONLY));
	h.bytes = 200;
	P(S(open_by_handle_at, dir, &h, O_RDONLY));
	P(S(open_by_handle_at, 99, &again, O_RDONLY));
	setuid(5);
	P(S(open_by_handle_at, dir, &again, O_RDONLY));
	return 0;
}
