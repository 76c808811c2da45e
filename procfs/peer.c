// SPDX-License-Identifier: GPL-2.0-or-later
/* peer: see peer.h. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include "procfs/peer.h"

#define PEER_TRIES 8
/* For a child that was forked this moment and does not know its own name yet: 1 ms each. */
#define BIRTH_TRIES 200
#define PEER_TASKS 100000
#define NAME_BYTES 128

struct peer_file {
	struct peer_file *next;
	u64 remote;
	struct file file;
	char name[PATH_MAX + 16];
};

/* @n bytes at @from of the process of @tid: 0 or -errno. */
static int peer_read(int tid, const void *from, void *to, size_t n)
{
	struct iovec here = {to, n}, there = {(void *)from, n};
	s64 r = HOST(SYS_process_vm_readv, tid, (uintptr_t)&here, 1, (uintptr_t)&there, 1, 0);

	return r < 0 ? (r == -EPERM ? -EACCES : (int)r) : (size_t)r == n ? 0 : -EFAULT;
}

/* A string of the peer's; what cannot be read of it is left out. */
static void peer_string(int tid, const char *from, char *to, size_t size)
{
	size_t n = 0;

	/* Byte by byte past nothing: pages are the unit that may be missing. */
	while (n + 1 < size) {
		size_t len = min_t(size_t, size - 1 - n, PAGE_SIZE - ((uintptr_t)(from + n) & ~PAGE_MASK));

		if (peer_read(tid, from + n, to + n, len))
			break;
		if (memchr(to + n, '\0', len))
			return;
		n += len;
	}
	to[n] = '\0';
}

bool peer_is_ours(const struct task_struct *t, int tid)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", tid);
	return !HOST(SYS_stat, (uintptr_t)path, (uintptr_t)&st) && st.st_ino == t->ulk->self_ino &&
	       st.st_dev == t->ulk->self_dev;
}

/* read_head(), once; -EAGAIN: no task has this number. */
static int try_head(const struct task_struct *t, int tid, struct peer *p)
{
	int err = peer_read(tid, t->ulk, &p->ulk, sizeof(p->ulk)), n = 0;
	const struct task_struct *next;

	if (err)
		return err;
	if (p->ulk.cookie != t->ulk->cookie || p->ulk.phys != t->ulk->phys)
		return -ENOENT;
	for (next = p->ulk.tasks; next && n < PEER_TASKS; next = p->task.next, n++) {
		err = peer_read(tid, next, &p->task, sizeof(p->task));
		if (err || p->task.tid == tid)
			break;
	}
	if (err || !next || p->task.tid != tid)
		return err ? err : -EAGAIN;
	err = peer_read(tid, p->task.signal, &p->signal, sizeof(p->signal));
	if (!err && p->task.mm)
		err = peer_read(tid, p->task.mm, &p->mm, sizeof(p->mm));
	return err;
}

/* The structures that describe the process: 0 or -errno. */
static int read_head(const struct task_struct *t, int tid, struct peer *p)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int err = try_head(t, tid, p);

	for (int i = 0; err == -EAGAIN && i < BIRTH_TRIES; i++) {
		HOST(SYS_nanosleep, &pause, NULL);
		err = try_head(t, tid, p);
	}
	return err == -EAGAIN ? -ESRCH : err;
}

static struct peer_file *read_file(struct peer *p, const struct file *remote)
{
	struct peer_file *f;
	char link[64];
	s64 n;

	for (f = p->files; f; f = f->next)
		if (f->remote == (uintptr_t)remote)
			return f;
	f = calloc(1, sizeof(*f));
	if (!f || peer_read(p->task.tid, remote, &f->file, sizeof(f->file))) {
		free(f);
		return NULL;
	}
	f->remote = (uintptr_t)remote;
	if (f->file.name) {
		peer_string(p->task.tid, f->file.name, f->name, sizeof(f->name));
	} else {
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", p->task.tid, f->file.fd);
		n = HOST(SYS_readlink, (uintptr_t)link, (uintptr_t)f->name, sizeof(f->name) - 1);
		f->name[n > 0 ? n : 0] = '\0';
	}
	f->file.name = f->name; /* vma_name() asks no further */
	f->next = p->files;
	p->files = f;
	return f;
}

static char *read_name(struct peer *p, const char *remote)
{
	char buf[NAME_BYTES];

	peer_string(p->task.tid, remote, buf, sizeof(buf));
	return strdup(buf);
}

/* Make the copied area independent of the peer's memory: 0 or -errno. */
static int adopt_area(struct peer *p, struct vm_area_struct *vma)
{
	const struct vm_special_mapping *special = vma->special;
	char *anon_name = vma->anon_name;
	struct vm_special_mapping *spec = NULL;
	struct peer_file *f;

	vma->vm_mm = &p->mm;
	vma->anon_name = NULL;
	vma->special = NULL;
	if (vma->vm_file) {
		f = read_file(p, vma->vm_file);
		vma->vm_file = f ? &f->file : NULL;
		if (!f)
			return -EAGAIN;
	}
	if (anon_name)
		vma->anon_name = read_name(p, anon_name);
	if (!special)
		return 0;
	spec = malloc(sizeof(*spec));
	if (!spec || peer_read(p->task.tid, special, spec, sizeof(*spec))) {
		free(spec);
		return -EAGAIN;
	}
	spec->name = read_name(p, spec->name);
	vma->special = spec;
	return spec->name ? 0 : -ENOMEM;
}

static void drop_areas(struct peer *p)
{
	for (int i = 0; i < p->nr_vmas; i++) {
		free(p->vmas[i].anon_name);
		if (p->vmas[i].special)
			free((char *)p->vmas[i].special->name);
		free((struct vm_special_mapping *)p->vmas[i].special);
	}
	free(p->vmas);
	p->vmas = NULL;
	p->nr_vmas = 0;
}

/* The list of areas; -EAGAIN when it makes no sense: it was being changed. */
static int read_areas(struct peer *p)
{
	const struct vm_area_struct *next = p->mm.mmap;
	u64 last = 0;
	int n = p->mm.map_count, err = 0;

	if (n < 0 || n > (1 << 24))
		return -EAGAIN;
	p->vmas = calloc((size_t)n + 1, sizeof(*p->vmas));
	if (!p->vmas)
		return -ENOMEM;
	while (!err && next) {
		struct vm_area_struct *vma = &p->vmas[p->nr_vmas];

		if (p->nr_vmas == n || peer_read(p->task.tid, next, vma, sizeof(*vma))) {
			memset(vma, 0, sizeof(*vma));
			return -EAGAIN;
		}
		next = vma->vm_next;
		p->nr_vmas++;
		err = adopt_area(p, vma);
		if (vma->vm_start < last || vma->vm_end <= vma->vm_start)
			err = -EAGAIN;
		last = vma->vm_end;
	}
	return err ? err : p->nr_vmas == n ? 0 : -EAGAIN;
}

/* Has the mm changed since it was copied? */
static bool changed(const struct peer *p)
{
	struct mm_struct now;

	return peer_read(p->task.tid, p->task.mm, &now, sizeof(now)) || now.mmap != p->mm.mmap ||
	       now.vmacache_seqnum != p->mm.vmacache_seqnum || now.map_count != p->mm.map_count ||
	       now.total_vm != p->mm.total_vm || now.vma_births != p->mm.vma_births || now.id != p->mm.id;
}

/* Point the copies at each other. */
static void adopt(struct peer *p)
{
	p->ulk.tasks = NULL;
	p->task.ulk = p->signal.ulk = &p->ulk;
	p->task.signal = &p->signal;
	p->task.files = NULL;
	p->task.seccomp = NULL;
	p->mm.env = &p->signal.mm_env;
	p->signal.mm_env.rlim = p->signal.rlim;
	p->task.mm = p->task.mm ? &p->mm : NULL;
	p->ulk.vsyscall_line[0] = '\0';
	pthread_rwlock_init(&p->mm.mmap_sem, NULL);
	pthread_mutex_init(&p->mm.page_table_lock, NULL);
}

struct peer *peer_open(const struct task_struct *t, int tid, bool areas, int *err)
{
	struct peer *p = calloc(1, sizeof(*p));

	*err = p ? -EAGAIN : -ENOMEM;
	for (int i = 0; i < PEER_TRIES && *err == -EAGAIN; i++) {
		*err = read_head(t, tid, p);
		if (!*err && areas && p->task.mm) {
			*err = read_areas(p);
			if (!*err && changed(p))
				*err = -EAGAIN;
			if (*err)
				drop_areas(p);
		}
	}
	if (*err) {
		peer_free(p);
		return NULL;
	}
	adopt(p);
	return p;
}

void peer_free(struct peer *p)
{
	struct peer_file *next;

	if (!p)
		return;
	drop_areas(p);
	for (struct peer_file *f = p->files; f; f = next) {
		next = f->next;
		free(f);
	}
	free(p);
}

int peer_task(const struct task_struct *t, int tid, int *pid, int *runs, u64 *mm_id)
{
	struct peer *p = calloc(1, sizeof(*p));
	const struct task_struct *next;
	struct task_struct task;
	int err = p ? read_head(t, tid, p) : -ENOMEM, n = 0;

	if (!err) {
		*pid = p->task.pid;
		*mm_id = p->task.mm ? p->mm.id : 0;
		*runs = p->task.exited ? *pid : tid;
		next = p->task.exited ? p->ulk.tasks : NULL;
		for (; next && n < PEER_TASKS && !peer_read(tid, next, &task, sizeof(task)); next = task.next, n++)
			if (!task.exited)
				*runs = task.tid;
	}
	free(p);
	return err;
}

bool peer_is_family(const struct task_struct *t, int tid)
{
	struct ulk ulk;

	return peer_is_ours(t, tid) && !peer_read(tid, t->ulk, &ulk, sizeof(ulk)) &&
	       ulk.cookie == t->ulk->cookie;
}

int peer_exe_fd(const struct task_struct *t, int tid)
{
	struct file exe;
	int err, fd;
	struct peer *p = peer_is_ours(t, tid) ? peer_open(t, tid, false, &err) : NULL;

	if (!p)
		return -ENOENT;
	fd = p->task.mm && p->mm.exe_file && !peer_read(tid, p->mm.exe_file, &exe, sizeof(exe)) ? exe.fd
												: -ENOENT;
	peer_free(p);
	return fd;
}

void peer_hidden_fds(const struct task_struct *t, int tid, struct procfs_hidden *hidden)
{
	int *holders[ARRAY_SIZE(hidden->fd)];
	struct phys phys;

	hidden->peer = tid;
	hidden->nr = -1;
	if (peer_read(tid, t->ulk->phys, &phys, sizeof(phys)) || phys.own.nr > ARRAY_SIZE(holders) ||
	    (phys.own.nr && peer_read(tid, phys.own.holders, holders, phys.own.nr * sizeof(*holders))))
		return;
	for (u32 i = 0; i < phys.own.nr; i++)
		if (peer_read(tid, holders[i], &hidden->fd[i], sizeof(int)))
			return;
	hidden->nr = (int)phys.own.nr;
}

int peer_rlimit(const struct task_struct *t, int tid, unsigned resource, const struct rlimit *new, struct rlimit *old)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct iovec here = {(void *)new, sizeof(*new)}, there;
	int err;

	if (!p)
		return -ENOMEM;
	err = read_head(t, tid, p);
	if (!err && old)
		*old = p->signal.rlim[resource];
	if (!err && new) {
		there = (struct iovec){&p->task.signal->rlim[resource], sizeof(*new)};
		err = HOST(SYS_process_vm_writev, tid, (uintptr_t)&here, 1, (uintptr_t)&there, 1, 0) == sizeof(*new)
			      ? 0
			      : -EACCES;
	}
	free(p);
	return err;
}

/* ---- the texts ---- */

static int peer_text(struct task_struct *t, int tid, FILE *out, int (*text)(struct task_struct *t, FILE *out))
{
	int err;
	struct peer *p = peer_open(t, tid, false, &err);

	if (!p)
		return err == -ENOENT ? -ESRCH : err;
	err = text(&p->task, out);
	peer_free(p);
	return err;
}

int peer_maps(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	int err;
	struct peer *p = peer_open(t, sf->tid, true, &err);

	if (!p)
		return err == -ENOENT ? -ESRCH : err;
	for (int i = 0; i < p->nr_vmas; i++)
		proc_show_map_vma(out, &p->vmas[i]);
	if (p->task.mm && proc_vsyscall_line(t))
		fprintf(out, "%s\n", proc_vsyscall_line(t));
	peer_free(p);
	return 0;
}

/* Of a process that has ended, and waits to be waited for, the host says all there is to say. */
static int host_text(int tid, const char *name, FILE *out)
{
	char path[64], *text;
	s64 len;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, name);
	len = proc_read_file(path, &text);
	if (len < 0)
		return len == -ENOENT ? -ESRCH : (int)len;
	fwrite(text, 1, (size_t)len, out);
	free(text);
	return 0;
}

int peer_stat(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	int err = peer_text(t, sf->tid, out, proc_stat_text);

	return err == -ESRCH ? host_text(sf->tid, "stat", out) : err;
}

int peer_statm(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	return peer_text(t, sf->tid, out, proc_statm_text);
}

int peer_status(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	int err = peer_text(t, sf->tid, out, proc_status_text);

	return err == -ESRCH ? host_text(sf->tid, "status", out) : err;
}

int peer_limits(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	return peer_text(t, sf->tid, out, proc_limits_text);
}

int peer_auxv(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	return peer_text(t, sf->tid, out, proc_auxv_bytes);
}

int peer_personality(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	return peer_text(t, sf->tid, out, proc_personality_text);
}
