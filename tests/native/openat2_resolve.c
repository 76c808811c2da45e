// SPDX-License-Identifier: GPL-2.0-or-later
// openat2: the structure's rules and each RESOLVE_ flag.
#include "files.h"
#include <linux/openat2.h>

static int dir;

static void try(const char *path, unsigned long long resolve)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = resolve };
	long fd = S(openat2, dir, path, &how, sizeof(how));

	printf("%-16s %02llx %s\n", path, resolve, fd < 0 ? strerrorname_np(errno) : "ok");
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	static const char *const paths[] = { "f", "sub/f", "../f", "sub/../f", "sub/../../f", "/", "/f", "sym", "abs", "up", "magic", "sub/loop" };
	struct { struct open_how how; unsigned long long more; } big = { .how.flags = O_RDONLY };
	struct open_how how = { .flags = O_RDONLY };

	mkdir("root", 0755);
	mkdir("root/sub", 0755);
	close(file_of("f", 1));
	close(file_of("root/f", 1));
	close(file_of("root/sub/f", 1));
	symlink("sub/f", "root/sym");
	symlink("/sub/f", "root/abs");
	symlink("../f", "root/up");
	symlink("/proc/self/cwd", "root/magic");
	symlink("loop", "root/sub/loop");
	dir = open("root", O_RDONLY | O_DIRECTORY);
	for (unsigned i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		try(paths[i], 0);
		try(paths[i], RESOLVE_BENEATH);
		try(paths[i], RESOLVE_IN_ROOT);
		try(paths[i], RESOLVE_NO_SYMLINKS);
		try(paths[i], RESOLVE_NO_MAGICLINKS);
		try(paths[i], RESOLVE_NO_XDEV);
	}
	try("f", RESOLVE_BENEATH | RESOLVE_IN_ROOT);
	try("f", 0x40);
	try("proc", RESOLVE_IN_ROOT);
	P(S(openat2, dir, "f", &how, 0));
	P(S(openat2, dir, "f", &how, 23));
	P(S(openat2, dir, "f", &how, 1 << 20));
	OK(S(openat2, dir, "f", &big, sizeof(big)));
	big.more = 1;
	OK(S(openat2, dir, "f", &big, sizeof(big)));
	how.mode = 0600;
	P(S(openat2, dir, "f", &how, sizeof(how)));
	how.flags = O_RDWR | O_CREAT;
	how.mode = 010000;
	P(S(openat2, dir, "f", &how, sizeof(how)));
	how.mode = 0;
	how.flags = 1ULL << 33;
	P(S(openat2, dir, "f", &how, sizeof(how)));
	how.flags = O_PATH | O_RDWR;
	P(S(openat2, dir, "f", &how, sizeof(how)));
	how.flags = O_PATH | O_CREAT;
	P(S(openat2, dir, "f", &how, sizeof(how)));
	how.flags = O_TMPFILE | O_RDONLY;
	P(S(openat2, dir, ".", &how, sizeof(how)));
	return 0;
}
