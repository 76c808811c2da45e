/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files: the descriptors whose content ulk makes itself.
 *
 * The guest's descriptors are the host's, number for number. When the guest opens a file of the host
 * that would speak of ulk instead of the guest (/proc/self/maps, ...), it keeps that very host
 * descriptor: fstat, lseek, dup, fcntl, readlink of /proc/self/fd/N, fork and sendfile's EINVAL are
 * then the host's own answers. Only the bytes are ours: the read family (and the write family, for
 * /proc/self/mem) asks special_rw() first.
 *
 * A special file is recognised by its inode, so that it survives dup, dup2, F_DUPFD and SCM_RIGHTS
 * without anybody telling us. The price, one fstat a read, is paid only by programs that ever opened
 * such a file, or share their table with another process (clone with CLONE_FILES), which may have.
 *
 * Locking: as everything of a task, used by the holder of the CPU only.
 */
#ifndef ULK_KERNEL_FILES_H
#define ULK_KERNEL_FILES_H

#include <sys/stat.h>
#include <sys/uio.h>
#include "kernel/task.h"

struct special_fd;

/* What a special file's bytes are. Exactly one of text, record and rw is set. */
struct special_ops {
	/* Writes the whole content for @target to @out; 0 or -errno. */
	int (*text)(struct task_struct *target, FILE *out);
	/*
	 * A file of records, as the kernel's seq_file makes it while it is read: writes the record at *@index
	 * (0: the first) to @out and moves *@index on. 1; 0 when there is none; -errno. *@view is NULL at first,
	 * then what was left there, until release().
	 */
	int (*record)(struct task_struct *target, u64 *index, void **view, FILE *out);
	void (*release)(void *view);
	/* Transfers up to @n bytes at @pos, within a page. Returns how many (0: end) or -errno. */
	s64 (*rw)(struct task_struct *target, u64 pos, void *buf, size_t n, bool write);
	/* rw: which positions and lengths are possible, multiples of this; others are EINVAL. 0: all. Such a file
	 * takes a bad address as an error of the whole transfer. */
	unsigned unit;
	bool write_only;  /* rw: reading is the host's business, which refuses it */
	/* ioctl(2) @cmd by @t, with the guest's @arg; -ENOTTY for what is unknown. */
	s64 (*ioctl)(struct task_struct *t, struct task_struct *target, u32 cmd, u64 arg);
	/* The text when it is another process of the same family whose file it is. */
	int (*peer)(struct task_struct *t, const struct special_fd *sf, FILE *out);
	/* Such a process is asked to do it itself: rw as here; @buf of any length up to ERRAND_BYTES (kernel/errand.h). */
	s64 (*peer_rw)(struct task_struct *t, const struct special_fd *sf, u64 pos, void *buf, size_t n, bool write);
	bool host_peer; /* of such a process the host's own text is right */
	/* It shows the mm that its process had when it was opened, and nothing once that is gone. */
	bool mm_at_open;
};

struct special_fd {
	dev_t dev; /* the inode of the host file */
	ino_t ino;
	const struct special_ops *ops;
	int tid, pid; /* whose file: a thread's, or the process's (its leader) */
	u64 mm_id;    /* of the mm at open */
	bool is_peer; /* @tid is not of this process */
	/* The kernel's struct seq_file: what was made and not read yet, and how to go on. */
	char *buf;
	size_t from, count, size;
	u64 index, read_pos;
	void *view;   /* the ops' own, while the file is being read */
};

/* A table with one user, or NULL without memory. */
struct files_struct *files_create(void);
struct files_struct *files_get(struct files_struct *files);
void files_put(struct files_struct *files);

/*
 * From now on host file @st (the fstat of an open descriptor) is special. @tid: whose it is.
 * Registering an inode again replaces its ops. Returns 0 or -ENOMEM.
 */
int special_add(struct task_struct *t, const struct stat *st, const struct special_ops *ops, int tid);
/* It is a peer's (ops->peer or peer_rw), whose mm is @mm_id now. */
void special_is_peers(struct task_struct *t, const struct stat *st, u64 mm_id);

/* It is not special any more, if it was. */
void special_drop(struct task_struct *t, const struct stat *st);

/* Might a descriptor of @t be? */
static inline bool special_any(const struct task_struct *t)
{
	return unlikely(t->files && (t->files->nr_special || t->files->shared));
}

/* Is @fd special? Its bytes cannot then be moved by the host alone (sendfile, splice: EINVAL, as Linux says
 * of most of procfs). */
bool special_fd_slow(struct task_struct *t, int fd);
static inline bool special_fd(struct task_struct *t, int fd)
{
	return special_any(t) && special_fd_slow(t, fd);
}

/* ioctl on a special file: true, with its result in *@ret. */
bool special_ioctl_slow(struct task_struct *t, int fd, u32 cmd, u64 arg, s64 *ret);
static inline bool special_ioctl(struct task_struct *t, int fd, u32 cmd, u64 arg, s64 *ret)
{
	return special_any(t) && special_ioctl_slow(t, fd, cmd, arg, ret);
}

/* The guest's lseek has put @fd at @pos: what was made for another place is made anew. */
void special_seek_slow(struct task_struct *t, int fd, u64 pos);
static inline void special_seek(struct task_struct *t, int fd, u64 pos)
{
	if (special_any(t))
		special_seek_slow(t, fd, pos);
}

/*
 * When descriptor @fd is special, carry out the transfer between it and the @count guest buffers (guest
 * addresses in iov_base): at offset @off, or with @off -1 at the file position, which moves. True, with
 * the system call's result in *@ret; false when @fd is not special and the host shall do it.
 */
bool special_rw_slow(struct task_struct *t, int fd, const struct iovec *guest, int count, s64 off, bool write,
		     s64 *ret);
static inline bool special_rw(struct task_struct *t, int fd, const struct iovec *guest, int count, s64 off,
			      bool write, s64 *ret)
{
	if (likely(!special_any(t)))
		return false;
	return special_rw_slow(t, fd, guest, count, off, write, ret);
}
/* The same for one buffer: read, write, pread64, pwrite64. */
static inline bool special_rw1(struct task_struct *t, int fd, u64 buf, u64 len, s64 off, bool write, s64 *ret)
{
	struct iovec iov = {(void *)(uintptr_t)buf, len};

	return special_rw(t, fd, &iov, 1, off, write, ret);
}

#endif
