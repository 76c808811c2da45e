// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "kernel/errand.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/vfork.h"

/* What travels back: a page the child stored to, before and after. */
struct vfork_page {
	u64 addr;
	u8 old[PAGE_SIZE], new[PAGE_SIZE];
};

int vfork_begin(struct task_struct *t, int *child_end)
{
	struct own_fds *own = &t->ulk->phys->own;
	int raw[2], err;
	s64 ret = HOST(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw);

	*child_end = -1;
	if (ret < 0)
		return (int)ret;
	err = own_fd_dup(own, raw[0], &t->vfork_wait_fd);
	if (!err)
		err = own_fd_dup(own, raw[1], child_end);
	HOST(SYS_close, raw[0]);
	HOST(SYS_close, raw[1]);
	if (err)
		vfork_cancel(t, child_end);
	return err;
}

void vfork_cancel(struct task_struct *t, int *child_end)
{
	own_fd_close(&t->ulk->phys->own, &t->vfork_wait_fd);
	own_fd_close(&t->ulk->phys->own, child_end);
}

void vfork_child(struct task_struct *t, int *child_end)
{
	own_fd_close(&t->ulk->phys->own, &t->vfork_wait_fd);
	own_fd_rename(&t->ulk->phys->own, child_end, &t->vfork_fd);
}

static bool send_all(struct task_struct *t, int fd, const void *buf, size_t n)
{
	struct pollfd room = {fd, POLLOUT, 0};
	const u8 *p = buf;

	while (n) {
		if (t->ulk->det)
			det_await_fds(t, &room, 1);
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

void vfork_tell(struct task_struct *t)
{
	struct vfork_page page;

	if (t->vfork_fd < 0)
		return;
	while (t->mm && mm_vfork_written(t->mm, &page.addr, page.old, page.new)) {
		if (!send_all(t, t->vfork_fd, &page, sizeof(page)))
			break;
	}
}

void vfork_done(struct task_struct *t)
{
	vfork_tell(t);
	vfork_forget(t);
}

void vfork_forget(struct task_struct *t)
{
	if (t->vfork_fd < 0)
		return;
	if (t->mm)
		mm_vfork_end(t->mm);
	own_fd_close(&t->ulk->phys->own, &t->vfork_fd);
}

/* The parent need not wait any longer: its process ends. */
static bool killed(const struct task_struct *t)
{
	return t->signal->exiting || (t->async_pending && sig_fatal(t->signal, t->async_info.si_signo));
}

/* Wait until there is something to read, or the child is no more. The flags to receive with. */
static u64 await_child(struct task_struct *t)
{
	struct pollfd fds[2] = {{.fd = t->vfork_wait_fd, .events = POLLIN}, {.fd = t->vfork_pidfd, .events = POLLIN}};
	const u64 args[6] = {(u64)(uintptr_t)fds, 2};
	s64 ret;

	if (t->ulk->det)
		return det_await_fds(t, fds, t->vfork_pidfd < 0 ? 1 : 2) ? MSG_DONTWAIT : 0;
	if (t->vfork_pidfd < 0)
		return 0;
	do
		ret = ulk_blocking_syscall(&t->sigpending, SYS_ppoll, args);
	while (ret == -EINTR);
	/* An interruption is for the call that reads to find. */
	return ret > 0 ? MSG_DONTWAIT : 0;
}

static bool receive_all(struct task_struct *t, void *buf, size_t n)
{
	u8 *p = buf;

	while (n) {
		const u64 flags = await_child(t);
		const u64 args[6] = {(u64)__atomic_load_n(&t->vfork_wait_fd, __ATOMIC_RELAXED), (u64)(uintptr_t)p, n,
				     flags};
		s64 done = ulk_blocking_syscall(&t->sigpending, SYS_recvfrom, args);

		if ((done == -ERESTARTSYS || done == -ERESTARTNOINTR) && !killed(t)) {
			/* Whatever it was waits till later. */
			__atomic_store_n(&t->sigpending, 0, __ATOMIC_RELEASE);
			t->must_notify = true;
			cpu_acquire(t);
			errand_serve(t);
			cpu_release(t);
			continue;
		}
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

static void open_pidfd(struct task_struct *t, int pid)
{
	s64 fd = HOST(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return;
	own_fd_dup(&t->ulk->phys->own, (int)fd, &t->vfork_pidfd);
	HOST(SYS_close, fd);
}

void vfork_wait(struct task_struct *t, int *child_end, int pid)
{
	struct vfork_page page;
	u64 mask = t->blocked;

	/* Only what kills or stops the parent may come through. */
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		if (t->signal->action[sig].handler > ULK_SIG_IGN)
			mask |= sigbit(sig);
	}
	own_fd_close(&t->ulk->phys->own, child_end);
	if (pid)
		open_pidfd(t, pid);
	host_mask_set(mask);
	/* In turns with the child, where there are turns. */
	if (!t->ulk->det)
		cpu_release(t);
	while (receive_all(t, &page, sizeof(page))) {
		cpu_acquire(t);
		apply(t, &page);
		if (!t->ulk->det)
			cpu_release(t);
	}
	cpu_acquire(t);
	own_fd_close(&t->ulk->phys->own, &t->vfork_wait_fd);
	own_fd_close(&t->ulk->phys->own, &t->vfork_pidfd);
}
