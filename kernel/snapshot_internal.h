/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/snapshot* share. */
#ifndef ULK_KERNEL_SNAPSHOT_INTERNAL_H
#define ULK_KERNEL_SNAPSHOT_INTERNAL_H

#include <sys/stat.h>
#include <sys/syscall.h>
#include "kernel/snapshot.h"
#include "mm/snapshot.h"
#include "mm/stream.h"

struct task_snapshot {
	struct task_struct *t;
	u64 mm_id;
	struct mm_snapshot *mm;
	struct fds_snapshot *fds;
	struct task_struct task;     /* of which task_back() takes what it names */
	struct signal_struct signal; /* signal_back() */
	struct cpu_fxstate fx;
};


/* Give the host process the program's limit @i, unless that binds ulk itself, see task.c. */
static inline void limit_to_host(const struct task_struct *t, int i)
{
	if (!t->ulk->opt.embedded && i != RLIMIT_AS && i != RLIMIT_DATA && i != RLIMIT_MEMLOCK && i != RLIMIT_STACK &&
	    i != RLIMIT_NOFILE)
		HOST(SYS_prlimit64, 0, i, &t->signal->rlim[i], NULL);
}

struct saved_fd {
	int number, keep;      /* the guest's, and ours on the same open file */
	int cloexec, flags;
	s64 offset;            /* -1: it has none */
};

/* A file whose content comes back. */
struct saved_file {
	char *path;
	bool existed;
	struct stat st;        /* as last seen with this content */
	u8 *data;
	size_t size;
};

struct fds_snapshot {
	struct saved_fd *fd;
	int nr_fds;
	int cwd;
	u32 umask;
	struct task_struct *t;
	u64 fd_calls;          /* as it was when all was last known to be right */
	struct saved_file *file;
	int nr_files;
};

/* ---- to a file and back (snapshot_fds_file.c); errors as task_snapshot_write() and _read() ---- */

int fds_snapshot_write(const struct fds_snapshot *s, struct stream_out *out, char *why);
/* Give a file its content of then (snapshot_fds.c). 0 or -errno. */
int fds_snapshot_put_file(struct saved_file *f);
int fds_snapshot_read(struct task_struct *t, struct stream_in *in, char *why);

#endif
