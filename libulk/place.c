// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a program stands: working directory, root and umask, which Linux keeps per group of threads. A host thread that runs a
 * machine is a group of its own (unshare(CLONE_FS)) with the program's threads, so that what the program changes is
 * nobody else's; and between runs this thread stands again where it stood, once the program has changed anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "libulk/internal.h"
#include "syscalls/marshal.h"

struct place_of {
	int cwd, root;             /* of ours, the program's; -1: the host's */
	int host_cwd, host_root;   /* while the program runs */
	u32 umask, host_umask;
	bool away;                 /* the host thread is, or soon will be, where the program is */
	bool rooted;               /* ... with another root */
};

bool machine_place_changes(u64 nr)
{
	return nr == SYS_chdir || nr == SYS_fchdir || nr == SYS_chroot || nr == SYS_umask;
}

static int keep(struct ulk_machine *m, const char *path, int *holder)
{
	int fd = (int)HOST(SYS_open, (uintptr_t)path, O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return fd;
	own_fd_close(&m->ulk->phys->own, holder);
	err = own_fd_dup(&m->ulk->phys->own, fd, holder);
	HOST(SYS_close, fd);
	return err;
}

static u32 read_umask(void)
{
	u32 mask = (u32)HOST(SYS_umask, 0777);

	HOST(SYS_umask, mask);
	return mask;
}

/* ---- making ---- */

int machine_place_init(struct ulk_machine *m, const struct ulk_config *config)
{
	struct place_of *p = calloc(1, sizeof(*p));
	int err = 0;

	m->place = p;
	if (!p)
		return machine_fail(m, -ENOMEM, NULL);
	*p = (struct place_of){-1, -1, -1, -1, .umask = read_umask()};
	if (config->root && !host_capable(CAP_SYS_CHROOT))
		return machine_fail(m, -EPERM, "a root directory of its own is chroot(2), which wants CAP_SYS_CHROOT");
	if (config->root && (err = keep(m, config->root, &p->root)))
		return machine_fail(m, err, "the root directory cannot be opened");
	if (!config->cwd && !config->root)
		return 0;
	m->ulk->own_place = true;
	if (!config->root)
		err = keep(m, config->cwd, &p->cwd);
	else
		p->rooted = true;
	if (!err && config->root) {
		/* A path within the root. */
		err = machine_place_enter(m);
		if (!err && config->cwd)
			err = (int)HOST(SYS_chdir, (uintptr_t)config->cwd);
		machine_place_leave(m);
	}
	return err ? machine_fail(m, err, "the working directory cannot be opened") : 0;
}

void machine_place_free(struct ulk_machine *m)
{
	struct own_fds *own;

	if (!m->place)
		return;
	own = &m->ulk->phys->own;
	own_fd_close(own, &m->place->cwd);
	own_fd_close(own, &m->place->root);
	own_fd_close(own, &m->place->host_cwd);
	own_fd_close(own, &m->place->host_root);
	free(m->place);
	m->place = NULL;
}

/* ---- there and back ---- */

static int note_host(struct ulk_machine *m)
{
	struct place_of *p = m->place;
	int err = keep(m, ".", &p->host_cwd);

	if (!err)
		err = keep(m, "/", &p->host_root);
	p->host_umask = read_umask();
	p->away = !err;
	return err;
}

void machine_place_note(struct ulk_machine *m, u64 nr)
{
	struct place_of *p = m->place;

	if (!m->ulk->opt.embedded || m->pid != getpid())
		return;
	m->ulk->own_place = true;
	p->rooted = p->rooted || nr == SYS_chroot;
	if (!p->away)
		note_host(m);
}

int machine_place_enter(struct ulk_machine *m)
{
	struct place_of *p = m->place;
	bool moved = p->cwd >= 0 || p->root >= 0;
	s64 ret = 0;
	int err;

	if (m->ulk->opt.embedded) {
		/* Threads of the program's are in the group already. */
		if (!__atomic_load_n(&m->ulk->host_threads, __ATOMIC_ACQUIRE))
			ret = HOST(SYS_unshare, CLONE_FS);
		if (ret < 0)
			return machine_fail(m, (int)ret, "the thread cannot have a working directory of its own");
	}
	if (likely(!moved))
		return 0;
	if (m->ulk->opt.embedded && (err = note_host(m)))
		return machine_fail(m, err, NULL);
	HOST(SYS_umask, p->umask);
	if (p->root >= 0) {
		ret = HOST(SYS_fchdir, p->root);
		if (ret >= 0)
			ret = HOST(SYS_chroot, (uintptr_t) ".");
	}
	if (ret >= 0 && p->cwd >= 0)
		ret = HOST(SYS_fchdir, p->cwd);
	if (ret >= 0 && m->ulk->opt.embedded)
		return 0;
	/* A process of its own is there for good. */
	if (ret >= 0) {
		own_fd_close(&m->ulk->phys->own, &p->cwd);
		own_fd_close(&m->ulk->phys->own, &p->root);
		return 0;
	}
	machine_place_leave(m);
	return machine_fail(m, (int)ret, "the program's working directory is not to be had");
}

void machine_place_leave(struct ulk_machine *m)
{
	struct place_of *p = m->place;

	if (likely(!p->away))
		return;
	p->away = false;
	keep(m, ".", &p->cwd);
	p->umask = (u32)HOST(SYS_umask, p->host_umask);
	if (p->rooted) {
		keep(m, "/", &p->root);
		HOST(SYS_fchdir, p->host_root);
		if (HOST(SYS_chroot, (uintptr_t) "."))
			pr_err(m->ulk, "the program has given up the privilege that leads this thread out of its root directory");
	}
	HOST(SYS_fchdir, p->host_cwd);
	own_fd_close(&m->ulk->phys->own, &p->host_cwd);
	own_fd_close(&m->ulk->phys->own, &p->host_root);
}
