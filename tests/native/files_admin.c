// SPDX-License-Identifier: GPL-2.0-or-later
// Calls of administrators and rare ones: their errors; message queues; handles; what is absent.
#include "files.h"
#include <mqueue.h>
#include <time.h>

static void mounts(void)
{
	char *p = pages();

	P(S(mount, "none", "none", "nonesuch", 0, NULL));
	P(S(mount, "none", ".", "nonesuch", 0, NULL));
	P(S(mount, NOWHERE, ".", "tmpfs", 0, NULL));
	P(S(mount, "none", NOWHERE, "tmpfs", 0, NULL));
	P(S(mount, "none", ".", NOWHERE, 0, NULL));
	P(S(mount, "none", "missing", NULL, 0, p + 8190));
	P(S(umount2, "none", 0));
	P(S(umount2, ".", 0x100));
	P(S(umount2, NOWHERE, 0));
	P(S(pivot_root, "none", "none"));
	P(S(chroot, "none"));
	P(S(swapon, "none", 0));
	P(S(swapoff, "none"));
	P(S(swapon, NOWHERE, 0));
	P(S(acct, "none"));
	P(S(fsopen, "nonesuch", 0));
	P(S(fsopen, "tmpfs", 99));
	P(S(fsopen, NOWHERE, 0));
	P(S(fsconfig, 99, 1, "a", "b", 0));
	P(S(fsconfig, 0, 1, "a", "b", 0));
	P(S(fsconfig, 0, 99, "a", "b", 0));
	P(S(fsmount, 99, 0, 0));
	P(S(fspick, AT_FDCWD, "none", 0));
	P(S(open_tree, AT_FDCWD, "none", 0));
	P(S(open_tree, AT_FDCWD, ".", 0x100000));
	P(S(move_mount, AT_FDCWD, "none", AT_FDCWD, "none", 0));
	P(S(mount_setattr, AT_FDCWD, "none", 0, p, 32));
	P(S(mount_setattr, AT_FDCWD, "none", 0, p, 8));
	P(S(quotactl, 0x80000600, "none", 0, p));
	P(S(quotactl, 0x80000700, "none", 0, p));
	P(S(quotactl, -1, "none", 0, p));
	P(S(quotactl, 0x80000100, NULL, 0, NULL));
}

static void handles(void)
{
	struct { unsigned bytes; int type; unsigned char data[128]; } h = { 128 };
	int id, fd;

	close(creat("h", 0600));
	P(S(name_to_handle_at, AT_FDCWD, "h", &h, &id, 0));
	P((fd = S(open_by_handle_at, AT_FDCWD, &h, O_RDONLY)) >= 0 || errno == EPERM);
	close(fd);
	h.bytes = 0;
	P(S(name_to_handle_at, AT_FDCWD, "h", &h, &id, 0));
	printf("%u\n", h.bytes);
	h.bytes = 1000;
	P(S(name_to_handle_at, AT_FDCWD, "h", &h, &id, 0));
	P(S(name_to_handle_at, AT_FDCWD, "h", NOWHERE, &id, 0));
	P(S(name_to_handle_at, AT_FDCWD, "none", &h, &id, 0));
	P(S(name_to_handle_at, AT_FDCWD, "h", &h, &id, 0x8000));
	P(S(open_by_handle_at, 99, &h, O_RDONLY));
	P(S(open_by_handle_at, AT_FDCWD, NOWHERE, O_RDONLY));
}

static void queues(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 }, got;
	struct timespec past = { 1, 0 }, bad = { 1, -1 };
	char name[32], buf[100], *p = pages();
	unsigned prio = 0;
	int q;

	/* Queue names are the machine's, so they must not collide with another run. */
	sprintf(name, "ulk-test-%d", getpid());
	P((q = S(mq_open, name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attr)) >= 0);
	P(S(mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
	P(S(mq_open, "none-such", O_RDWR, 0, NULL));
	P(S(mq_open, NOWHERE, O_RDWR, 0, NULL));
	P(S(mq_open, "a/b", O_RDWR | O_CREAT, 0600, NULL));
	P(S(mq_timedsend, q, "low", 3, 1, NULL));
	P(S(mq_timedsend, q, "high", 4, 9, NULL));
	P(S(mq_timedsend, q, buf, 65, 9, NULL));
	P(S(mq_timedsend, q, NOWHERE, 5, 9, NULL));
	P(S(mq_timedsend, q, "x", 1, 1 << 20, NULL));
	P(S(mq_timedsend, q, "x", 1, 1, &bad));
	P(S(mq_timedsend, 99, "x", 1, 1, NULL));
	P(S(mq_getsetattr, q, NULL, &got));
	printf("%ld %ld %ld %lx\n", got.mq_maxmsg, got.mq_msgsize, got.mq_curmsgs, got.mq_flags);
	P(S(mq_timedreceive, q, buf, 10, &prio, NULL));
	P(S(mq_timedreceive, q, buf, 100, &prio, NULL));
	printf("%.4s %u\n", buf, prio);
	P(S(mq_timedreceive, q, p + 4094, 64, NULL, NULL));
	printf("%.3s\n", p + 4094);
	P(S(mq_timedreceive, q, buf, 100, &prio, NULL));
	got.mq_flags = 0;
	P(S(mq_getsetattr, q, &got, &attr));
	P(S(mq_timedreceive, q, buf, 100, &prio, &past));
	P(S(mq_notify, q, NULL));
	P(S(mq_notify, 99, NULL));
	P(S(mq_unlink, name));
	P(S(mq_unlink, name));
	P(S(mq_unlink, NOWHERE));
	close(q);
}

int main(void)
{
	close_range(3, ~0U, 0);
	mounts();
	handles();
	queues();
	return 0;
}
