// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/vfork.h"

struct vfork_page {
	u64 addr;
	u8 bytes[PAGE_SIZE];
};

int vfork_begin(struct task_struct *t, struct vfork *v)
{
	const struct vm_area_struct *vma;
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
	v->start = 0;
	v->end = TASK_SIZE;
	if (t->signal->nr_threads > 1) {
		pthread_rwlock_rdlock(&t->mm->mmap_sem);
		vma = vma_lookup(t->mm, task_regs(t)->rsp);
		v->start = vma ? vma->vm_start : 0;
		v->end = vma ? vma->vm_end : 0;
		pthread_rwlock_unlock(&t->mm->mmap_sem);
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
	t->vfork_start = v->start;
	t->vfork_end = v->end;
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
	u64 from = t->vfork_start, end = t->vfork_end;
	struct vfork_page page;
	s64 addr;

	if (!t->vfork_fd)
		return;
	while (t->mm && from < end) {
		addr = mm_vfork_written(t->mm, from, end, page.bytes);
		if (addr < 0)
			break;
		page.addr = (u64)addr;
		if (!send_all(t->vfork_fd, &page, sizeof(page)))
			break;
		from = page.addr + PAGE_SIZE;
	}
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
		access_remote_vm(t->mm, page.addr, page.bytes, PAGE_SIZE, true);
		cpu_release(t);
	}
	cpu_acquire(t);
	HOST(SYS_close, v->ends[0]);
}
