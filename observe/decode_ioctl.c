// SPDX-License-Identifier: GPL-2.0-or-later
/* ioctl: commands by name, and what those of files and namespaces are given. */
#include <asm/ioctls.h>
#include <asm/ioctl.h>
#include <asm-generic/ioctl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/nsfs.h>
#include <linux/random.h>
#include <linux/sockios.h>
#include "observe/decode_ioctl.h"
#include "observe/xlat.h"

/* Newer than the headers: pids from the point of view of another namespace. */
#define NS_GET_PID_FROM_PIDNS_ 0x8004b706U
#define NS_GET_TGID_FROM_PIDNS_ 0x8004b707U
#define NS_GET_PID_IN_PIDNS_ 0x8004b708U
#define NS_GET_TGID_IN_PIDNS_ 0x8004b709U

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(ioctl_cmd)
{
	u32 cmd = (u32)c->a[i];
	const char *name = xlat_name(xlat_ioctls, cmd);
	static const char *const dirs[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};

	if (name)
		fputs(name, c->out);
	else
		fprintf(c->out, "_IOC(%s, %#x, %#x, %#x)", dirs[_IOC_DIR(cmd)], _IOC_TYPE(cmd), _IOC_NR(cmd),
			_IOC_SIZE(cmd));
}

/* A number of @size bytes behind the pointer, in brackets. */
static void put_number(struct tcb *c, u64 addr, size_t size)
{
	u64 v = 0;

	if (syserror(c) || !peek(c, addr, &v, size))
		put_addr(c, addr);
	else if (size == 8)
		fprintf(c->out, "[%lu]", v);
	else
		fprintf(c->out, "[%d]", size == 2 ? (u16)v : (int)v);
}

static void put_inode_flags(struct tcb *c, u64 addr, bool set)
{
	int v;

	if ((!set && syserror(c)) || !peek(c, addr, &v, sizeof(v))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	put_flags(c, (u32)v, xlat_inode_flags, "FS_???_FL");
	putc(']', c->out);
}

static void put_fsxattr(struct tcb *c, u64 addr, bool set)
{
	struct fsxattr x;

	if ((!set && syserror(c)) || !peek(c, addr, &x, sizeof(x))) {
		put_addr(c, addr);
		return;
	}
	fputs("{fsx_xflags=", c->out);
	put_flags(c, x.fsx_xflags, xlat_fsx_flags, "FS_XFLAG_???");
	fprintf(c->out, ", fsx_extsize=%u", x.fsx_extsize);
	if (!set)
		fprintf(c->out, ", fsx_nextents=%u", x.fsx_nextents);
	fprintf(c->out, ", fsx_projid=%u, fsx_cowextsize=%u}", x.fsx_projid, x.fsx_cowextsize);
}

static void put_clone_range(struct tcb *c, u64 addr)
{
	struct file_clone_range r;

	if (!peek(c, addr, &r, sizeof(r)))
		put_addr(c, addr);
	else
		fprintf(c->out, "{src_fd=%d, src_offset=%llu, src_length=%llu, dest_offset=%llu}",
			(int)r.src_fd, r.src_offset, r.src_length, r.dest_offset);
}

static void put_trim(struct tcb *c, u64 addr)
{
	struct fstrim_range r;

	if (!peek(c, addr, &r, sizeof(r)))
		put_addr(c, addr);
	else
		fprintf(c->out, "{start=%#llx, len=%#llx, minlen=%#llx}", r.start, r.len, r.minlen);
}

static const struct xlat fiemap_flags[] = {
	{1, "FIEMAP_FLAG_SYNC"}, {2, "FIEMAP_FLAG_XATTR"}, {4, "FIEMAP_FLAG_CACHE"}, {0, NULL},
};

static const struct xlat extent_flags[] = {
	{1, "FIEMAP_EXTENT_LAST"}, {2, "FIEMAP_EXTENT_UNKNOWN"}, {4, "FIEMAP_EXTENT_DELALLOC"}, {8, "FIEMAP_EXTENT_ENCODED"},
	{0x80, "FIEMAP_EXTENT_DATA_ENCRYPTED"}, {0x100, "FIEMAP_EXTENT_NOT_ALIGNED"}, {0x200, "FIEMAP_EXTENT_DATA_INLINE"},
	{0x400, "FIEMAP_EXTENT_DATA_TAIL"}, {0x800, "FIEMAP_EXTENT_UNWRITTEN"}, {0x1000, "FIEMAP_EXTENT_MERGED"},
	{0x2000, "FIEMAP_EXTENT_SHARED"}, {0, NULL},
};

static void put_extents(struct tcb *c, u64 addr, u32 count)
{
	struct fiemap_extent e;

	fputs("fm_extents=[", c->out);
	for (u32 k = 0; k < count; k++) {
		fputs(k ? ", " : "", c->out);
		if (k == c->strlen_max || !peek(c, addr + k * sizeof(e), &e, sizeof(e))) {
			fputs("...", c->out);
			break;
		}
		fprintf(c->out, "{fe_logical=%llu, fe_physical=%llu, fe_length=%llu, fe_flags=", e.fe_logical, e.fe_physical,
			e.fe_length);
		put_flags(c, e.fe_flags, extent_flags, "FIEMAP_EXTENT_???");
		putc('}', c->out);
	}
	putc(']', c->out);
}

/* Where a file's parts lie. The flags come back changed; c->kept does not hold them, nor need it: they are among the known. */
static void put_fiemap(struct tcb *c, u64 addr)
{
	struct fiemap f;

	if (!peek(c, addr, &f, sizeof(f))) {
		put_addr(c, addr);
		return;
	}
	fprintf(c->out, "{fm_start=%llu, fm_length=%llu, fm_flags=", f.fm_start, f.fm_length);
	put_flags(c, f.fm_flags, fiemap_flags, "FIEMAP_FLAG_???");
	fprintf(c->out, ", fm_extent_count=%u}", f.fm_extent_count);
	if (syserror(c))
		return;
	fputs(" => {fm_flags=", c->out);
	put_flags(c, f.fm_flags, fiemap_flags, "FIEMAP_FLAG_???");
	fprintf(c->out, ", fm_mapped_extents=%u, ", f.fm_mapped_extents);
	if (c->verbose)
		put_extents(c, addr + sizeof(f), f.fm_mapped_extents);
	else
		fputs("...", c->out);
	putc('}', c->out);
}

bool put_file_ioctl(struct tcb *c, unsigned i)
{
	const u64 addr = c->a[i];

	switch ((u32)c->a[1]) {
	case FS_IOC_GETFLAGS:
		put_inode_flags(c, addr, false);
		return true;
	case FS_IOC_SETFLAGS:
		put_inode_flags(c, addr, true);
		return true;
	case FS_IOC_FSGETXATTR:
		put_fsxattr(c, addr, false);
		return true;
	case FS_IOC_FSSETXATTR:
		put_fsxattr(c, addr, true);
		return true;
	case FICLONE:
		fprintf(c->out, "%d", (int)addr);
		return true;
	case FICLONERANGE:
		put_clone_range(c, addr);
		return true;
	case FITRIM:
		put_trim(c, addr);
		return true;
	case FS_IOC_FIEMAP:
		put_fiemap(c, addr);
		return true;
	case NS_GET_PID_FROM_PIDNS_:
	case NS_GET_TGID_FROM_PIDNS_:
	case NS_GET_PID_IN_PIDNS_:
	case NS_GET_TGID_IN_PIDNS_:
	case 0x4c80:   /* LOOP_CTL_ADD */
	case 0x4c81:   /* LOOP_CTL_REMOVE */
		fprintf(c->out, "%d", (int)addr);
		return true;
	case RNDGETENTCNT:
		put_number(c, addr, 4);
		return true;
	case FS_IOC_GETFSLABEL:
		if (syserror(c))
			put_addr(c, addr);
		else
			put_user_string(c, addr, FSLABEL_MAX);
		return true;
	case BLKGETSIZE64:
	case BLKGETSIZE:
	case BLKRAGET:
	case BLKFRAGET:
		put_number(c, addr, 8);
		return true;
	case BLKROTATIONAL:
	case BLKSECTGET:
		put_number(c, addr, 2);
		return true;
	case BLKROGET:
	case BLKSSZGET:
	case BLKBSZGET:
	case BLKIOMIN:
	case BLKIOOPT:
	case BLKPBSZGET:
	case BLKALIGNOFF:
	case BLKDISCARDZEROES:
	case SIOCATMARK:
	case SIOCGPGRP:
	case SIOCSPGRP:
	case FIOSETOWN:
	case FIOGETOWN:
	case NS_GET_OWNER_UID:
		put_number(c, addr, 4);
		return true;
	}
	return false;
}

static bool takes_nothing(u32 cmd)
{
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
	case FIFREEZE:
	case FITHAW:
	case NS_GET_USERNS:
	case NS_GET_PARENT:
	case NS_GET_NSTYPE:
	case LOOP_CLR_FD:
	case 0x4c82:   /* LOOP_CTL_GET_FREE */
	case TIOCEXCL:
	case TIOCNXCL:
	case TIOCNOTTY:
	case TIOCCONS:
	case TIOCSBRK:
	case TIOCCBRK:
	case TIOCVHANGUP:
	case TIOCSSERIAL:
		return true;
	}
	return false;
}

DECODE(ioctl_arg)
{
	if (takes_nothing((u32)c->a[1]))
		return;
	fputs(", ", c->out);
	if (!put_netif_ioctl(c, i) && !put_tty_ioctl(c, i) && !put_file_ioctl(c, i))
		fprintf(c->out, "%#lx", c->a[i]);
}
