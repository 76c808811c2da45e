// SPDX-License-Identifier: GPL-2.0-or-later
// inotify: which events a watch of a file and of its directory tell, in order, with names and cookies.
#include "files.h"
#include <sys/inotify.h>

static int fd, wd_dir, wd_file;

static void drain(const char *what)
{
	char buf[4096] __attribute__((aligned(8)));
	unsigned first = 0;
	long n;

	printf("%s:\n", what);
	while ((n = S(read, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			struct inotify_event *e = (void *)(buf + at);

			if (e->cookie && !first)
				first = e->cookie;
			printf("  %s %08x cookie %s len %u %s\n", e->wd == wd_dir ? "dir" : e->wd == wd_file ? "file" : "?", e->mask,
			       !e->cookie ? "0" : e->cookie == first ? "same" : "other", e->len, e->len ? e->name : "");
			at += sizeof(*e) + e->len;
		}
	}
}

int main(void)
{
	int f;

	mkdir("d", 0755);
	close(file_of("d/f", 3));
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	P((wd_dir = S(inotify_add_watch, fd, "d", IN_ALL_EVENTS)));
	P((wd_file = S(inotify_add_watch, fd, "d/f", IN_ALL_EVENTS)));
	f = open("d/f", O_RDWR);
	drain("open");
	write(f, "x", 1);
	read(f, &(char){ 0 }, 1);
	drain("read and write");
	ftruncate(f, 0);
	fchmod(f, 0600);
	drain("truncate and chmod");
	close(f);
	drain("close");
	rename("d/f", "d/g");
	drain("rename");
	link("d/g", "d/h");
	unlink("d/g");
	drain("link and unlink");
	mkdir("d/sub", 0755);
	rmdir("d/sub");
	symlink("x", "d/sym");
	drain("more");
	rename("d/h", "out");
	drain("out");
	unlink("out");
	drain("gone");
	unlink("d/sym");
	rmdir("d");
	drain("directory gone");
	return 0;
}
