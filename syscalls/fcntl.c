// SPDX-License-Identifier: GPL-2.0-or-later
/* fcntl: each command says what its argument is. */
#include <sys/stat.h>
#include "mm/window.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

/* Commands the headers of Debian 12 do not know. */
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif
#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY 1028
#endif
#define F_GETOWNER_UIDS 17
#define ALL_SEALS 0x3fU

/* fcntl(F_DUPFD): the lowest free descriptor from @min on, within the guest's limit. */
static s64 dup_from(struct task_struct *t, const u64 *a)
{
	if ((u32)a[2] >= fd_limit(t)) {
		/* The host checks the descriptor first. */
		s64 ret = HOST(SYS_fcntl, a[0], F_GETFD);

		return ret < 0 ? ret : -EINVAL;
	}
	return fd_made_from(t, HOST(SYS_fcntl, a[0], a[1], a[2]), (int)a[2]);
}

static s64 with_object(struct task_struct *t, const u64 *a, size_t size, bool out)
{
	struct host_obj obj;
	s64 ret;

	if (out)
		obj_get_inout(t, &obj, a[2], size);
	else
		OBJ_IN(t, &obj, a[2], size);
	ret = HOST(SYS_fcntl, a[0], a[1], obj.host);
	return obj_put(t, &obj, ret, out && ret >= 0 ? size : 0);
}

/* F_SETLK, F_SETLKW and their OFD forms. */
static s64 set_lock(struct task_struct *t, const u64 *a, bool posix, bool wait)
{
	struct host_obj lock;
	bool taken;
	s64 ret;

	obj_get_copy(t, &lock, a[2], sizeof(struct flock), false);
	taken = posix && lock.copied && ((struct flock *)lock.host)->l_type != F_UNLCK;
	/* Noted first: were there no memory to note it, the lock could get lost unseen. */
	if (taken) {
		ret = file_lock_taken(t->ulk->phys, (int)a[0]);
		if (ret == -ENOMEM)
			return -ENOLCK;
	}
	if (wait)
		return HOST_BLOCKING(t, SYS_fcntl, a[0], a[1], lock.host);
	return HOST(SYS_fcntl, a[0], a[1], lock.host);
}

/* The next area from @vma on that maps file @st so that it could be stored to, or NULL. */
static struct vm_area_struct *writable_area(struct vm_area_struct *vma, const struct stat *st)
{
	for (; vma; vma = vma->vm_next)
		if (vma->vm_file && vma->vm_file->fd >= 0 && (vma->vm_flags & VM_SHARED) && (vma->vm_flags & VM_MAYWRITE) &&
		    vma->vm_file->ino == st->st_ino && vma->vm_file->dev == st->st_dev)
			return vma;
	return NULL;
}

/*
 * Seals against writing and the guest's mappings. The host sees ulk's windows, which become writable at
 * the first store only: so F_SEAL_WRITE, EBUSY while there is a writable mapping, is decided by the
 * guest's areas; and before F_SEAL_FUTURE_WRITE, which existing mappings survive, their windows are
 * made writable while that is still allowed.
 */
static int seals_and_areas(struct task_struct *t, u64 fd, u64 seals)
{
	struct vm_area_struct *vma;
	struct stat st;
	int err = 0;

	if (HOST(SYS_fstat, fd, &st))
		return 0;
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = writable_area(t->mm->mmap, &st);
	if (vma && (seals & F_SEAL_WRITE)) {
		err = -EBUSY;
		vma = NULL;
	}
	for (; vma; vma = writable_area(vma->vm_next, &st)) {
		pgoff_t end = vma->vm_pgoff + ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT);

		for (pgoff_t at = vma->vm_pgoff; at < end; at = (at / WINDOW_PAGES + 1) * WINDOW_PAGES)
			file_get_pfn(vma->vm_file, at, true);
	}
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	return err;
}

static s64 add_seals(struct task_struct *t, const u64 *a)
{
	s64 seals = HOST(SYS_fcntl, a[0], F_GET_SEALS), mode = HOST(SYS_fcntl, a[0], F_GETFL);
	u64 new = (u32)a[2] & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
	int err;

	/* Where the host would refuse for another reason, it does. */
	if (new && seals >= 0 && !(seals & (F_SEAL_SEAL | F_SEAL_WRITE)) && !((u32)a[2] & ~ALL_SEALS) &&
	    mode >= 0 && (mode & O_ACCMODE) != O_RDONLY) {
		err = seals_and_areas(t, a[0], new);
		if (!err && (new & F_SEAL_WRITE))
			err = file_deny_writable(t->ulk->phys, (int)a[0]);
		if (err)
			return err;
	}
	return HOST(SYS_fcntl, a[0], a[1], a[2]);
}

SYSCALL(fcntl)
{
	switch ((u32)a[1]) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_from(t, a);
	case F_DUPFD_QUERY:
		return HOST(SYS_fcntl, a[0], a[1], fd_host(t, a[2]));
	case F_GETLK:
	case F_OFD_GETLK:
		return with_object(t, a, sizeof(struct flock), true);
	case F_SETLK:
		return set_lock(t, a, true, false);
	case F_OFD_SETLK:
		return set_lock(t, a, false, false);
	case F_SETLKW:
		return set_lock(t, a, true, true);
	case F_OFD_SETLKW:
		return set_lock(t, a, false, true);
	case F_ADD_SEALS:
		return add_seals(t, a);
	case F_GETOWN_EX:
		return with_object(t, a, sizeof(struct f_owner_ex), true);
	case F_SETOWN_EX:
		return with_object(t, a, sizeof(struct f_owner_ex), false);
	case F_GETOWNER_UIDS:
		return with_object(t, a, 2 * sizeof(u32), true);
	case F_GET_RW_HINT:
	case F_GET_FILE_RW_HINT:
		return with_object(t, a, sizeof(u64), true);
	case F_SET_RW_HINT:
	case F_SET_FILE_RW_HINT:
		return with_object(t, a, sizeof(u64), false);
	case F_GETFD:
	case F_SETFD:
	case F_GETFL:
	case F_SETFL:
	case F_GETOWN:
	case F_SETOWN:
	case F_GETSIG:
	case F_SETSIG:
	case F_SETLEASE:
	case F_GETLEASE:
	case F_NOTIFY:
	case F_CREATED_QUERY:
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
	case F_GET_SEALS:
		return HOST(SYS_fcntl, a[0], a[1], a[2]);
	default:
		/* Unknown to us: without its argument, lest the host take it for an address of ulk's. */
		return HOST(SYS_fcntl, a[0], a[1], BAD_HOST_PTR);
	}
}
