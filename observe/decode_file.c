// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls on files. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <utime.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

void put_oflags(struct tcb *c, u64 flags)
{
	u64 rest = flags & ~(u64)O_ACCMODE;

	fputs(xlat_name(xlat_open_access, flags & O_ACCMODE), c->out);
	for (const struct xlat *x = xlat_open_flags; x->name; x++) {
		/* O_TMPFILE holds O_DIRECTORY, O_SYNC holds O_DSYNC: the larger one first, unless it is not whole. */
		if ((rest & x->value) == x->value) {
			fprintf(c->out, "|%s", x->name);
			rest &= ~x->value;
		}
	}
	if (rest)
		fprintf(c->out, "|%#lx", rest);
}

DECODE(oflags)
{
	put_oflags(c, (u32)c->a[i]);
}

static bool may_create(u64 flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

DECODE(creat_mode)
{
	if (may_create((u32)c->a[i - 1])) {
		fputs(", ", c->out);
		decode_mode(c, i, param);
	}
}

DECODE(open_how)
{
	struct open_how how;

	if (c->a[i + 1] < sizeof(how) || !peek(c, c->a[i], &how, sizeof(how))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{flags=", c->out);
	put_oflags(c, how.flags);
	if (may_create(how.flags) || how.mode)
		fprintf(c->out, ", mode=%#03llo", how.mode);
	fputs(", resolve=", c->out);
	put_flags(c, how.resolve, xlat_resolve_flags, "RESOLVE_???");
	put_extra(c, c->a[i], sizeof(how), c->a[i + 1]);
	putc('}', c->out);
}

DECODE(access)
{
	put_flags(c, (u32)c->a[i], xlat_access_modes, "?_OK");
}

DECODE(faccessat_flags)
{
	put_flags(c, (u32)c->a[i], xlat_faccessat_flags, "AT_???");
}

DECODE(renameat_flags)
{
	put_flags(c, (u32)c->a[i], xlat_rename_flags, "RENAME_??");
}

DECODE(statx_flags)
{
	u32 flags = (u32)c->a[i], sync = flags & 0x6000, rest = flags & ~0x6000u;

	fputs(sync == 0 ? "AT_STATX_SYNC_AS_STAT" : sync == 0x2000 ? "AT_STATX_FORCE_SYNC" :
	      sync == 0x4000 ? "AT_STATX_DONT_SYNC" : "AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC", c->out);
	if (rest) {
		putc('|', c->out);
		put_flags(c, rest, xlat_at_flags, NULL);
	}
}

DECODE(flock_op)
{
	put_flags(c, (u32)c->a[i], xlat_flock_ops, "LOCK_???");
}

/* ---- stat and its kin ---- */

static void put_time(struct tcb *c, const char *name, s64 sec, u64 nsec)
{
	time_t t = sec;
	struct tm tm;
	char buf[64];

	fprintf(c->out, ", %s=%ld", name, sec);
	if ((sec || nsec) && localtime_r(&t, &tm)) {
		size_t n = strftime(buf, sizeof(buf), "%FT%T", &tm);

		fprintf(c->out, " /* %.*s", (int)n, buf);
		if (nsec)
			fprintf(c->out, ".%09lu", nsec);
		strftime(buf, sizeof(buf), "%z", &tm);
		fprintf(c->out, "%s */", buf);
	}
	if (strcmp(name, "st_atime") == 0 || strcmp(name, "st_mtime") == 0 || strcmp(name, "st_ctime") == 0)
		fprintf(c->out, ", %s_nsec=%lu", name, nsec);
}

DECODE(stat)
{
	struct stat st;
	bool device;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &st, sizeof(st))) {
		put_addr(c, c->a[i]);
		return;
	}
	device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
	putc('{', c->out);
	if (c->verbose) {
		fputs("st_dev=", c->out);
		put_dev(c, st.st_dev);
		fprintf(c->out, ", st_ino=%lu, ", st.st_ino);
	}
	fputs("st_mode=", c->out);
	put_mode(c, st.st_mode);
	if (c->verbose)
		fprintf(c->out, ", st_nlink=%lu, st_uid=%u, st_gid=%u, st_blksize=%ld, st_blocks=%ld", st.st_nlink,
			st.st_uid, st.st_gid, st.st_blksize, st.st_blocks);
	if (device) {
		fputs(", st_rdev=", c->out);
		put_dev(c, st.st_rdev);
	} else {
		fprintf(c->out, ", st_size=%ld", st.st_size);
	}
	if (c->verbose) {
		put_time(c, "st_atime", st.st_atim.tv_sec, (u64)st.st_atim.tv_nsec);
		put_time(c, "st_mtime", st.st_mtim.tv_sec, (u64)st.st_mtim.tv_nsec);
		put_time(c, "st_ctime", st.st_ctim.tv_sec, (u64)st.st_ctim.tv_nsec);
		putc('}', c->out);
	} else {
		fputs(", ...}", c->out);
	}
}

DECODE(statx)
{
	struct statx st;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &st, sizeof(st))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{stx_mask=", c->out);
	put_flags(c, st.stx_mask, xlat_statx_mask, "STATX_???");
	if (c->verbose)
		fprintf(c->out, ", stx_blksize=%u", st.stx_blksize);
	fputs(", stx_attributes=", c->out);
	put_flags(c, st.stx_attributes, xlat_statx_attributes, "STATX_ATTR_???");
	if (c->verbose)
		fprintf(c->out, ", stx_nlink=%u, stx_uid=%u, stx_gid=%u", st.stx_nlink, st.stx_uid, st.stx_gid);
	fputs(", stx_mode=", c->out);
	put_mode(c, st.stx_mode);
	if (c->verbose)
		fprintf(c->out, ", stx_ino=%llu", (unsigned long long)st.stx_ino);
	fprintf(c->out, ", stx_size=%llu", (unsigned long long)st.stx_size);
	if (c->verbose) {
		fprintf(c->out, ", stx_blocks=%llu", (unsigned long long)st.stx_blocks);
		put_time(c, "stx_mtime", st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec);
	}
	fputs(c->verbose ? "}" : ", ...}", c->out);
}

DECODE(statfs)
{
	struct statfs st;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &st, sizeof(st))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{f_type=", c->out);
	put_val(c, (u64)st.f_type, xlat_fs_types, NULL);
	fprintf(c->out, ", f_bsize=%ld, f_blocks=%lu, f_bfree=%lu, f_bavail=%lu, f_files=%lu, f_ffree=%lu", st.f_bsize,
		st.f_blocks, st.f_bfree, st.f_bavail, st.f_files, st.f_ffree);
	fprintf(c->out, ", f_fsid={val=[%#x, %#x]}, f_namelen=%ld, f_frsize=%ld, f_flags=", (u32)st.f_fsid.__val[0],
		(u32)st.f_fsid.__val[1], st.f_namelen, st.f_frsize);
	put_flags(c, (u64)st.f_flags, xlat_statfs_flags, "ST_???");
	putc('}', c->out);
}

static void put_dirent(struct tcb *c, const struct dirent64 *d)
{
	fprintf(c->out, "{d_ino=%lu, d_off=%ld, d_reclen=%u, d_type=", d->d_ino, d->d_off, d->d_reclen);
	put_val(c, d->d_type, xlat_dirent_types, "DT_???");
	fputs(", d_name=", c->out);
	put_string(c, d->d_name, strnlen(d->d_name, sizeof(d->d_name)));
	putc('}', c->out);
}

/* @old: getdents, which has no type, only a byte behind the name. */
static void put_dirents(struct tcb *c, unsigned i, bool old)
{
	const size_t name = old ? offsetof(struct dirent64, d_type) : offsetof(struct dirent64, d_name);

	u8 *buf = not_filled(c, i) || !c->a[i] ? NULL : malloc((size_t)c->ret + sizeof(struct dirent64));
	unsigned n = 0;

	if (!buf || !peek(c, c->a[i], buf, (size_t)c->ret)) {
		put_addr(c, c->a[i]);
		free(buf);
		return;
	}
	for (s64 off = 0; off + (s64)name < c->ret; n++) {
		const struct dirent64 *d = (const void *)(buf + off);

		if (c->verbose && !old) {
			fputs(n ? ", " : "[", c->out);
			put_dirent(c, d);
		}
		if (!d->d_reclen)
			break;
		off += d->d_reclen;
	}
	if (c->verbose && !old)
		fputs(n ? "]" : "[]", c->out);
	else
		fprintf(c->out, "%#lx /* %u entries */", c->a[i], n);
	free(buf);
}

DECODE(dirents)
{
	put_dirents(c, i, false);
}

DECODE(old_dirents)
{
	put_dirents(c, i, true);
}

/* ---- buffers in pieces ---- */

/* @left: how many bytes have been transferred; all ones: there is no such number. */
static void put_iovec_array(struct tcb *c, u64 addr, u64 count, u64 left, bool data)
{
	struct iovec iov;

	if (!addr || count > ~0UL / sizeof(iov) || (count && !peek(c, addr, &iov, sizeof(iov)))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	for (u64 k = 0; k < count; k++) {
		if (k)
			fputs(", ", c->out);
		if (k == c->strlen_max) {
			fputs("...", c->out);
			break;
		}
		if (!peek(c, addr + k * sizeof(iov), &iov, sizeof(iov))) {
			fprintf(c->out, "... /* %#lx */", addr + k * sizeof(iov));
			break;
		}
		u64 n = min_t(u64, iov.iov_len, left);

		fputs("{iov_base=", c->out);
		if (data)
			put_user_bytes(c, (u64)(uintptr_t)iov.iov_base, n, false);
		else
			put_addr(c, (u64)(uintptr_t)iov.iov_base);
		fprintf(c->out, ", iov_len=%zu}", iov.iov_len);
		if (left != ~0UL)
			left -= n;
	}
	putc(']', c->out);
}

void put_iovecs(struct tcb *c, u64 addr, u64 count, u64 left)
{
	put_iovec_array(c, addr, count, left, true);
}

void put_iovec_addrs(struct tcb *c, u64 addr, u64 count)
{
	put_iovec_array(c, addr, count, 0, false);
}

DECODE(iov_in)
{
	put_iovecs(c, c->a[i], c->a[i + 1], ~0UL);
}

DECODE(iov_out)
{
	if (not_filled(c, i))
		put_iovec_addrs(c, c->a[i], c->a[i + 1]);
	else
		put_iovecs(c, c->a[i], c->a[i + 1], (u64)c->ret);
}

DECODE(iov_addrs)
{
	put_iovec_addrs(c, c->a[i], c->a[i + 1]);
}

/* ---- fcntl, utime ---- */

static void put_flock(struct tcb *c, u64 addr, bool with_pid)
{
	struct flock fl;

	if (!peek(c, addr, &fl, sizeof(fl))) {
		put_addr(c, addr);
		return;
	}
	fputs("{l_type=", c->out);
	put_val(c, (u16)fl.l_type, xlat_lock_types, "F_???");
	fputs(", l_whence=", c->out);
	put_val(c, (u16)fl.l_whence, xlat_whence, "SEEK_???");
	fprintf(c->out, ", l_start=%ld, l_len=%ld", fl.l_start, fl.l_len);
	if (with_pid)
		fprintf(c->out, ", l_pid=%d", fl.l_pid);
	putc('}', c->out);
}

static void put_owner(struct tcb *c, u64 addr, bool set)
{
	struct { int type, pid; } owner;

	if ((!set && syserror(c)) || !peek(c, addr, &owner, sizeof(owner))) {
		put_addr(c, addr);
		return;
	}
	fputs("{type=", c->out);
	put_val(c, (u32)owner.type, xlat_owner_types, "F_OWNER_???");
	fprintf(c->out, ", pid=%d}", owner.pid);
}

DECODE(fcntl_arg)
{
	u64 arg = c->a[i];

	switch ((int)c->a[1]) {
	case F_GETFD: case F_GETFL: case F_GETOWN: case F_GETSIG: case F_GETLEASE: case F_GETPIPE_SZ: case F_GET_SEALS:
		return;
	}
	fputs(", ", c->out);
	switch ((int)c->a[1]) {
	case F_SETFD:
		put_flags(c, arg, xlat_fd_flags, "FD_???");
		return;
	case F_SETFL:
		put_oflags(c, (u32)arg);
		return;
	case F_GETLK: case F_OFD_GETLK:
		if (syserror(c))
			put_addr(c, arg);
		else
			put_flock(c, arg, true);
		return;
	case F_SETLK: case F_SETLKW: case F_OFD_SETLK: case F_OFD_SETLKW:
		put_flock(c, arg, false);
		return;
	case F_SETSIG:
		put_signal(c, (int)arg);
		return;
	case F_SETLEASE:
		put_val(c, arg, xlat_lock_types, "F_???");
		return;
	case F_NOTIFY:
		put_flags(c, (u32)arg, xlat_dnotify, "DN_???");
		return;
	case F_ADD_SEALS:
		put_flags(c, arg, xlat_seals, "F_SEAL_???");
		return;
	case F_SETOWN_EX: case F_GETOWN_EX:
		put_owner(c, arg, (int)c->a[1] == F_SETOWN_EX);
		return;
	case F_DUPFD: case F_DUPFD_CLOEXEC: case F_SETPIPE_SZ:
		fprintf(c->out, "%u", (u32)arg);
		return;
	case F_SETOWN: case 1027:   /* F_DUPFD_QUERY */
		fprintf(c->out, "%d", (int)arg);
		return;
	default:
		fprintf(c->out, "%#lx", arg);
	}
}

/* sendfile's offset moves by what was sent. */
DECODE(offset)
{
	u64 v;

	if (!c->a[i] || !peek(c, c->a[i], &v, sizeof(v)))
		put_addr(c, c->a[i]);
	else if (c->ret > 0)
		fprintf(c->out, "[%lu] => [%lu]", v - (u64)c->ret, v);
	else
		fprintf(c->out, "[%lu]", v);
}

DECODE(node_dev)
{
	u32 type = (u32)c->a[i - 1] & S_IFMT;

	if (type == S_IFCHR || type == S_IFBLK) {
		fputs(", ", c->out);
		put_dev(c, (u32)c->a[i]);
	}
}
