/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer: what /proc/PID says of another process of the same `ulk run`: a parent, a child, a sibling.
 *
 * Such processes come from one another by the host's fork, so struct ulk is at the same address in all of
 * them, and what describes the guest can be copied out with process_vm_readv(): the host's kernel decides who
 * may, and a process that ends meanwhile is an error, not a crash. The copy is made without the peer's
 * knowledge; when it is found to change meanwhile it is made again. Unrelated ulk processes are programs of
 * the host like any other.
 */
#ifndef ULK_PROCFS_PEER_H
#define ULK_PROCFS_PEER_H

#include "kernel/files.h"
#include "procfs/internal.h"

struct peer {
	struct ulk ulk;
	struct task_struct task;
	struct signal_struct signal;
	struct mm_struct mm;
	struct vm_area_struct *vmas; /* in order; nr_vmas */
	int nr_vmas;
	struct peer_file *files; /* those that the areas map */
};

/*
 * A copy of thread @tid's process, with its areas if @areas. NULL, with *err -ESRCH when there is no such
 * process (any more), -EACCES when the host does not let us look, -ENOENT when it is none of ours.
 * peer_free() it.
 */
struct peer *peer_open(const struct task_struct *t, int tid, bool areas, int *err);
void peer_free(struct peer *peer);
/* Is the process of thread @tid one of ours? Cheap. */
bool peer_is_ours(const struct task_struct *t, int tid);
/* And one that we can look into: of this very family. */
bool peer_is_family(const struct task_struct *t, int tid);
/* The descriptor of the peer on its own program, as a number in /proc/PID/fd; or -errno. */
int peer_exe_fd(const struct task_struct *t, int tid);

/*
 * The guest's limit @resource of the process of thread @tid, as it is (@old) and is to be (@new); either may be NULL.
 * 0, or as peer_open(). Who may set what is the caller's to ask; so is telling the host what it enforces.
 */
int peer_rlimit(const struct task_struct *t, int tid, unsigned resource, const struct rlimit *new, struct rlimit *old);
/* The descriptors that are the peer's ulk's. */
void peer_hidden_fds(const struct task_struct *t, int tid, struct procfs_hidden *hidden);

/* Of thread @tid: its process, a thread of that which runs (perhaps it itself), the id of its mm. 0, or as peer_open(). */
int peer_task(const struct task_struct *t, int tid, int *pid, int *runs, u64 *mm_id);
/*
 * @len bytes of memory at @addr of the process of thread @tid, as its guest may access them: how many, or -errno
 * (-EPERM: not to be had).
 */
s64 peer_vm_rw(struct task_struct *t, int tid, u64 addr, void *buf, size_t len, bool write);

/* special_ops.peer_rw and peer: the peer is asked to do it itself (peer_ask.c). */
s64 peer_file_rw(struct task_struct *t, const struct special_fd *sf, u64 pos, void *buf, size_t n, bool write);
int peer_records(struct task_struct *t, const struct special_fd *sf, FILE *out);
/* special_ops.peer: the texts. */
int peer_maps(struct task_struct *t, const struct special_fd *sf, FILE *out);
int peer_stat(struct task_struct *t, const struct special_fd *sf, FILE *out);
int peer_statm(struct task_struct *t, const struct special_fd *sf, FILE *out);
int peer_status(struct task_struct *t, const struct special_fd *sf, FILE *out);
int peer_limits(struct task_struct *t, const struct special_fd *sf, FILE *out);
int peer_auxv(struct task_struct *t, const struct special_fd *sf, FILE *out);
int peer_personality(struct task_struct *t, const struct special_fd *sf, FILE *out);

#endif
