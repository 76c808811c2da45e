// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: a child has a socket of its own to the server, and a slot; or gdb does not hear of it. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "observe/gdb_internal.h"
#include "observe/observe.h"

static bool follows(const struct gdb *g, u64 flags)
{
	return flags & CLONE_VFORK ? g->shared->vfork_events : g->shared->fork_events;
}

static void close_ends(struct gdb *g)
{
	own_fd_close(&g->ulk->phys->own, &g->child_fd);
	own_fd_close(&g->ulk->phys->own, &g->server_fd);
}

static void release_slot(struct gdb *g)
{
	__atomic_store_n(&g->shared->slot[g->child_slot].used, 0, __ATOMIC_RELEASE);
}

/* The child's socket. Without one, for want of memory or descriptors, gdb does not hear of the child. */
static void prepare_child(struct gdb *g)
{
	struct own_fds *own = &g->ulk->phys->own;
	u32 none = 0;
	int ends[2];

	for (g->child_slot = 0; g->child_slot < GDB_SLOTS; g->child_slot++, none = 0) {
		if (__atomic_compare_exchange_n(&g->shared->slot[g->child_slot].used, &none, 1, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			break;
	}
	if (g->child_slot == GDB_SLOTS)
		return;
	if (HOST(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		release_slot(g);
		return;
	}
	if (own_fd_dup(own, ends[0], &g->child_fd) || own_fd_dup(own, ends[1], &g->server_fd)) {
		close_ends(g);
		release_slot(g);
	}
	HOST(SYS_close, ends[0]);
	HOST(SYS_close, ends[1]);
}

static void tell_fork(struct gdb *g, struct task_struct *t, u64 flags, int pid)
{
	struct gdb_header h = {.pid = pid, .slot = g->child_slot};
	char reason[64];

	snprintf(reason, sizeof(reason), "T05%s:p%x.%x;", flags & CLONE_VFORK ? "vfork" : "fork", (unsigned)pid, (unsigned)pid);
	own_fd_close(&g->ulk->phys->own, &g->child_fd);
	if (gdb_know(t))
		gdb_thread(t)->signal = 0;
	gdb_stop_with(g, t, &h, reason, g->server_fd);
	own_fd_close(&g->ulk->phys->own, &g->server_fd);
}

static void begin_child(struct gdb *g, struct task_struct *t)
{
	struct own_fds *own = &g->ulk->phys->own;

	if (t->debugged)
		memset(t->debugged, 0, sizeof(struct gdb_thread));
	g->end_told = false;
	if (g->child_fd < 0) {
		gdb_let_go(g);
		return;
	}
	own_fd_close(own, &g->fd);
	own_fd_close(own, &g->server_fd);
	own_fd_rename(own, &g->child_fd, &g->fd);
	g->slot = g->child_slot;
	g->born = true;
}

/* ulk_hooks.fork */
void gdb_on_fork(struct task_struct *t, enum fork_stage stage, u64 flags, s64 pid)
{
	struct gdb *g = gdb_of(t);

	switch (stage) {
	case FORK_BEFORE:
		if (follows(g, flags))
			prepare_child(g);
		break;
	case FORK_CHILD:
		begin_child(g, t);
		break;
	case FORK_PARENT:
		if (pid > 0 && g->server_fd >= 0)
			tell_fork(g, t, flags, (int)pid);
		else if (g->server_fd >= 0)
			release_slot(g);
		close_ends(g);
		break;
	case FORK_VFORK_DONE:
		if (g->shared->vfork_events && !t->signal->exiting)
			gdb_stop(g, t, "T05vforkdone:;");
		break;
	}
}
