// SPDX-License-Identifier: GPL-2.0-or-later
// inotify: flags of watches, small buffers, coalescing, FIONREAD, errors.
#include "files.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

int main(void)
{
	char buf[400] __attribute__((aligned(8)));
	int fd = inotify_init1(IN_NONBLOCK), n, wd, f = file_of("f", 1);
	struct pollfd pf = { fd, POLLIN, 0 };

	mkdir("d", 0755);
	symlink("f", "s");
	P(S(inotify_init1, 1));
	P(S(inotify_add_watch, fd, "f", 0));
	P(S(inotify_add_watch, fd, "f", IN_ONLYDIR | IN_MODIFY));
	P(S(inotify_add_watch, fd, "missing", IN_MODIFY));
	P(S(inotify_add_watch, f, "f", IN_MODIFY));
	P(S(inotify_add_watch, 99, "f", IN_MODIFY));
	P((wd = S(inotify_add_watch, fd, "f", IN_MODIFY)));
	P(S(inotify_add_watch, fd, "s", IN_ATTRIB));
	P(S(inotify_add_watch, fd, "s", IN_MODIFY | IN_MASK_ADD));
	P(S(inotify_add_watch, fd, "f", IN_MODIFY | IN_MASK_CREATE));
	P(S(inotify_add_watch, fd, "f", IN_MODIFY | IN_MASK_CREATE | IN_MASK_ADD));
	P(S(inotify_add_watch, fd, "s", IN_MODIFY | IN_DONT_FOLLOW));
	P(S(read, fd, buf, sizeof(buf)));
	P(poll(&pf, 1, 0));
	for (int i = 0; i < 5; i++)
		write(f, "x", 1);
	P(ioctl(fd, FIONREAD, &n));
	printf("%d\n", n);
	fchmod(f, 0600);
	write(f, "x", 1);
	P(ioctl(fd, FIONREAD, &n));
	printf("%d\n", n);
	P(poll(&pf, 1, 0));
	P(S(read, fd, buf, 15));
	P(S(read, fd, buf, 16));
	P(S(read, fd, buf, sizeof(buf)));
	P(S(write, fd, buf, 16));
	P(S(inotify_rm_watch, fd, wd));
	P(S(inotify_rm_watch, fd, wd));
	P(S(inotify_rm_watch, f, 1));
	P(S(read, fd, buf, sizeof(buf)));
	printf("%x\n", ((struct inotify_event *)buf)->mask);
	P(S(inotify_add_watch, fd, "f", IN_MODIFY | IN_ONESHOT));
	write(f, "x", 1);
	write(f, "x", 1);
	P(S(read, fd, buf, sizeof(buf)));
	printf("%x %x\n", ((struct inotify_event *)buf)->mask, ((struct inotify_event *)buf)[1].mask);
	P(S(inotify_add_watch, fd, "d", IN_CREATE | IN_EXCL_UNLINK));
	close(file_of("d/a-long-name-for-a-file", 1));
	P(S(read, fd, buf, 20));
	P(S(read, fd, buf, sizeof(buf)));
	return 0;
}
