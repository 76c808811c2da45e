// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine and its administration: the kernel's log, quotas, modules, segments; attributes of files by structures. */
#include <asm/ldt.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/quota.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

/* ---- the log ---- */

static const struct xlat log_actions[] = {
	{0, "SYSLOG_ACTION_CLOSE"}, {1, "SYSLOG_ACTION_OPEN"}, {2, "SYSLOG_ACTION_READ"}, {3, "SYSLOG_ACTION_READ_ALL"},
	{4, "SYSLOG_ACTION_READ_CLEAR"}, {5, "SYSLOG_ACTION_CLEAR"}, {6, "SYSLOG_ACTION_CONSOLE_OFF"},
	{7, "SYSLOG_ACTION_CONSOLE_ON"}, {8, "SYSLOG_ACTION_CONSOLE_LEVEL"}, {9, "SYSLOG_ACTION_SIZE_UNREAD"},
	{10, "SYSLOG_ACTION_SIZE_BUFFER"}, {0, NULL},
};

static const struct xlat log_levels[] = {
	{0, "LOGLEVEL_EMERG"}, {1, "LOGLEVEL_ALERT"}, {2, "LOGLEVEL_CRIT"}, {3, "LOGLEVEL_ERR"}, {4, "LOGLEVEL_WARNING"},
	{5, "LOGLEVEL_NOTICE"}, {6, "LOGLEVEL_INFO"}, {7, "LOGLEVEL_DEBUG"}, {0, NULL},
};

DECODE(syslog_action)
{
	const char *name = xlat_name(log_actions, (u32)c->a[i]);

	fprintf(c->out, "%d /* %s */", (int)c->a[i], name ? name : "SYSLOG_ACTION_???");
}

/* The buffer and its size, or the level: not all actions have them. */
DECODE(syslog_rest)
{
	const u32 action = (u32)c->a[0];
	const char *level = xlat_name(log_levels, (u32)c->a[2]);

	if (action == 0 || action == 1 || (action >= 5 && action <= 7) || action == 9 || action == 10)
		return;
	fputs(", ", c->out);
	if (action >= 2 && action <= 4 && !syserror(c) && c->a[1])
		put_user_bytes(c, c->a[1], (u64)c->ret, false);
	else
		put_addr(c, c->a[1]);
	if (action == 8)
		fprintf(c->out, ", %d /* %s */", (int)c->a[2], level ? level : "LOGLEVEL_???");
	else
		fprintf(c->out, ", %d", (int)c->a[2]);
}

/* ---- quotas ---- */

static const struct xlat quota_cmds[] = {
	{Q_SYNC, "Q_SYNC"}, {Q_QUOTAON, "Q_QUOTAON"}, {Q_QUOTAOFF, "Q_QUOTAOFF"}, {Q_GETFMT, "Q_GETFMT"}, {Q_GETINFO, "Q_GETINFO"},
	{Q_SETINFO, "Q_SETINFO"}, {Q_GETQUOTA, "Q_GETQUOTA"}, {Q_SETQUOTA, "Q_SETQUOTA"}, {0x800009, "Q_GETNEXTQUOTA"},
	{0x5801, "Q_XQUOTAON"}, {0x5802, "Q_XQUOTAOFF"}, {0x5803, "Q_XGETQUOTA"}, {0x5804, "Q_XSETQLIM"}, {0x5805, "Q_XGETQSTAT"},
	{0x5806, "Q_XQUOTARM"}, {0x5807, "Q_XQUOTASYNC"}, {0x5808, "Q_XGETQSTATV"}, {0x5809, "Q_XGETNEXTQUOTA"}, {0, NULL},
};
static const struct xlat quota_types[] = {{0, "USRQUOTA"}, {1, "GRPQUOTA"}, {2, "PRJQUOTA"}, {0, NULL}};
static const struct xlat quota_formats[] = {{1, "QFMT_VFS_OLD"}, {2, "QFMT_VFS_V0"}, {3, "QFMT_OCFS2"}, {4, "QFMT_VFS_V1"}, {0, NULL}};

DECODE(quota_cmd)
{
	fputs("QCMD(", c->out);
	put_val(c, (u32)c->a[i] >> 8, quota_cmds, "Q_???");
	fputs(", ", c->out);
	put_val(c, c->a[i] & 0xff, quota_types, "???QUOTA");
	putc(')', c->out);
}

static void put_quota(struct tcb *c, u64 addr)
{
	struct dqblk d;

	if (!peek(c, addr, &d, sizeof(d))) {
		put_addr(c, addr);
		return;
	}
	fprintf(c->out, "{dqb_bhardlimit=%lu, dqb_bsoftlimit=%lu, dqb_curspace=%lu, dqb_ihardlimit=%lu, dqb_isoftlimit=%lu, "
		"dqb_curinodes=%lu, ", d.dqb_bhardlimit, d.dqb_bsoftlimit, d.dqb_curspace, d.dqb_ihardlimit, d.dqb_isoftlimit,
		d.dqb_curinodes);
	if (!c->verbose)
		fputs("...}", c->out);
	else
		fprintf(c->out, "dqb_btime=%lu, dqb_itime=%lu, dqb_valid=%#x}", d.dqb_btime, d.dqb_itime, d.dqb_valid);
}

static void put_quota_info(struct tcb *c, u64 addr)
{
	struct dqinfo d;

	if (!peek(c, addr, &d, sizeof(d)))
		put_addr(c, addr);
	else
		fprintf(c->out, "{dqi_bgrace=%lu, dqi_igrace=%lu, dqi_flags=%s%x, dqi_valid=%s%x}", d.dqi_bgrace, d.dqi_igrace,
			d.dqi_flags ? "0x" : "", d.dqi_flags, d.dqi_valid ? "0x" : "", d.dqi_valid);
}

/* What follows the device. */
DECODE(quota_rest)
{
	const u32 cmd = (u32)c->a[0] >> 8;

	switch (cmd) {
	case Q_SYNC:
	case Q_QUOTAOFF:
	case 0x5807:
		return;
	case Q_GETINFO:
	case Q_SETINFO:
		fputs(", ", c->out);
		if (cmd == Q_GETINFO && syserror(c))
			put_addr(c, c->a[i + 1]);
		else
			put_quota_info(c, c->a[i + 1]);
		return;
	case Q_QUOTAON:
		fputs(", ", c->out);
		put_val(c, (u32)c->a[i], quota_formats, "QFMT_VFS_???");
		fputs(", ", c->out);
		put_user_string(c, c->a[i + 1], 4096);
		return;
	}
	fputs(", ", c->out);
	decode_uid(c, i, NULL);
	fputs(", ", c->out);
	if (cmd == Q_SETQUOTA || (cmd == Q_GETQUOTA && !syserror(c)))
		put_quota(c, c->a[i + 1]);
	else
		put_addr(c, c->a[i + 1]);
}

/* ---- the rest ---- */

DECODE(reboot_arg)
{
	if ((u32)c->a[2] == 0xa1b2c3d4) {   /* LINUX_REBOOT_CMD_RESTART2 */
		fputs(", ", c->out);
		put_user_string(c, c->a[i], c->strlen_max);
	}
}

DECODE(user_desc)
{
	struct user_desc d;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &d, sizeof(d)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "{entry_number=%u, base_addr=%s%x, limit=%s%x, seg_32bit=%u, contents=%u, read_exec_only=%u, "
			"limit_in_pages=%u, seg_not_present=%u, useable=%u, lm=%u}", d.entry_number, d.base_addr ? "0x" : "",
			d.base_addr, d.limit ? "0x" : "", d.limit, d.seg_32bit, d.contents, d.read_exec_only, d.limit_in_pages,
			d.seg_not_present, d.useable, d.lm);
}

/* struct xattr_args: where the value is, how long, and how to set it. */
DECODE(xattr_args)
{
	struct { u64 value; u32 size, flags; } x;
	const u64 room = c->a[i + 1];
	u64 shown;

	if (!c->a[i] || room < sizeof(x) || !peek(c, c->a[i], &x, sizeof(x))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{value=", c->out);
	shown = c->exiting && c->nr == 464 ? (u64)c->ret : x.size;
	if (not_filled(c, i))
		put_addr(c, x.value);
	else
		put_user_bytes(c, x.value, shown, false);
	fprintf(c->out, ", size=%u, flags=", x.size);
	put_flags(c, x.flags, xlat_xattr_flags, "XATTR_???");
	put_extra(c, c->a[i], sizeof(x), room);
	putc('}', c->out);
}

/* Attributes' values and names: with no room for any, the kernel only counted. */
DECODE(xattr_value)
{
	if (not_filled(c, i) || !c->a[i + 1])
		put_addr(c, c->a[i]);
	else
		put_user_bytes(c, c->a[i], (u64)c->ret, false);
}

DECODE(xattr_list)
{
	decode_xattr_value(c, i, param);
}

/* cachestat: a range, and what of it is cached. */
DECODE(cache_range)
{
	u64 r[2];

	if (!c->a[i] || !peek(c, c->a[i], r, sizeof(r)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "{off=%lu, len=%lu}", r[0], r[1]);
}

DECODE(cache_stat)
{
	u64 v[5];

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], v, sizeof(v)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "{nr_cache=%lu, nr_dirty=%lu, nr_writeback=%lu, nr_evicted=%lu, nr_recently_evicted=%lu}", v[0],
			v[1], v[2], v[3], v[4]);
}
