// SPDX-License-Identifier: GPL-2.0-or-later
/* poll and ppoll. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define POLL_STACK 64

/* The guest's pollfds: as it wrote them, and as the host sees them (without ulk's own descriptors). */
struct poll_list {
	u64 addr;
	u32 count;
	struct pollfd *guest, *host;
	struct pollfd fast[2 * POLL_STACK];
};

static int poll_list_get(struct task_struct *t, struct poll_list *l, u64 addr, u64 count)
{
	l->addr = addr;
	l->count = (u32)count;
	l->guest = l->fast;
	if (l->count > t->signal->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EINVAL;
	if (l->count > POLL_STACK) {
		l->guest = calloc(2 * (size_t)l->count, sizeof(struct pollfd));
		if (!l->guest)
			return -ENOMEM;
	}
	l->host = l->guest + l->count;
	if (copy_from_user(t->mm, l->guest, addr, l->count * sizeof(struct pollfd))) {
		if (l->guest != l->fast)
			free(l->guest);
		return -EFAULT;
	}
	for (u32 i = 0; i < l->count; i++) {
		l->host[i] = l->guest[i];
		l->host[i].fd = fd_host(t, (u32)l->guest[i].fd);
	}
	return 0;
}

/* Only revents are the kernel's to write. */
static s64 poll_list_put(struct task_struct *t, struct poll_list *l, s64 ret)
{
	if (!access_ok(l->addr, l->count * sizeof(struct pollfd)))
		ret = -EFAULT;
	for (u32 i = 0; ret >= 0 && i < l->count; i++) {
		u64 at = l->addr + i * sizeof(struct pollfd) + offsetof(struct pollfd, revents);

		if (put_user(t->mm, l->host[i].revents, at))
			ret = -EFAULT;
	}
	if (l->guest != l->fast)
		free(l->guest);
	return ret;
}

/* @timeout NULL: wait for ever; else it holds what remains afterwards. */
static s64 poll_wait(struct task_struct *t, struct poll_list *l, struct timespec *timeout)
{
	s64 ret = HOST_BLOCKING(t, SYS_ppoll, l->host, l->count, timeout, 0, 8);

	if (ret == -ERESTARTSYS) {
		/* Not even begun; but Linux looks at the descriptors before it gives way to the signal. */
		struct timespec now = { 0, 0 };

		ret = HOST(SYS_ppoll, l->host, l->count, &now, 0, 8);
		if (!ret)
			ret = -EINTR;
	}
	return ret;
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static s64 poll_restart(struct task_struct *t);

/* @deadline: CLOCK_MONOTONIC in ns, or ~0 for none. */
static s64 poll_until(struct task_struct *t, u64 addr, u64 count, u64 deadline)
{
	struct poll_list l;
	struct timespec left = { 0, 0 };
	int err = poll_list_get(t, &l, addr, count);
	s64 ret;

	if (err)
		return err;
	if (deadline != ~0UL) {
		u64 now = now_ns();
		u64 ns = deadline > now ? deadline - now : 0;

		left = (struct timespec){ ns / 1000000000, ns % 1000000000 };
	}
	ret = poll_list_put(t, &l, poll_wait(t, &l, deadline == ~0UL ? NULL : &left));
	if (ret == -EINTR) {
		t->restart_fn = poll_restart;
		t->restart_data[0] = addr;
		t->restart_data[1] = count;
		t->restart_data[2] = deadline;
		ret = -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

static s64 poll_restart(struct task_struct *t)
{
	return poll_until(t, t->restart_data[0], t->restart_data[1], t->restart_data[2]);
}

SYSCALL(poll)
{
	s32 ms = (s32)a[2];

	if (ms == 0) {
		/* Cannot wait: no need to give the CPU away. */
		struct poll_list l;
		int err = poll_list_get(t, &l, a[0], a[1]);

		return err ? err : poll_list_put(t, &l, HOST(SYS_poll, l.host, l.count, 0));
	}
	return poll_until(t, a[0], a[1], ms < 0 ? ~0UL : now_ns() + (u64)ms * 1000000);
}

/* ppoll(fds, count, timeout, sigmask, sigsetsize): the remaining time is written back. */
SYSCALL(ppoll)
{
	struct timespec timeout, *tmo = NULL;
	struct poll_list l;
	s64 ret;
	int err;

	if (a[2]) {
		tmo = &timeout;
		if (get_user(t->mm, timeout, a[2]))
			return -EFAULT;
		if (timeout.tv_sec < 0 || (u64)timeout.tv_nsec >= 1000000000)
			return -EINVAL;
	}
	err = sigmask_enter(t, a[3], a[4]);
	if (err)
		return err;
	err = poll_list_get(t, &l, a[0], a[1]);
	ret = err ? err : poll_list_put(t, &l, poll_wait(t, &l, tmo));
	if (ret == -EINTR)
		ret = -ERESTARTNOHAND;
	sigmask_leave(t, a[3], ret == -ERESTARTNOHAND);
	/* Memory that cannot take the remaining time is no error, but then the call cannot begin again. */
	if (tmo && copy_to_user(t->mm, a[2], tmo, sizeof(*tmo)) && ret == -ERESTARTNOHAND)
		ret = -EINTR;
	return ret;
}
