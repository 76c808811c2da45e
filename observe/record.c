// SPDX-License-Identifier: GPL-2.0-or-later
/* Recording what comes from outside, and playing it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "observe/observe.h"
#include "observe/record.h"
#include "syscalls/syscalls.h"

#define MAGIC "ulkrec1\n"
#define MAX_FDS 1024
#define MAX_PIECES 64
#define MAX_PIECE (1UL << 30)

struct entry {
	u32 nr;
	u32 pieces;                /* that follow, each a struct piece and its bytes */
	s64 ret;
};

struct piece {
	u64 addr, size;
};

struct record {
	int fd;
	bool replay;
	pid_t pid;                 /* only the first process is recorded */
	u64 calls;
	bool outside[MAX_FDS];     /* descriptors whose other end is not the program's own */
	s64 (*next)(struct task_struct *t, u64 nr, const u64 args[6]);
};

/* How a call is treated, and what it stores. */
struct rule {
	u16 nr;
	enum { FD = 1, PATH = 2, OPENS = 4, ACTS = 8 } flags;   /* FD: only when argument 0 is outside */
	int arg;                    /* that points to what is stored; -1 nothing */
	s32 size;                  /* bytes; RET: as many as the result says; IOV: in vectors; POLLFDS: of so many */
};
enum { RET = -1, IOV = -2, POLLFDS = -3 };

static const struct rule rules[] = {
	{SYS_read, FD, 1, RET}, {SYS_pread64, FD, 1, RET}, {SYS_readv, FD, 1, IOV}, {SYS_preadv, FD, 1, IOV}, {SYS_recvfrom, FD, 1, RET},
	{SYS_getdents64, FD, 1, RET}, {SYS_getdents, FD, 1, RET}, {SYS_write, FD | ACTS, -1, 0}, {SYS_writev, FD | ACTS, -1, 0},
	{SYS_pwrite64, FD, -1, 0}, {SYS_pwritev, FD, -1, 0}, {SYS_sendto, FD, -1, 0}, {SYS_lseek, FD, -1, 0},
	{SYS_fstat, FD, 1, 144}, {SYS_fstatfs, FD, 1, 120}, {SYS_ftruncate, FD, -1, 0}, {SYS_fsync, FD, -1, 0},
	{SYS_fdatasync, FD, -1, 0}, {SYS_fallocate, FD, -1, 0}, {SYS_flock, FD, -1, 0}, {SYS_fadvise64, FD, -1, 0}, {SYS_fchmod, FD, -1, 0},
	{SYS_fchown, FD, -1, 0}, {SYS_connect, FD, -1, 0}, {SYS_bind, FD, -1, 0}, {SYS_listen, FD, -1, 0}, {SYS_shutdown, FD, -1, 0},
	{SYS_setsockopt, FD, -1, 0}, {SYS_ioctl, FD, 2, 64},
	{SYS_accept, FD | OPENS, -1, 0}, {SYS_accept4, FD | OPENS, -1, 0}, {SYS_poll, PATH, 0, POLLFDS}, {SYS_ppoll, PATH, 0, POLLFDS},
	{SYS_open, PATH | OPENS, -1, 0}, {SYS_openat, PATH | OPENS, -1, 0}, {SYS_creat, PATH | OPENS, -1, 0}, {SYS_socket, PATH | OPENS, -1, 0},
	{SYS_stat, PATH, 1, 144}, {SYS_lstat, PATH, 1, 144}, {SYS_newfstatat, PATH, 2, 144}, {SYS_statx, PATH, 4, 256},
	{SYS_statfs, PATH, 1, 120}, {SYS_access, PATH, -1, 0}, {SYS_faccessat, PATH, -1, 0}, {SYS_faccessat2, PATH, -1, 0},
	{SYS_readlink, PATH, 1, RET}, {SYS_readlinkat, PATH, 2, RET}, {SYS_getcwd, PATH, 0, RET}, {SYS_chdir, PATH, -1, 0},
	{SYS_unlink, PATH, -1, 0}, {SYS_unlinkat, PATH, -1, 0}, {SYS_rename, PATH, -1, 0}, {SYS_renameat, PATH, -1, 0},
	{SYS_renameat2, PATH, -1, 0}, {SYS_mkdir, PATH, -1, 0}, {SYS_mkdirat, PATH, -1, 0}, {SYS_rmdir, PATH, -1, 0}, {SYS_link, PATH, -1, 0},
	{SYS_linkat, PATH, -1, 0}, {SYS_symlink, PATH, -1, 0}, {SYS_chmod, PATH, -1, 0}, {SYS_fchmodat, PATH, -1, 0},
	{SYS_chown, PATH, -1, 0}, {SYS_truncate, PATH, -1, 0}, {SYS_utimensat, PATH, -1, 0}, {SYS_uname, PATH, 0, 390},
	{SYS_sched_getaffinity, PATH, 2, RET},
};

int record_create(const char *path, bool replay, struct record **out, char *why)
{
	struct record *r = calloc(1, sizeof(*r));
	char magic[sizeof(MAGIC)] = "";

	if (!r)
		return -ENOMEM;
	*out = r;
	r->replay = replay;
	r->fd = open(path, (replay ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC) | O_CLOEXEC, 0666);
	if (r->fd < 0) {
		snprintf(why, 160, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if (!replay) {
		write_fully(r->fd, MAGIC, sizeof(MAGIC) - 1);
	} else if (read(r->fd, magic, sizeof(MAGIC) - 1) < 0 || strcmp(magic, MAGIC)) {
		snprintf(why, 160, "%s: not a recording", path);
		return -EINVAL;
	}
	return 0;
}

void record_destroy(struct record *r)
{
	if (r && r->fd >= 0)
		close(r->fd);
	free(r);
}

/* ---- which calls ---- */

static bool is_outside(const struct record *r, u64 fd)
{
	return fd < MAX_FDS && r->outside[fd];
}

/* Is there one among those that are waited for? */
static bool polls_outside(const struct record *r, struct task_struct *t, const u64 a[6])
{
	struct pollfd p;

	for (u64 i = 0; i < a[1] && i < MAX_FDS; i++) {
		if (mm_peek(t->mm, a[0] + i * sizeof(p), &p, sizeof(p)) == sizeof(p) && p.fd >= 0 && is_outside(r, (u64)p.fd))
			return true;
	}
	return false;
}

static const struct rule *rule_for(const struct record *r, struct task_struct *t, u64 nr, const u64 a[6])
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].nr != nr)
			continue;
		if ((rules[i].flags & FD && !is_outside(r, a[0])) || (rules[i].size == POLLFDS && !polls_outside(r, t, a)))
			return NULL;
		return &rules[i];
	}
	return NULL;
}

/* Descriptors come, go and are copied. */
static void follow_fds(struct record *r, u64 nr, const u64 a[6], s64 ret, const struct rule *rule)
{
	if (rule && rule->flags & OPENS && ret >= 0 && ret < MAX_FDS)
		r->outside[ret] = true;
	if (nr == SYS_close && !ret && a[0] < MAX_FDS)
		r->outside[a[0]] = false;
	if ((nr == SYS_dup || nr == SYS_dup2 || nr == SYS_dup3 || (nr == SYS_fcntl && (a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC))) &&
	    ret >= 0 && ret < MAX_FDS)
		r->outside[ret] = is_outside(r, a[0]);
}

/* ---- recording ---- */

static unsigned stored(struct task_struct *t, const struct rule *rule, const u64 a[6], s64 ret, struct piece p[MAX_PIECES])
{
	struct iovec iov[MAX_PIECES];
	unsigned n = 0;
	u64 left = (u64)ret;

	if (rule->arg < 0 || ret < 0 || !a[rule->arg])
		return 0;
	if (rule->size != IOV) {
		p[0] = (struct piece){a[rule->arg], rule->size == RET ? (u64)ret : (u64)rule->size};
		if (rule->size == POLLFDS)
			p[0].size = min_t(u64, a[1], MAX_FDS) * sizeof(struct pollfd);
		return p[0].size != 0;
	}
	if (a[2] > MAX_PIECES || copy_from_user(t->mm, iov, a[1], a[2] * sizeof(*iov)))
		return 0;
	for (; n < a[2] && left; n++) {
		p[n] = (struct piece){(u64)(uintptr_t)iov[n].iov_base, min_t(u64, iov[n].iov_len, left)};
		left -= p[n].size;
	}
	return n;
}

static void put(struct record *r, struct task_struct *t, u64 nr, s64 ret, struct piece *p, unsigned n)
{
	const struct entry e = {(u32)nr, n, ret};

	write_fully(r->fd, (const char *)&e, sizeof(e));
	for (unsigned i = 0; i < n; i++) {
		char *bytes = malloc(p[i].size);

		if (bytes)
			p[i].size = mm_peek(t->mm, p[i].addr, bytes, p[i].size);
		else
			p[i].size = 0;
		write_fully(r->fd, (const char *)&p[i], sizeof(p[i]));
		write_fully(r->fd, bytes, p[i].size);
		free(bytes);
	}
}

/* ---- playing ---- */

static void __attribute__((noreturn)) diverged(struct record *r, struct task_struct *t, const char *what)
{
	pr_err(t->ulk, "replay: call %lu of the recording: %s", r->calls, what);
	_exit(125);
}

static void get(struct record *r, struct task_struct *t, void *buf, size_t n)
{
	for (size_t done = 0; done < n;) {
		s64 got = HOST(SYS_read, r->fd, (char *)buf + done, n - done);

		if (got <= 0)
			diverged(r, t, "it ends here, the program does not");
		done += (size_t)got;
	}
}

/* The next entry, which must be of call @nr: its result, and its bytes where they belong. */
static s64 play(struct record *r, struct task_struct *t, u64 nr)
{
	struct entry e;
	struct piece p;

	r->calls++;
	get(r, t, &e, sizeof(e));
	if (e.nr != (u32)nr || e.pieces > MAX_PIECES)
		diverged(r, t, "the program makes another one");
	for (u32 i = 0; i < e.pieces; i++) {
		char *bytes;

		get(r, t, &p, sizeof(p));
		bytes = p.size <= MAX_PIECE ? malloc(p.size + 1) : NULL;
		if (!bytes)
			diverged(r, t, "out of memory");
		get(r, t, bytes, p.size);
		access_remote_vm(t->mm, p.addr, bytes, p.size, true);
		free(bytes);
	}
	return e.ret;
}

/* A descriptor of that number, which leads nowhere. */
static void open_placeholder(struct record *r, struct task_struct *t, int fd)
{
	int null = (int)HOST(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);

	if (null == fd)
		return;
	if (null < 0 || HOST(SYS_dup3, null, fd, O_CLOEXEC) < 0)
		diverged(r, t, "no descriptor to be had");
	HOST(SYS_close, null);
}

static s64 play_call(struct record *r, struct task_struct *t, u64 nr, const u64 a[6], const struct rule *rule)
{
	s64 ret = play(r, t, nr);

	if (rule->flags & OPENS && ret >= 0)
		open_placeholder(r, t, (int)ret);
	/* What it prints is to be seen. */
	if (rule->flags & ACTS && (a[0] == 1 || a[0] == 2))
		r->next(t, nr, a);
	return ret;
}

/* ---- mappings of files ---- */

static s64 record_mmap(struct record *r, struct task_struct *t, const u64 a[6])
{
	u64 b[6] = {a[0], a[1], PROT_READ | PROT_WRITE, (a[3] & ~(u64)MAP_TYPE) | MAP_PRIVATE | MAP_ANONYMOUS, ~0UL, 0};
	struct piece p;
	s64 ret;

	if (!r->replay) {
		ret = r->next(t, SYS_mmap, a);
		p = (struct piece){(u64)ret, PAGE_ALIGN(a[1])};
		put(r, t, SYS_mmap, ret, &p, ret > 0 || ret < -4095);
		return ret;
	}
	/* The same place is free: the same address is found. */
	ret = r->next(t, SYS_mmap, b);
	if (play(r, t, SYS_mmap) != ret)
		diverged(r, t, "a file was mapped elsewhere");
	r->next(t, SYS_mprotect, (u64[6]){(u64)ret, PAGE_ALIGN(a[1]), a[2]});
	return ret;
}

/* What passes by the program's memory would have to be recorded, too: in both runs these are refused as where a filesystem has
 * no such thing, and programs read and write instead. */
static bool copies_inside_kernel(const struct record *r, u64 nr, const u64 a[6])
{
	if (nr == SYS_sendfile)
		return is_outside(r, a[0]) || is_outside(r, a[1]);
	if (nr == SYS_copy_file_range || nr == SYS_splice)
		return is_outside(r, a[0]) || is_outside(r, a[2]);
	return false;
}

static s64 record_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct record *r = observers_of(t)->record;
	const struct rule *rule;
	struct piece p[MAX_PIECES];
	s64 ret;

	nr = (u32)nr;
	if (!r->pid)
		r->pid = t->pid;
	if (t->pid != r->pid)
		return r->next(t, nr, args);
	if (nr == SYS_mmap && !(args[3] & MAP_ANONYMOUS) && is_outside(r, args[4]))
		return record_mmap(r, t, args);
	if (copies_inside_kernel(r, nr, args))
		return nr == SYS_copy_file_range ? -EXDEV : -EINVAL;
	rule = rule_for(r, t, nr, args);
	if (rule && r->replay) {
		ret = play_call(r, t, nr, args, rule);
	} else {
		ret = r->next(t, nr, args);
		/* A call that begins again is recorded when it is done. */
		if (rule && !(ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK))
			put(r, t, nr, ret, p, stored(t, rule, args, ret, p));
	}
	follow_fds(r, nr, args, ret, rule);
	return ret;
}

void record_attach(struct record *r, struct ulk *ulk)
{
	own_descriptor(ulk, &r->fd);
	for (int i = 0; i < 3; i++)
		r->outside[i] = true;
	r->next = ulk->hooks.syscall;
	ulk->hooks.syscall = record_syscall;
	ulk->hooks.syscall_is_fast = NULL;
}
