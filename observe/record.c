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
#include "kernel/signal.h"
#include "observe/observe.h"
#include "observe/record_internal.h"
#include "syscalls/syscalls.h"

#define MAGIC "ulkrec3\n"
#define MAX_PIECE (1UL << 30)
#define MAX_TRIES 5000             /* of who waits for its entry */

/* How a call is treated, and what it stores. */
struct rule {
	u16 nr;
	enum { FD = 1, PATH = 2, OPENS = 4, ACTS = 8, ADDRESS = 16 } flags;   /* FD: only when argument 0 is outside; ADDRESS:
						with a socket's address and its length besides */
	int arg;                    /* that points to what is stored; -1 nothing */
	s32 size;                  /* bytes; RET: as many as the result says; IOV: in vectors; POLLFDS: of so many; ... */
	int address;               /* ADDRESS: the argument */
};
enum { BUFFER = -8, MMSGHDR = -7, RET = -1, IOV = -2, POLLFDS = -3, EVENTS = -4, FDSETS = -5, MSGHDR = -6 };

static const struct rule rules[] = {
	{SYS_read, FD, 1, RET}, {SYS_pread64, FD, 1, RET}, {SYS_readv, FD, 1, IOV}, {SYS_preadv, FD, 1, IOV}, {SYS_preadv2, FD, 1, IOV},
	{SYS_recvfrom, FD | ADDRESS, 1, BUFFER, 4}, {SYS_recvmsg, FD, 1, MSGHDR}, {SYS_recvmmsg, FD, 1, MMSGHDR}, {SYS_sendmmsg, FD, 1, MMSGHDR},
	{SYS_getdents64, FD, 1, RET}, {SYS_getdents, FD, 1, RET}, {SYS_write, FD | ACTS, -1, 0}, {SYS_writev, FD | ACTS, -1, 0},
	{SYS_pwrite64, FD, -1, 0}, {SYS_pwritev, FD, -1, 0}, {SYS_pwritev2, FD, -1, 0}, {SYS_sendto, FD, -1, 0}, {SYS_sendmsg, FD, -1, 0},
	{SYS_lseek, FD, -1, 0}, {SYS_fstat, FD, 1, 144}, {SYS_fstatfs, FD, 1, 120}, {SYS_ftruncate, FD, -1, 0}, {SYS_fsync, FD, -1, 0},
	{SYS_fdatasync, FD, -1, 0}, {SYS_fallocate, FD, -1, 0}, {SYS_flock, FD, -1, 0}, {SYS_fadvise64, FD, -1, 0}, {SYS_fchmod, FD, -1, 0},
	{SYS_fchown, FD, -1, 0}, {SYS_fchdir, FD, -1, 0}, {SYS_syncfs, FD, -1, 0}, {SYS_readahead, FD, -1, 0}, {SYS_sync_file_range, FD, -1, 0},
	{SYS_connect, FD, -1, 0}, {SYS_bind, FD, -1, 0}, {SYS_listen, FD, -1, 0}, {SYS_shutdown, FD, -1, 0},
	{SYS_getsockname, FD | ADDRESS, -1, 0, 1}, {SYS_getpeername, FD | ADDRESS, -1, 0, 1}, {SYS_setsockopt, FD, -1, 0},
	{SYS_getsockopt, FD | ADDRESS, -1, 0, 3}, {SYS_ioctl, FD, 2, 64}, {SYS_fcntl, FD, 2, 0},
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
	if (r)
		free(r->pieces);
	free(r);
}

/* ---- which calls ---- */

static bool is_restart(s64 ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK;
}

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

static void add(struct record *r, u64 addr, u64 size)
{
	if (!addr || !size)
		return;
	if (r->nr == r->room) {
		size_t room = r->room * 2 + 64;
		struct piece *p = realloc(r->pieces, room * sizeof(*p));

		if (!p)
			return; /* put() has no memory for it either */
		r->pieces = p;
		r->room = room;
	}
	r->pieces[r->nr++] = (struct piece){addr, size};
}

static void add_vectors(struct record *r, struct task_struct *t, u64 vec, u64 count, u64 left)
{
	struct iovec iov;

	for (u64 i = 0; i < count && left && mm_peek(t->mm, vec + i * sizeof(iov), &iov, sizeof(iov)) == sizeof(iov); i++) {
		u64 size = min_t(u64, iov.iov_len, left);

		add(r, (u64)(uintptr_t)iov.iov_base, size);
		left -= size;
	}
}

static void add_message(struct record *r, struct task_struct *t, u64 addr, u64 left)
{
	struct msghdr m;

	if (mm_peek(t->mm, addr, &m, sizeof(m)) != sizeof(m))
		return;
	add(r, addr, sizeof(m));
	add(r, (u64)(uintptr_t)m.msg_name, min_t(u64, m.msg_namelen, 128));
	add(r, (u64)(uintptr_t)m.msg_control, min_t(u64, m.msg_controllen, 65536));
	add_vectors(r, t, (u64)(uintptr_t)m.msg_iov, m.msg_iovlen, left);
}

/* Of recvmmsg and sendmmsg; @received: with what the messages hold. */
static void add_messages(struct record *r, struct task_struct *t, u64 addr, u64 n, bool received)
{
	struct mmsghdr m;

	for (u64 i = 0; i < n && mm_peek(t->mm, addr + i * sizeof(m), &m, sizeof(m)) == sizeof(m); i++) {
		if (received)
			add_message(r, t, addr + i * sizeof(m), m.msg_len);
		add(r, addr + i * sizeof(m) + offsetof(struct mmsghdr, msg_len), sizeof(m.msg_len));
	}
}

static u64 fcntl_size(u64 cmd)
{
	switch (cmd) {
	case F_GETLK: case F_OFD_GETLK:
		return sizeof(struct flock);
	case F_GETOWN_EX:
		return sizeof(struct f_owner_ex);
	}
	return 0;
}

static void stored(struct record *r, struct task_struct *t, const struct rule *rule, const u64 a[6], s64 ret)
{
	u64 at = rule->arg < 0 ? 0 : a[rule->arg];
	u32 len;

	r->nr = 0;
	if (ret < 0)
		return;
	if (rule->size == IOV)
		add_vectors(r, t, at, a[2], (u64)ret);
	else if (rule->size == MSGHDR)
		add_message(r, t, at, (u64)ret);
	else if (rule->size == MMSGHDR)
		add_messages(r, t, at, (u64)ret, rule->nr == SYS_recvmmsg);
	else if (rule->size == FDSETS)
		for (int i = 1; i <= 3; i++)
			add(r, a[i], (min_t(u64, a[0], MAX_FDS) + 63) / 64 * 8);
	else if (rule->size == POLLFDS)
		add(r, at, min_t(u64, a[1], MAX_FDS) * sizeof(struct pollfd));
	else if (rule->size == EVENTS)
		add(r, at, (u64)ret * sizeof(struct epoll_event));
	else if (rule->size == BUFFER)
		add(r, at, min_t(u64, (u64)ret, a[rule->arg + 1]));
	else if (rule->nr == SYS_fcntl)
		add(r, at, fcntl_size(a[1]));
	else
		add(r, at, rule->size == RET ? (u64)ret : (u64)rule->size);
	if (rule->nr == SYS_recvmmsg)
		add(r, a[4], sizeof(struct timespec));
	if (rule->flags & ADDRESS && a[rule->address] && mm_peek(t->mm, a[rule->address + 1], &len, sizeof(len)) == sizeof(len)) {
		add(r, a[rule->address], min_t(u64, len, 4096));
		add(r, a[rule->address + 1], sizeof(len));
	}
}

u64 record_sum(u64 h, const void *bytes, size_t n)
{
	const u8 *p = bytes;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

void record_write(struct record *r, struct task_struct *t, char *bytes, size_t size)
{
	struct entry e;
	s64 ret;

	memcpy(&e, bytes, sizeof(e));
	e.sum = record_sum(0, bytes, size);
	memcpy(bytes, &e, sizeof(e));
	ret = HOST(SYS_write, r->fd, bytes, size);
	if (ret == (s64)size)
		return;
	pr_err(t->ulk, "record: %s", ret < 0 ? strerror((int)-ret) : "the file takes no more");
	det_abort(t, 125);
}

/* An entry is one write: who is interrupted leaves a file that ends with a whole one, or nearly. */
static void put(struct record *r, struct task_struct *t, u64 nr, s64 ret)
{
	struct entry e = {(u32)nr, (u32)r->nr, ret, det_now(t->ulk), t->pid, t->tid, 0};
	size_t size = sizeof(e), at = sizeof(e);
	char *bytes;

	for (size_t i = 0; i < r->nr; i++)
		size += sizeof(*r->pieces) + r->pieces[i].size;
	bytes = malloc(size);
	if (!bytes) {
		pr_err(t->ulk, "record: out of memory");
		det_abort(t, 125);
	}
	for (size_t i = 0; i < r->nr; i++) {
		struct piece *p = &r->pieces[i];

		p->size = mm_peek(t->mm, p->addr, bytes + at + sizeof(*p), p->size);
		memcpy(bytes + at, p, sizeof(*p));
		at += sizeof(*p) + p->size;
	}
	memcpy(bytes, &e, sizeof(e));
	record_write(r, t, bytes, at);
	free(bytes);
}

/* ---- playing ---- */

void __attribute__((noreturn)) record_diverged(struct record *r, struct task_struct *t, const char *what)
{
	pr_err(t->ulk, "replay: call %lu of process %d: %s", r->calls, t->pid, what);
	det_abort(t, 125);
}

void record_read(struct record *r, struct task_struct *t, void *buf, size_t n)
{
	for (size_t done = 0; done < n;) {
		s64 got = HOST(SYS_read, r->fd, (char *)buf + done, n - done);

		if (got <= 0)
			record_diverged(r, t, "the recording ends here, the program does not");
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

/* Wait until the next entry is @t's, and its time has come. False: a signal comes first, perhaps that of @e. */
static bool await_entry(struct record *r, struct task_struct *t, u64 nr, struct entry *e)
{
	for (unsigned tries = 0;; tries++) {
		bool mine;

		record_read(r, t, e, sizeof(*e));
		mine = e->pid == t->pid && e->tid == t->tid;
		if (mine && e->nr == (u32)nr && e->now <= det_now(t->ulk))
			return true;
		HOST(SYS_lseek, r->fd, -(s64)sizeof(*e), SEEK_CUR);
		if (mine && e->nr != (u32)nr && e->nr != SIGNAL_CALL)
			record_diverged(r, t, "the program makes another one");
		if (tries > MAX_TRIES)
			record_diverged(r, t, "the program makes it in another order");
		if (!det_pause(t, mine ? e->now : 0))
			return false;
	}
}

/* The entry's pieces, one behind the other. To be freed. */
static char *read_pieces(struct record *r, struct task_struct *t, const struct entry *e)
{
	struct entry plain = *e;
	size_t size = 0;
	char *bytes = NULL;
	u64 h;

	plain.sum = 0;
	h = record_sum(0, &plain, sizeof(plain));
	for (u32 i = 0; i < e->pieces; i++) {
		struct piece head;
		char *more;

		record_read(r, t, &head, sizeof(head));
		more = head.size <= MAX_PIECE && head.size <= r->size ? realloc(bytes, size + sizeof(head) + head.size) : NULL;
		if (!more)
			record_diverged(r, t, "the recording is damaged");
		bytes = more;
		memcpy(bytes + size, &head, sizeof(head));
		record_read(r, t, bytes + size + sizeof(head), head.size);
		h = record_sum(h, bytes + size, sizeof(head) + head.size);
		size += sizeof(head) + head.size;
	}
	if (h != e->sum)
		record_diverged(r, t, "the recording is damaged");
	return bytes;
}

/* The next entry, which must be of call @nr: its result, and its bytes where they belong. */
static s64 play(struct record *r, struct task_struct *t, u64 nr)
{
	struct entry e;
	size_t at = 0;
	char *bytes;

	r->calls++;
	show_progress(r);
	if (!await_entry(r, t, nr, &e))
		return e.nr == SIGNAL_CALL && e.tid == t->tid && is_restart(e.ret) ? e.ret : -ERESTARTSYS;
	if (is_restart(e.ret))
		record_diverged(r, t, "the recording is damaged");
	bytes = read_pieces(r, t, &e);
	for (u32 i = 0; i < e.pieces; i++) {
		struct piece p;

		memcpy(&p, bytes + at, sizeof(p));
		access_remote_vm(t->mm, p.addr, bytes + at + sizeof(p), p.size, true);
		at += sizeof(p) + p.size;
	}
	free(bytes);
	record_foretell(r, t->ulk);
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
		record_diverged(r, t, "no descriptor to be had");
	HOST(SYS_close, null);
}

static bool opens_cloexec(struct task_struct *t, u64 nr, const u64 a[6])
{
	u64 flags;

	switch (nr) {
	case SYS_open: case SYS_socket:
		return a[1] & O_CLOEXEC;
	case SYS_openat:
		return a[2] & O_CLOEXEC;
	case SYS_openat2:
		return mm_peek(t->mm, a[2], &flags, sizeof(flags)) == sizeof(flags) && flags & O_CLOEXEC;
	case SYS_accept4:
		return a[3] & O_CLOEXEC;
	}
	return false;
}

/* The mask that the call waits with; false: the thread's own. */
static bool mask_of(struct task_struct *t, u64 nr, const u64 a[6], u64 *mask)
{
	u64 at = nr == SYS_ppoll ? a[3] : nr == SYS_epoll_pwait || nr == SYS_epoll_pwait2 ? a[4] : 0;

	if (nr == SYS_pselect6 && (!a[5] || mm_peek(t->mm, a[5], &at, sizeof(at)) != sizeof(at)))
		at = 0;
	return at && mm_peek(t->mm, at, mask, sizeof(*mask)) == sizeof(*mask);
}

static s64 play_masked(struct record *r, struct task_struct *t, u64 nr, const u64 a[6])
{
	u64 mask;
	s64 ret;

	if (!mask_of(t, nr, a, &mask))
		return play(r, t, nr);
	sigmask_begin(t, mask);
	host_mask_open(t);
	ret = play(r, t, nr);
	ret = sigmask_end(t, ret == -ERESTARTNOHAND ? -ERESTARTSYS : ret);
	if (!t->restore_sigmask)
		host_mask_open(t);
	return ret;
}

/* What a write that nobody reads does besides. */
static void play_sigpipe(struct task_struct *t, u64 nr, const u64 a[6])
{
	siginfo_t info = {.si_signo = SIGPIPE, .si_code = SI_USER};

	if ((nr == SYS_sendto && a[3] & MSG_NOSIGNAL) || ((nr == SYS_sendmsg) && a[2] & MSG_NOSIGNAL) ||
	    (nr == SYS_sendmmsg && a[3] & MSG_NOSIGNAL))
		return;
	info.si_pid = t->pid;
	info.si_uid = (uid_t)HOST(SYS_getuid);
	HOST(SYS_rt_tgsigqueueinfo, t->pid, t->tid, SIGPIPE, &info);
}

static bool writes(u64 nr)
{
	switch (nr) {
	case SYS_write: case SYS_writev: case SYS_pwritev2: case SYS_sendto: case SYS_sendmsg: case SYS_sendmmsg:
		return true;
	}
	return false;
}

static s64 play_call(struct record *r, struct task_struct *t, u64 nr, const u64 a[6], const struct rule *rule)
{
	s64 ret = play_masked(r, t, nr, a);

	if (ret == -EPIPE && writes(nr))
		play_sigpipe(t, nr, a);

	if (rule->flags & OPENS && ret >= 0)
		open_placeholder(r, t, (int)ret, opens_cloexec(t, nr, a));
	/* What it prints is to be seen. */
	if (rule->flags & ACTS && ret >= 0 && (a[0] == 1 || a[0] == 2))
		r->next(t, nr, a);
	return ret;
}

/* ---- mappings of files ---- */

static s64 record_mmap(struct record *r, struct task_struct *t, const u64 a[6])
{
	u64 b[6] = {a[0], a[1], PROT_READ | PROT_WRITE, (a[3] & ~(u64)MAP_TYPE) | MAP_PRIVATE | MAP_ANONYMOUS, ~0UL, 0};
	s64 ret;

	if (!r->replay) {
		ret = r->next(t, SYS_mmap, a);
		r->nr = 0;
		if (ret > 0 || ret < -4095)
			add(r, (u64)ret, PAGE_ALIGN(a[1]));
		put(r, t, SYS_mmap, ret);
		return ret;
	}
	/* The same place is free: the same address is found. */
	ret = r->next(t, SYS_mmap, b);
	if (play(r, t, SYS_mmap) != ret)
		record_diverged(r, t, "a file was mapped elsewhere");
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
		if (rule && !is_restart(ret)) {
			stored(r, t, rule, args, ret);
			put(r, t, nr, ret);
		}
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
	ulk->hooks.signal_from_outside = record_signal;
	if (r->replay)
		record_foretell(r, ulk);
}
