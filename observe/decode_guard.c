// SPDX-License-Identifier: GPL-2.0-or-later
/* What a program forbids itself: seccomp, Landlock, the attributes of security modules. */
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

static const struct xlat filter_flags[] = {
	{1, "SECCOMP_FILTER_FLAG_TSYNC"}, {2, "SECCOMP_FILTER_FLAG_LOG"}, {4, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	{8, "SECCOMP_FILTER_FLAG_NEW_LISTENER"}, {16, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"},
	{32, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}, {0, NULL},
};

static const struct xlat actions[] = {
	{SECCOMP_RET_KILL_PROCESS, "SECCOMP_RET_KILL_PROCESS"}, {SECCOMP_RET_KILL_THREAD, "SECCOMP_RET_KILL_THREAD"},
	{SECCOMP_RET_TRAP, "SECCOMP_RET_TRAP"}, {SECCOMP_RET_ERRNO, "SECCOMP_RET_ERRNO"},
	{SECCOMP_RET_USER_NOTIF, "SECCOMP_RET_USER_NOTIF"}, {SECCOMP_RET_TRACE, "SECCOMP_RET_TRACE"},
	{SECCOMP_RET_LOG, "SECCOMP_RET_LOG"}, {SECCOMP_RET_ALLOW, "SECCOMP_RET_ALLOW"}, {0, NULL},
};

void put_filter_program(struct tcb *c, u64 addr)
{
	struct { u16 len; u64 filter; } prog;

	if (!addr || !peek(c, addr, &prog, sizeof(prog))) {
		put_addr(c, addr);
		return;
	}
	fprintf(c->out, "{len=%u, filter=", prog.len);
	put_addr(c, prog.filter);
	putc('}', c->out);
}

DECODE(seccomp_flags)
{
	if ((u32)c->a[0] == SECCOMP_SET_MODE_FILTER)
		put_flags(c, (u32)c->a[i], filter_flags, "SECCOMP_FILTER_FLAG_???");
	else
		fprintf(c->out, "%#x", (u32)c->a[i]);
}

DECODE(seccomp_arg)
{
	const u64 addr = c->a[i];
	u16 sizes[3];
	u32 action;

	if ((u32)c->a[0] == SECCOMP_SET_MODE_FILTER) {
		put_filter_program(c, addr);
	} else if ((u32)c->a[0] == SECCOMP_GET_ACTION_AVAIL && addr && peek(c, addr, &action, sizeof(action))) {
		putc('[', c->out);
		put_val(c, action, actions, "SECCOMP_RET_???");
		putc(']', c->out);
	} else if ((u32)c->a[0] == SECCOMP_GET_NOTIF_SIZES && addr && !syserror(c) && peek(c, addr, sizes, sizeof(sizes))) {
		fprintf(c->out, "{seccomp_notif=%u, seccomp_notif_resp=%u, seccomp_data=%u}", sizes[0], sizes[1], sizes[2]);
	} else {
		put_addr(c, addr);
	}
}

/* ---- Landlock ---- */

static const struct xlat fs_access[] = {
	{1, "LANDLOCK_ACCESS_FS_EXECUTE"}, {2, "LANDLOCK_ACCESS_FS_WRITE_FILE"}, {4, "LANDLOCK_ACCESS_FS_READ_FILE"},
	{8, "LANDLOCK_ACCESS_FS_READ_DIR"}, {0x10, "LANDLOCK_ACCESS_FS_REMOVE_DIR"}, {0x20, "LANDLOCK_ACCESS_FS_REMOVE_FILE"},
	{0x40, "LANDLOCK_ACCESS_FS_MAKE_CHAR"}, {0x80, "LANDLOCK_ACCESS_FS_MAKE_DIR"}, {0x100, "LANDLOCK_ACCESS_FS_MAKE_REG"},
	{0x200, "LANDLOCK_ACCESS_FS_MAKE_SOCK"}, {0x400, "LANDLOCK_ACCESS_FS_MAKE_FIFO"}, {0x800, "LANDLOCK_ACCESS_FS_MAKE_BLOCK"},
	{0x1000, "LANDLOCK_ACCESS_FS_MAKE_SYM"}, {0x2000, "LANDLOCK_ACCESS_FS_REFER"}, {0x4000, "LANDLOCK_ACCESS_FS_TRUNCATE"},
	{0x8000, "LANDLOCK_ACCESS_FS_IOCTL_DEV"}, {0, NULL},
};

static const struct xlat net_access[] = {
	{1, "LANDLOCK_ACCESS_NET_BIND_TCP"}, {2, "LANDLOCK_ACCESS_NET_CONNECT_TCP"}, {0, NULL},
};

static const struct xlat scopes[] = {
	{1, "LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET"}, {2, "LANDLOCK_SCOPE_SIGNAL"}, {0, NULL},
};

/* A structure that has grown: what is shown of it is what the size in the next argument covers. */
DECODE(landlock_ruleset)
{
	const u64 size = c->a[i + 1];
	u64 attr[3] = {};

	if (!c->a[i] || size < sizeof(attr[0]) || !peek(c, c->a[i], attr, min_t(u64, size, sizeof(attr)))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{handled_access_fs=", c->out);
	put_flags(c, attr[0], fs_access, "LANDLOCK_ACCESS_FS_???");
	if (size >= 16) {
		fputs(", handled_access_net=", c->out);
		put_flags(c, attr[1], net_access, "LANDLOCK_ACCESS_NET_???");
	}
	if (size >= 24) {
		fputs(", scoped=", c->out);
		put_flags(c, attr[2], scopes, "LANDLOCK_SCOPE_???");
	}
	put_extra(c, c->a[i], sizeof(attr), size);
	putc('}', c->out);
}

DECODE(landlock_rule)
{
	struct landlock_path_beneath_attr path;
	u64 port[2];

	if (c->a[1] == LANDLOCK_RULE_PATH_BENEATH && peek(c, c->a[i], &path, sizeof(path))) {
		fputs("{allowed_access=", c->out);
		put_flags(c, path.allowed_access, fs_access, "LANDLOCK_ACCESS_FS_???");
		fprintf(c->out, ", parent_fd=%d}", path.parent_fd);
	} else if (c->a[1] == 2 && peek(c, c->a[i], port, sizeof(port))) {   /* LANDLOCK_RULE_NET_PORT */
		fputs("{allowed_access=", c->out);
		put_flags(c, port[0], net_access, "LANDLOCK_ACCESS_NET_???");
		fprintf(c->out, ", port=%lu}", port[1]);
	} else {
		put_addr(c, c->a[i]);
	}
}

/* ---- security modules ---- */

static const struct xlat modules[] = {
	{0, "LSM_ID_UNDEF"}, {100, "LSM_ID_CAPABILITY"}, {101, "LSM_ID_SELINUX"}, {102, "LSM_ID_SMACK"}, {103, "LSM_ID_TOMOYO"},
	{104, "LSM_ID_APPARMOR"}, {105, "LSM_ID_YAMA"}, {106, "LSM_ID_LOADPIN"}, {107, "LSM_ID_SAFESETID"},
	{108, "LSM_ID_LOCKDOWN"}, {109, "LSM_ID_BPF"}, {110, "LSM_ID_LANDLOCK"}, {111, "LSM_ID_IMA"}, {112, "LSM_ID_EVM"},
	{113, "LSM_ID_IPE"}, {0, NULL},
};

/* How much room there was, and how much is needed: said of a call that failed, too. */
DECODE(lsm_size)
{
	u32 size;

	if (!c->a[i] || !peek(c, c->a[i], &size, sizeof(size)))
		put_addr(c, c->a[i]);
	else if (size == c->kept)
		fprintf(c->out, "[%u]", size);
	else
		fprintf(c->out, "[%u => %u]", c->kept, size);
}

DECODE(lsm_modules)
{
	u64 id;

	if (!c->a[i] || syserror(c) || !peek(c, c->a[i], &id, sizeof(id))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (s64 k = 0; k < c->ret && peek(c, c->a[i] + 8 * (u64)k, &id, sizeof(id)); k++) {
		fputs(k ? ", " : "", c->out);
		put_val(c, id, modules, "LSM_ID_???");
	}
	putc(']', c->out);
}

/* One attribute, or (filled in) as many as the call says. */
DECODE(lsm_context)
{
	struct { u64 id, flags, len, ctx_len; } x;
	const s64 count = c->exiting && c->nr == 459 ? c->ret : 1;
	u64 at = c->a[i];

	if (!at || not_filled(c, i) || !peek(c, at, &x, sizeof(x))) {
		put_addr(c, at);
		return;
	}
	fputs(c->nr == 459 ? "[" : "", c->out);
	for (s64 k = 0; k < count && peek(c, at, &x, sizeof(x)); k++, at += x.len) {
		fputs(k ? ", {id=" : "{id=", c->out);
		if (xlat_name(modules, x.id))
			fputs(xlat_name(modules, x.id), c->out);
		else
			fprintf(c->out, "%#lx", x.id);
		fprintf(c->out, ", flags=%#lx, len=%lu, ctx_len=%lu", x.flags, x.len, x.ctx_len);
		if (x.len >= sizeof(x) && x.ctx_len <= x.len - sizeof(x)) {
			fputs(", ctx=", c->out);
			put_user_bytes(c, at + sizeof(x), x.ctx_len, false);
		}
		putc('}', c->out);
		if (!x.len)
			break;
	}
	fputs(c->nr == 459 ? "]" : "", c->out);
}
