// SPDX-License-Identifier: GPL-2.0-or-later
/* Recording what comes from outside, and playing it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "observe/observe.h"
#include "observe/record.h"
#include "syscalls/syscalls.h"

#define MAGIC "ulkrec2\n"
#define MAX_FDS 1024
#define MAX_PIECES 64
#define MAX_PIECE (1UL << 30)
#define MAX_TRIES 5000             /* of who waits for its entry */

struct entry {
	u32 nr;
	u32 pieces;                /* that follow, each a struct piece and its bytes */
	s64 ret;
	u64 now;                   /* virtual time at its end: who waited, waits as long when it is played */
	s32 pid, tid;              /* whose */
	u64 sum;                   /* of this, with 0 here, and of all that follows */
};

struct piece {
	u64 addr, size;
};

/* A copy in each process; the file's position is common to all, and who has the turn reads or writes. */
struct record {
	int fd;
	bool replay;
	u64 calls;                 /* of this process, for messages */
	u64 size;                  /* replay: bytes of the file */
	u64 shown;                 /* when progress was last shown, host time, ns */
	bool terminal;             /* progress is shown */
	bool outside[MAX_FDS];     /* descriptors whose other end is not the program's own */
	s64 (*next)(struct task_struct *t, u64 nr, const u64 args[6]);
};

/* How a call is treated, and what it stores. */
struct rule {
	u16 nr;
	enum { FD = 1, PATH = 2, OPENS = 4, ACTS = 8, ADDRESS = 16 } flags;   /* FD: only when argument 0 is outside; ADDRESS:
						with a socket's address and its length besides */
	int arg;                    /* that points to what is stored; -1 nothing */
	s32 size;                  /* bytes; RET: as many as the result says; IOV: in vectors; POLLFDS: of so many; ... */
	int address;               /* ADDRESS: the argument */
};
enum { RET = -1, IOV = -2, POLLFDS = -3, EVENTS = -4, FDSETS = -5, MSGHDR = -6 };

static const struct rule rules[] = {
	{SYS_read, FD, 1, RET}, {SYS_pread64, FD, 1, RET}, {SYS_readv, FD, 1, IOV}, {SYS_preadv, FD, 1, IOV}, {SYS_preadv2, FD, 1, IOV},
	{SYS_recvfrom, FD | ADDRESS, 1, RET, 4}, {SYS_recvmsg, FD, 1, MSGHDR},
	{SYS_getdents64, FD, 1, RET}, {SYS_getdents, FD, 1, RET}, {SYS_write, FD | ACTS, -1, 0}, {SYS_writev, FD | ACTS, -1, 0},
	{SYS_pwrite64, FD, -1, 0}, {SYS_pwritev, FD, -1, 0}, {SYS_pwritev2, FD, -1, 0}, {SYS_sendto, FD, -1, 0}, {SYS_sendmsg, FD, -1, 0},
	{SYS_lseek, FD, -1, 0}, {SYS_fstat, FD, 1, 144}, {SYS_fstatfs, FD, 1, 120}, {SYS_ftruncate, FD, -1, 0}, {SYS_fsync, FD, -1, 0},
	{SYS_fdatasync, FD, -1, 0}, {SYS_fallocate, FD, -1, 0}, {SYS_flock, FD, -1, 0}, {SYS_fadvise64, FD, -1, 0}, {SYS_fchmod, FD, -1, 0},
	{SYS_fchown, FD, -1, 0}, {SYS_fchdir, FD, -1, 0}, {SYS_syncfs, FD, -1, 0}, {SYS_readahead, FD, -1, 0}, {SYS_sync_file_range, FD, -1, 0},
	{SYS_connect, FD, -1, 0}, {SYS_bind, FD, -1, 0}, {SYS_listen, FD, -1, 0}, {SYS_shutdown, FD, -1, 0},
	{SYS_getsockname, FD | ADDRESS, -1, 0, 1}, {SYS_getpeername, FD | ADDRESS, -1, 0, 1}, {SYS_setsockopt, FD, -1, 0},
	{SYS_getsockopt, FD | ADDRESS, -1, 0, 3}, {SYS_ioctl, FD, 2, 64}, {SYS_fcntl, FD, -1, 0},
	{SYS_accept, FD | OPENS | ADDRESS, -1, 0, 1}, {SYS_accept4, FD | OPENS | ADDRESS, -1, 0, 1},
	{SYS_poll, PATH, 0, POLLFDS}, {SYS_ppoll, PATH, 0, POLLFDS}, {SYS_select, PATH, 1, FDSETS}, {SYS_pselect6, PATH, 1, FDSETS},
	{SYS_epoll_ctl, PATH, -1, 0},
	/* Whatever it waits for: another thread may add to it meanwhile. */
	{SYS_epoll_wait, PATH, 1, EVENTS}, {SYS_epoll_pwait, PATH, 1, EVENTS}, {SYS_epoll_pwait2, PATH, 1, EVENTS},
	{SYS_open, PATH | OPENS, -1, 0}, {SYS_openat, PATH | OPENS, -1, 0}, {SYS_openat2, PATH | OPENS, -1, 0},
	{SYS_creat, PATH | OPENS, -1, 0}, {SYS_socket, PATH | OPENS, -1, 0},
	{SYS_stat, PATH, 1, 144}, {SYS_lstat, PATH, 1, 144}, {SYS_newfstatat, PATH, 2, 144}, {SYS_statx, PATH, 4, 256},
	{SYS_statfs, PATH, 1, 120}, {SYS_access, PATH, -1, 0}, {SYS_faccessat, PATH, -1, 0}, {SYS_faccessat2, PATH, -1, 0},
	{SYS_readlink, PATH, 1, RET}, {SYS_readlinkat, PATH, 2, RET}, {SYS_getcwd, PATH, 0, RET}, {SYS_chdir, PATH, -1, 0},
	{SYS_unlink, PATH, -1, 0}, {SYS_unlinkat, PATH, -1, 0}, {SYS_rename, PATH, -1, 0}, {SYS_renameat, PATH, -1, 0},
	{SYS_renameat2, PATH, -1, 0}, {SYS_mkdir, PATH, -1, 0}, {SYS_mkdirat, PATH, -1, 0}, {SYS_rmdir, PATH, -1, 0}, {SYS_link, PATH, -1, 0},
	{SYS_linkat, PATH, -1, 0}, {SYS_symlink, PATH, -1, 0}, {SYS_symlinkat, PATH, -1, 0}, {SYS_mknod, PATH, -1, 0}, {SYS_mknodat, PATH, -1, 0},
	{SYS_chmod, PATH, -1, 0}, {SYS_fchmodat, PATH, -1, 0}, {SYS_chown, PATH, -1, 0}, {SYS_lchown, PATH, -1, 0}, {SYS_fchownat, PATH, -1, 0},
	{SYS_truncate, PATH, -1, 0}, {SYS_utimensat, PATH, -1, 0}, {SYS_utime, PATH, -1, 0}, {SYS_utimes, PATH, -1, 0}, {SYS_sync, PATH, -1, 0},
	{SYS_getxattr, PATH, 2, RET}, {SYS_lgetxattr, PATH, 2, RET}, {SYS_fgetxattr, FD, 2, RET}, {SYS_listxattr, PATH, 1, RET},
	{SYS_llistxattr, PATH, 1, RET}, {SYS_flistxattr, FD, 1, RET}, {SYS_uname, PATH, 0, 390}, {SYS_sched_getaffinity, PATH, 2, RET},
};

int record_create(const char *path, bool replay, struct record **out, char *why)
{
	struct record *r = calloc(1, sizeof(*r));
	char magic[sizeof(MAGIC)] = "";
	struct stat st;

	if (!r)
		return -ENOMEM;
	*out = r;
	r->replay = replay;
	r->terminal = replay && isatty(2);
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
	if (replay && !fstat(r->fd, &st))
		r->size = (u64)st.st_size;
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

/* The same for select(2). */
static bool selects_outside(const struct record *r, struct task_struct *t, const u64 a[6])
{
	u8 set[MAX_FDS / 8];

	for (int i = 1; i <= 3; i++) {
		if (!a[i] || mm_peek(t->mm, a[i], set, min_t(u64, (a[0] + 7) / 8, sizeof(set))) != min_t(u64, (a[0] + 7) / 8, sizeof(set)))
			continue;
		for (u64 fd = 0; fd < a[0] && fd < MAX_FDS; fd++) {
			if (set[fd / 8] & 1 << fd % 8 && r->outside[fd])
				return true;
		}
	}
	return false;
}

/* What is asked of the descriptor itself is done again. */
static bool of_descriptor(const u64 a[6])
{
	return a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC || a[1] == F_GETFD || a[1] == F_SETFD;
}

static const struct rule *rule_for(const struct record *r, struct task_struct *t, u64 nr, const u64 a[6])
{
	const struct rule *rule = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rules) && !rule; i++) {
		if (rules[i].nr == nr)
			rule = &rules[i];
	}
	if (!rule || (rule->flags & FD && !is_outside(r, a[0])) || (nr == SYS_fcntl && of_descriptor(a)))
		return NULL;
	if (nr == SYS_epoll_ctl && !is_outside(r, a[2]))
		return NULL;
	if ((rule->size == POLLFDS && !polls_outside(r, t, a)) || (rule->size == FDSETS && !selects_outside(r, t, a)))
		return NULL;
	return rule;
}

static void set_fd(struct record *r, u64 fd, bool outside)
{
	if (fd < MAX_FDS)
		r->outside[fd] = outside;
}

/* Descriptors come, go and are copied. */
static void follow_fds(struct record *r, struct task_struct *t, u64 nr, const u64 a[6], s64 ret, const struct rule *rule)
{
	int pair[2];

	if (ret < 0)
		return;
	if (rule && rule->flags & OPENS) {
		set_fd(r, (u64)ret, true);
		return;
	}
	switch (nr) {
	case SYS_close:
		set_fd(r, a[0], false);
		break;
	case SYS_dup: case SYS_dup2: case SYS_dup3: case SYS_fcntl:
		if (nr != SYS_fcntl || a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC)
			set_fd(r, (u64)ret, is_outside(r, a[0]));
		break;
	case SYS_pipe: case SYS_pipe2: case SYS_socketpair:
		if (mm_peek(t->mm, nr == SYS_socketpair ? a[3] : a[0], pair, sizeof(pair)) == sizeof(pair)) {
			set_fd(r, (u64)pair[0], false);
			set_fd(r, (u64)pair[1], false);
		}
		break;
	case SYS_eventfd: case SYS_eventfd2: case SYS_epoll_create: case SYS_epoll_create1: case SYS_timerfd_create:
	case SYS_memfd_create: case SYS_signalfd: case SYS_signalfd4: case SYS_inotify_init: case SYS_inotify_init1:
	case SYS_pidfd_open: case SYS_userfaultfd: case SYS_memfd_secret:
		set_fd(r, (u64)ret, false);
		break;
	case SYS_execve: case SYS_execveat: case SYS_close_range:
		for (u64 fd = 0; fd < MAX_FDS; fd++) {
			if (r->outside[fd] && HOST(SYS_fcntl, fd, F_GETFD) < 0)
				set_fd(r, fd, false);
		}
	}
}

/* ---- recording ---- */

static unsigned add(struct piece *p, unsigned n, u64 addr, u64 size)
{
	if (!addr || !size || n == MAX_PIECES)
		return n;
	p[n] = (struct piece){addr, size};
	return n + 1;
}

static unsigned add_vectors(struct task_struct *t, struct piece *p, unsigned n, u64 vec, u64 count, u64 left)
{
	struct iovec iov;

	for (u64 i = 0; i < count && left && mm_peek(t->mm, vec + i * sizeof(iov), &iov, sizeof(iov)) == sizeof(iov); i++) {
		u64 size = min_t(u64, iov.iov_len, left);

		n = add(p, n, (u64)(uintptr_t)iov.iov_base, size);
		left -= size;
	}
	return n;
}

static unsigned add_message(struct task_struct *t, struct piece *p, u64 addr, u64 left)
{
	struct msghdr m;
	unsigned n = add(p, 0, addr, sizeof(m));

	if (mm_peek(t->mm, addr, &m, sizeof(m)) != sizeof(m))
		return 0;
	n = add(p, n, (u64)(uintptr_t)m.msg_name, min_t(u64, m.msg_namelen, 128));
	n = add(p, n, (u64)(uintptr_t)m.msg_control, min_t(u64, m.msg_controllen, 65536));
	return add_vectors(t, p, n, (u64)(uintptr_t)m.msg_iov, m.msg_iovlen, left);
}

static unsigned stored(struct task_struct *t, const struct rule *rule, const u64 a[6], s64 ret, struct piece p[MAX_PIECES])
{
	u64 at = rule->arg < 0 ? 0 : a[rule->arg];
	unsigned n = 0;
	u32 len;

	if (ret < 0)
		return 0;
	if (rule->size == IOV)
		n = add_vectors(t, p, n, at, a[2], (u64)ret);
	else if (rule->size == MSGHDR)
		n = add_message(t, p, at, (u64)ret);
	else if (rule->size == FDSETS)
		for (int i = 1; i <= 3; i++)
			n = add(p, n, a[i], (min_t(u64, a[0], MAX_FDS) + 63) / 64 * 8);
	else if (rule->size == POLLFDS)
		n = add(p, n, at, min_t(u64, a[1], MAX_FDS) * sizeof(struct pollfd));
	else if (rule->size == EVENTS)
		n = add(p, n, at, (u64)ret * sizeof(struct epoll_event));
	else
		n = add(p, n, at, rule->size == RET ? (u64)ret : (u64)rule->size);
	if (rule->flags & ADDRESS && a[rule->address] && mm_peek(t->mm, a[rule->address + 1], &len, sizeof(len)) == sizeof(len)) {
		n = add(p, n, a[rule->address], min_t(u64, len, 4096));
		n = add(p, n, a[rule->address + 1], sizeof(len));
	}
	return n;
}

static u64 sum(u64 h, const void *bytes, size_t n)
{
	const u8 *p = bytes;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

/* An entry is one write: who is interrupted leaves a file that ends with a whole one, or nearly. */
static void put(struct record *r, struct task_struct *t, u64 nr, s64 ret, struct piece *p, unsigned n)
{
	struct entry e = {(u32)nr, n, ret, det_now(t->ulk), t->pid, t->tid, 0};
	size_t size = sizeof(e), at = sizeof(e);
	char *bytes;

	for (unsigned i = 0; i < n; i++)
		size += sizeof(p[i]) + p[i].size;
	bytes = malloc(size);
	if (!bytes) {
		pr_err(t->ulk, "record: out of memory");
		det_abort(t, 125);
	}
	for (unsigned i = 0; i < n; i++) {
		p[i].size = mm_peek(t->mm, p[i].addr, bytes + at + sizeof(p[i]), p[i].size);
		memcpy(bytes + at, &p[i], sizeof(p[i]));
		at += sizeof(p[i]) + p[i].size;
	}
	memcpy(bytes, &e, sizeof(e));
	e.sum = sum(0, bytes, at);
	memcpy(bytes, &e, sizeof(e));
	ret = HOST(SYS_write, r->fd, bytes, at);
	if (ret != (s64)at) {
		pr_err(t->ulk, "record: %s", ret < 0 ? strerror((int)-ret) : "the file takes no more");
		det_abort(t, 125);
	}
	free(bytes);
}

/* ---- playing ---- */

static void __attribute__((noreturn)) diverged(struct record *r, struct task_struct *t, const char *what)
{
	pr_err(t->ulk, "replay: call %lu of process %d: %s", r->calls, t->pid, what);
	det_abort(t, 125);
}

static void get(struct record *r, struct task_struct *t, void *buf, size_t n)
{
	for (size_t done = 0; done < n;) {
		s64 got = HOST(SYS_read, r->fd, (char *)buf + done, n - done);

		if (got <= 0)
			diverged(r, t, "the recording ends here, the program does not");
		done += (size_t)got;
	}
}

/* How far a long replay is, now and then. */
static void show_progress(struct record *r)
{
	struct timespec ts;
	char line[64];
	u64 now;
	int n;

	if (!r->terminal || r->calls % 64)
		return;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
	if (!r->shown)
		r->shown = now + 1000000000;
	if (now < r->shown)
		return;
	r->shown = now + 500000000;
	n = snprintf(line, sizeof(line), "\rulk: replay: %lu %%\033[K\r",
		     r->size ? (u64)HOST(SYS_lseek, r->fd, 0, SEEK_CUR) * 100 / r->size : 0);
	HOST(SYS_write, 2, line, n);
}

/* Wait until the next entry is @t's, and its time has come. False: a signal comes first. */
static bool await_entry(struct record *r, struct task_struct *t, u64 nr, struct entry *e)
{
	for (unsigned tries = 0;; tries++) {
		get(r, t, e, sizeof(*e));
		if (e->pid == t->pid && e->tid == t->tid && e->now <= det_now(t->ulk))
			return true;
		HOST(SYS_lseek, r->fd, -(s64)sizeof(*e), SEEK_CUR);
		if (e->pid == t->pid && e->tid == t->tid && e->nr != (u32)nr)
			diverged(r, t, "the program makes another one");
		if (tries > MAX_TRIES)
			diverged(r, t, "the program makes it in another order");
		if (!det_pause(t, e->pid == t->pid && e->tid == t->tid ? e->now : 0))
			return false;
	}
}

/* The next entry, which must be of call @nr: its result, and its bytes where they belong. */
static s64 play(struct record *r, struct task_struct *t, u64 nr)
{
	struct piece *p[MAX_PIECES];
	struct entry e;
	u64 h, should;

	r->calls++;
	show_progress(r);
	if (!await_entry(r, t, nr, &e))
		return -ERESTARTSYS;
	if (e.nr != (u32)nr || e.pieces > MAX_PIECES || (e.ret <= -ERESTARTSYS && e.ret >= -ERESTART_RESTARTBLOCK))
		diverged(r, t, "the program makes another one");
	should = e.sum;
	e.sum = 0;
	h = sum(0, &e, sizeof(e));
	for (u32 i = 0; i < e.pieces; i++) {
		struct piece head;

		get(r, t, &head, sizeof(head));
		p[i] = head.size <= MAX_PIECE && head.size <= r->size ? malloc(sizeof(head) + head.size) : NULL;
		if (!p[i])
			diverged(r, t, "the recording is damaged");
		*p[i] = head;
		get(r, t, p[i] + 1, head.size);
		h = sum(h, p[i], sizeof(head) + head.size);
	}
	if (h != should)
		diverged(r, t, "the recording is damaged");
	for (u32 i = 0; i < e.pieces; i++) {
		access_remote_vm(t->mm, p[i]->addr, p[i] + 1, p[i]->size, true);
		free(p[i]);
	}
	return e.ret;
}

/* A descriptor of that number, which leads nowhere. */
static void open_placeholder(struct record *r, struct task_struct *t, int fd, bool cloexec)
{
	u64 flag = cloexec ? O_CLOEXEC : 0;
	int null = (int)HOST(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | flag, 0);

	if (null == fd)
		return;
	if (null < 0 || fd >= t->ulk->fd_floor || HOST(SYS_dup3, null, fd, flag) < 0)
		diverged(r, t, "no descriptor to be had");
	HOST(SYS_close, null);
}

static bool opens_cloexec(u64 nr, const u64 a[6])
{
	switch (nr) {
	case SYS_open: case SYS_socket:
		return a[1] & O_CLOEXEC;
	case SYS_openat:
		return a[2] & O_CLOEXEC;
	case SYS_accept4:
		return a[3] & O_CLOEXEC;
	}
	return false;
}

static s64 play_call(struct record *r, struct task_struct *t, u64 nr, const u64 a[6], const struct rule *rule)
{
	s64 ret = play(r, t, nr);

	if (rule->flags & OPENS && ret >= 0)
		open_placeholder(r, t, (int)ret, opens_cloexec(nr, a));
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
	follow_fds(r, t, nr, args, ret, rule);
	return ret;
}

void record_attach(struct record *r, struct ulk *ulk)
{
	own_descriptor(ulk, &r->fd);
	for (int i = 0; i < 3; i++)
		r->outside[i] = true;
	r->next = ulk->hooks.syscall;
	if (!r->replay)
		det_in_real_time(ulk);
	ulk->hooks.syscall = record_syscall;
	ulk->hooks.syscall_is_fast = NULL;
}
