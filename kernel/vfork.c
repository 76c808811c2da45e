// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/vfork.h"

/* What travels back: a page the child stored to, before and after. */
struct vfork_page {
	u64 addr;
	u8 old[PAGE_SIZE], new[PAGE_SIZE];
};

int vfork_begin(struct task_struct *t, struct vfork *v)
{
	int raw[2];
	s64 ret = HOST(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw);

	if (ret < 0)
		return (int)ret;
	for (int i = 0; i < 2; i++) {
		v->ends[i] = (int)HOST(SYS_fcntl, raw[i], F_DUPFD_CLOEXEC, t->ulk->fd_floor);
		HOST(SYS_close, raw[i]);
	}
	if (v->ends[0] < 0 || v->ends[1] < 0) {
		ret = v->ends[0] < 0 ? v->ends[0] : v->ends[1];
		vfork_cancel(v);
		return (int)ret;
	}
	return 0;
}

void vfork_cancel(struct vfork *v)
{
	for (int i = 0; i < 2; i++) {
		if (v->ends[i] >= 0)
			HOST(SYS_close, v->ends[i]);
	}
}

void vfork_child(struct task_struct *t, const struct vfork *v)
{
	HOST(SYS_close, v->ends[0]);
	t->vfork_fd = v->ends[1];
}

static bool send_all(int fd, const void *buf, size_t n)
{
	const u8 *p = buf;

	while (n) {
		s64 done = HOST(SYS_sendto, fd, p, n, MSG_NOSIGNAL, NULL, 0);

		if (done == -EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

void vfork_done(struct task_struct *t)
{
	struct vfork_page page;

	if (!t->vfork_fd)
		return;
	while (t->mm && mm_vfork_written(t->mm, &page.addr, page.old, page.new)) {
		if (!send_all(t->vfork_fd, &page, sizeof(page)))
			break;
	}
	vfork_forget(t);
}

void vfork_forget(struct task_struct *t)
{
	if (!t->vfork_fd)
		return;
	if (t->mm)
		mm_vfork_end(t->mm);
	HOST(SYS_close, t->vfork_fd);
	t->vfork_fd = 0;
}

static bool receive_all(int fd, void *buf, size_t n)
{
	u8 *p = buf;

	while (n) {
		s64 done = HOST(SYS_read, fd, p, n);

		if (done == -EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* Only the bytes that changed: the parent's other threads have gone on and may have stored beside them. */
static void apply(struct task_struct *t, struct vfork_page *page)
{
	for (size_t i = 0, end; i < PAGE_SIZE; i = end) {
		end = i + 1;
		if (page->old[i] == page->new[i])
			continue;
		while (end < PAGE_SIZE && page->old[end] != page->new[end])
			end++;
		access_remote_vm(t->mm, page->addr + i, page->new + i, end - i, true);
	}
}

void vfork_wait(struct task_struct *t, struct vfork *v)
{
	struct vfork_page page;
	u64 mask = t->blocked;

	/* Only what kills or stops the parent may come through. */
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		if (t->signal->action[sig].handler > ULK_SIG_IGN)
			mask |= sigbit(sig);
	}
	HOST(SYS_close, v->ends[1]);
	host_mask_set(mask);
	cpu_release(t);
	while (receive_all(v->ends[0], &page, sizeof(page))) {
		cpu_acquire(t);
		apply(t, &page);
		cpu_release(t);
	}
	cpu_acquire(t);
	HOST(SYS_close, v->ends[0]);
}
