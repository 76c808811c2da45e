// SPDX-License-Identifier: GPL-2.0-or-later
// fanotify: a group's flags, marks, one event, errors.
#include "files.h"
#include <sys/fanotify.h>

int main(void)
{
	char buf[600] __attribute__((aligned(8)));
	struct fanotify_event_metadata *m = (void *)buf;
	int fd, f, dir = open(".", O_RDONLY);
	long n;

	close(file_of("f", 1));
	P(S(fanotify_init, 0xffffffff, 0));
	P(S(fanotify_init, FAN_CLASS_NOTIF | 4 | 8, 0));
	P(S(fanotify_init, FAN_CLASS_NOTIF, 0x30000000));
	OK(fd = S(fanotify_init, FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY));
	if (fd < 0)
		return 0;
	P(S(fanotify_mark, fd, FAN_MARK_ADD, FAN_OPEN | FAN_CLOSE_NOWRITE, AT_FDCWD, "f"));
	P(S(fanotify_mark, fd, FAN_MARK_ADD | FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "f"));
	P(S(fanotify_mark, fd, FAN_MARK_ADD, 0, AT_FDCWD, "f"));
	P(S(fanotify_mark, fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "missing"));
	P(S(fanotify_mark, fd, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, AT_FDCWD, "f"));
	P(S(fanotify_mark, fd, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "."));
	P(S(fanotify_mark, fd, FAN_MARK_REMOVE, FAN_OPEN, dir, "."));
	P(S(fanotify_mark, fd, 0x800000, FAN_OPEN, dir, "f"));
	P(S(fanotify_mark, dir, FAN_MARK_ADD, FAN_OPEN, dir, "f"));
	P(S(fanotify_mark, 99, FAN_MARK_ADD, FAN_OPEN, dir, "f"));
	P(S(fanotify_mark, fd, FAN_MARK_ADD, FAN_OPEN_PERM, dir, "f"));
	P(S(read, fd, buf, sizeof(buf)));
	f = open("f", O_RDONLY);
	n = S(read, fd, buf, sizeof(buf));
	printf("%ld: len %u vers %d mask %llx fd %d pid %d\n", n, m->event_len, m->vers, (long long)m->mask, m->fd >= 0, m->pid == getpid());
	P(fcntl(m->fd, F_GETFL) & O_ACCMODE);
	close(m->fd);
	close(f);
	n = S(read, fd, buf, 24);
	printf("%ld mask %llx\n", n, (long long)m->mask);
	P(S(read, fd, buf, 10));
	P(S(write, fd, &(struct fanotify_response){ 5, FAN_ALLOW }, 8));
	P(S(fanotify_mark, fd, FAN_MARK_FLUSH, 0, AT_FDCWD, "."));
	P(S(fanotify_mark, fd, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "f"));
	return 0;
}
