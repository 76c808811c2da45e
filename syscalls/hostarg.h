/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostarg: guest arguments in the form the host's kernel wants them.
 *
 * The rule of all handlers here: the host answers. A guest structure becomes a host pointer to the
 * very bytes (or to a copy when it crosses a page), and a guest address that cannot be accessed becomes
 * BAD_HOST_PTR, which no host can access either: so the errno, the order of the checks and the partial
 * counts are the host kernel's own, not our imitation of them.
 */
#ifndef ULK_SYSCALLS_HOSTARG_H
#define ULK_SYSCALLS_HOSTARG_H

#include <limits.h>
#include "kernel/fds.h"
#include "syscalls/syscalls.h"

/* Below every host's mmap_min_addr, so never mapped: passes access_ok, then faults. */
#define BAD_HOST_PTR ((void *)16)
/* In the kernel's half: fails access_ok itself. */
#define KERNEL_HALF_PTR ((void *)(1UL << 63))
/* What stands in for a descriptor of ulk's own: never open. */
#define CLOSED_FD INT_MAX

/* ---- structures ---- */

#define HOST_OBJ_INLINE 288

struct host_obj {
	void *host;                  /* give this to the host */
	u64 addr;                    /* of the guest */
	size_t size;
	bool copied;                 /* host points to a copy, which obj_put() carries back */
	size_t good;                 /* bytes of the copy that the guest can access; after them the host faults */
	size_t fenced;               /* bytes mapped for a copy that ends before a page the host cannot access */
	u8 *heap;                    /* the copy when it does not fit here */
	u64 inl[HOST_OBJ_INLINE / 8];
};

/*
 * The @size bytes at guest @addr as a host pointer in obj->host: NULL for NULL, BAD_HOST_PTR when they
 * cannot be accessed. For a call that may block use obj_get_copy(): without the CPU held another thread
 * may unmap the page under the host's hands.
 * @out: the host stores there; what it leaves alone stays as it is, and a part the guest cannot access only
 * matters if the host gets that far: obj->good bytes can be accessed, and only those may be touched here.
 * Returns obj->host.
 */
void *obj_get(struct task_struct *t, struct host_obj *obj, u64 addr, size_t size, bool out);
void *obj_get_copy(struct task_struct *t, struct host_obj *obj, u64 addr, size_t size, bool out);
/* The same for what the host first reads, then writes: all of it must be readable. */
void *obj_get_inout(struct task_struct *t, struct host_obj *obj, u64 addr, size_t size);
/* After the call, for an @out object: carry @written bytes of a copy back. @ret: the call's result.
 * Returns @ret, or -EFAULT when the call was good but the guest's memory is not writable. */
s64 obj_put(struct task_struct *t, struct host_obj *obj, s64 ret, size_t written);
/* Release (an object that was never put). */
void obj_free(struct host_obj *obj);

#define OBJ_IN(t, obj, addr, size) obj_get((t), (obj), (addr), (size), false)
#define OBJ_OUT(t, obj, addr, size) obj_get((t), (obj), (addr), (size), true)

/* ---- paths ---- */

struct host_path {
	const char *host;            /* give this to the host */
	char buf[PATH_MAX + 8];
};

/*
 * The path at guest @addr, relative to @dirfd (AT_FDCWD or a descriptor), as the host shall see it.
 * @follow: the call follows a final symlink. A bad or overlong string is not refused here but handed on
 * in a form the host refuses in its turn. A NULL @addr stays NULL. Returns 0, or -errno from procfs.
 */
int path_get(struct task_struct *t, struct host_path *path, int dirfd, u64 addr, bool follow);

/* Does host path @path name the program the guest runs? To Linux it is being executed (ETXTBSY for who
 * would write it); the host's kernel executes ulk. */
bool names_running_program(struct task_struct *t, int dirfd, const char *path);

/*
 * @path led to the file @dev, @ino, following links. When that is the program of the host process, and the
 * way was a symlink to /proc/self/exe (which procfs_rewrite_path(), looking at names, does not see):
 * writes the name under which the guest's own program is found into @name (32 bytes) and returns true.
 */
bool path_meant_own_exe(struct task_struct *t, int dirfd, const char *path, dev_t dev, ino_t ino, char *name);

/* A short string argument (a file-system type, an xattr's name), at most @size - 1 bytes plus NUL.
 * Longer ones are cut at @size - 1 without NUL added before buf[size - 1]; NULL stays NULL. */
const char *string_get(struct task_struct *t, char *buf, size_t size, u64 addr);

/* ---- descriptors ---- */

/* fd_made() (kernel/fds.h) for a descriptor that came from another process, and may be one of /proc that would show
 * its ulk: as if it had been opened here. (open.c) */
s64 fd_arrived(struct task_struct *t, s64 fd);
/* fd_made() (kernel/fds.h) for a pair (pipe2, socketpair), stored as two ints at guest @addr. (pipe.c) */
s64 fd_pair_made(struct task_struct *t, s64 ret, int *fds, u64 addr);
/* @fd as the host shall see it: CLOSED_FD instead of one of ulk's own. -1 and AT_FDCWD stay. */
static inline int fd_host(const struct task_struct *t, u64 fd)
{
	return (s32)fd < 0 || fd_visible(t, fd) ? (s32)fd : CLOSED_FD;
}

/* ---- waiting ---- */

/* True when other threads may run, and unmap memory, while this one waits. */
static inline bool has_threads(const struct task_struct *t)
{
	return t->ulk->tasks && t->ulk->tasks->next;
}

/* A call that takes its time but is not interruptible for the guest: after a signal's handler it is
 * begun again. */
#define HOST_WAIT(t, nr, ...) host_wait(HOST_BLOCKING((t), (nr), ##__VA_ARGS__))
static inline s64 host_wait(s64 ret)
{
	return ret == -ERESTARTSYS ? -ERESTARTNOINTR : ret;
}
/* A call that is never restarted (epoll_wait, a socket with a timeout). */
static inline s64 no_restart(s64 ret)
{
	return ret == -ERESTARTSYS ? -EINTR : ret;
}

/* A temporary signal mask (ppoll, pselect6, epoll_pwait). @addr: guest sigset or NULL; @size: must be 8.
 * Returns 0, -EINVAL, -EFAULT. */
int sigmask_enter(struct task_struct *t, u64 addr, u64 size);
/* Undo it, unless the call was interrupted: then the handler runs first and the old mask comes back after. */
void sigmask_leave(struct task_struct *t, u64 addr, bool interrupted);

#endif
