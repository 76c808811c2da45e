// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys: add_key, request_key, keyctl, whose command decides what follows it. */
#include <linux/keyctl.h>
#include <string.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

static const struct xlat special_keys[] = {
	{(u32)-1, "KEY_SPEC_THREAD_KEYRING"}, {(u32)-2, "KEY_SPEC_PROCESS_KEYRING"}, {(u32)-3, "KEY_SPEC_SESSION_KEYRING"},
	{(u32)-4, "KEY_SPEC_USER_KEYRING"}, {(u32)-5, "KEY_SPEC_USER_SESSION_KEYRING"}, {(u32)-6, "KEY_SPEC_GROUP_KEYRING"},
	{(u32)-7, "KEY_SPEC_REQKEY_AUTH_KEY"}, {(u32)-8, "KEY_SPEC_REQUESTOR_KEYRING"}, {0, NULL},
};

static const struct xlat permissions[] = {
	{0x01000000, "KEY_POS_VIEW"}, {0x02000000, "KEY_POS_READ"}, {0x04000000, "KEY_POS_WRITE"}, {0x08000000, "KEY_POS_SEARCH"},
	{0x10000000, "KEY_POS_LINK"}, {0x20000000, "KEY_POS_SETATTR"}, {0x00010000, "KEY_USR_VIEW"}, {0x00020000, "KEY_USR_READ"},
	{0x00040000, "KEY_USR_WRITE"}, {0x00080000, "KEY_USR_SEARCH"}, {0x00100000, "KEY_USR_LINK"}, {0x00200000, "KEY_USR_SETATTR"},
	{0x0100, "KEY_GRP_VIEW"}, {0x0200, "KEY_GRP_READ"}, {0x0400, "KEY_GRP_WRITE"}, {0x0800, "KEY_GRP_SEARCH"},
	{0x1000, "KEY_GRP_LINK"}, {0x2000, "KEY_GRP_SETATTR"}, {0x01, "KEY_OTH_VIEW"}, {0x02, "KEY_OTH_READ"},
	{0x04, "KEY_OTH_WRITE"}, {0x08, "KEY_OTH_SEARCH"}, {0x10, "KEY_OTH_LINK"}, {0x20, "KEY_OTH_SETATTR"}, {0, NULL},
};

static const struct xlat default_rings[] = {
	{(u32)-1, "KEY_REQKEY_DEFL_NO_CHANGE"}, {0, "KEY_REQKEY_DEFL_DEFAULT"}, {1, "KEY_REQKEY_DEFL_THREAD_KEYRING"},
	{2, "KEY_REQKEY_DEFL_PROCESS_KEYRING"}, {3, "KEY_REQKEY_DEFL_SESSION_KEYRING"}, {4, "KEY_REQKEY_DEFL_USER_KEYRING"},
	{5, "KEY_REQKEY_DEFL_USER_SESSION_KEYRING"}, {6, "KEY_REQKEY_DEFL_GROUP_KEYRING"},
	{7, "KEY_REQKEY_DEFL_REQUESTOR_KEYRING"}, {0, NULL},
};

static const struct xlat move_flags[] = {{1, "KEYCTL_MOVE_EXCL"}, {0, NULL}};

static void put_key(struct tcb *c, u64 key)
{
	const char *name = xlat_name(special_keys, (u32)key);

	if (name)
		fputs(name, c->out);
	else
		fprintf(c->out, "%d", (int)key);
}

DECODE(key)
{
	put_key(c, c->a[i]);
}

/* ---- keyctl ---- */

/*
 * What follows each command, a letter for each argument:
 * k key, s string, b bytes and their number, o the same filled in by the kernel, u number, d signed number, i user or group,
 * p permissions, r default keyring, v iovecs and their number, m flags of a move, e error, a address, h Diffie-Hellman's numbers,
 * c the kernel's capabilities (bytes) and their number.
 */
static const char *const formats[] = {
	[KEYCTL_GET_KEYRING_ID] = "kd", [KEYCTL_JOIN_SESSION_KEYRING] = "s", [KEYCTL_UPDATE] = "kb", [KEYCTL_REVOKE] = "k",
	[KEYCTL_CHOWN] = "kii", [KEYCTL_SETPERM] = "kp", [KEYCTL_DESCRIBE] = "ko", [KEYCTL_CLEAR] = "k", [KEYCTL_LINK] = "kk",
	[KEYCTL_UNLINK] = "kk", [KEYCTL_SEARCH] = "kssk", [KEYCTL_READ] = "ko", [KEYCTL_INSTANTIATE] = "kbk",
	[KEYCTL_NEGATE] = "kuk", [KEYCTL_SET_REQKEY_KEYRING] = "r", [KEYCTL_SET_TIMEOUT] = "ku", [KEYCTL_ASSUME_AUTHORITY] = "k",
	[KEYCTL_GET_SECURITY] = "ko", [KEYCTL_SESSION_TO_PARENT] = "", [KEYCTL_REJECT] = "kuek", [KEYCTL_INSTANTIATE_IOV] = "kvk",
	[KEYCTL_INVALIDATE] = "k", [KEYCTL_GET_PERSISTENT] = "ik", [KEYCTL_DH_COMPUTE] = "hoa", [KEYCTL_RESTRICT_KEYRING] = "kss",
	[KEYCTL_MOVE] = "kkkm", [KEYCTL_CAPABILITIES] = "c",
};

static void put_dh(struct tcb *c, u64 addr)
{
	s32 v[3];

	if (!addr || !peek(c, addr, v, sizeof(v)))
		put_addr(c, addr);
	else
		fprintf(c->out, "{private=%d, prime=%d, base=%d}", v[0], v[1], v[2]);
}

/* As many bytes as there was room for of those that there are. */
static void put_filled(struct tcb *c, unsigned k)
{
	if (syserror(c) || !c->a[k])
		put_addr(c, c->a[k]);
	else
		put_user_bytes(c, c->a[k], min_t(u64, (u64)c->ret, c->a[k + 1]), false);
	fprintf(c->out, ", %lu", c->a[k + 1]);
}

static void put_capabilities(struct tcb *c, unsigned k)
{
	u8 bits;

	putc('[', c->out);
	for (u64 n = 0; n < c->a[k + 1] && n < (u64)c->ret && peek(c, c->a[k] + n, &bits, 1); n++)
		fprintf(c->out, "%s%#x", n ? ", " : "", bits);
	fprintf(c->out, "], %lu", c->a[k + 1]);
}

static void put_one(struct tcb *c, char what, unsigned k)
{
	const u64 v = c->a[k];

	switch (what) {
	case 'k': put_key(c, v); break;
	case 's': put_user_string(c, v, c->strlen_max); break;
	case 'u': fprintf(c->out, "%u", (u32)v); break;
	case 'd': fprintf(c->out, "%d", (int)v); break;
	case 'i': decode_uid(c, k, NULL); break;
	case 'p': put_flags(c, (u32)v, permissions, "KEY_???"); break;
	case 'm': put_flags(c, (u32)v, move_flags, "KEYCTL_MOVE_???"); break;
	case 'a': put_addr(c, v); break;
	case 'h': put_dh(c, v); break;
	case 'r':
		if (xlat_name(default_rings, (u32)v))
			fputs(xlat_name(default_rings, (u32)v), c->out);
		else
			fprintf(c->out, "%d /* KEY_REQKEY_DEFL_??? */", (int)v);
		break;
	case 'e':
		if (errno_name((int)v))
			fputs(errno_name((int)v), c->out);
		else
			fprintf(c->out, "%u", (u32)v);
		break;
	}
}

DECODE(keyctl_args)
{
	const u32 cmd = (u32)c->a[0];
	const char *f = cmd < ARRAY_SIZE(formats) ? formats[cmd] : NULL;
	unsigned k = i;

	if (!f) {
		for (; k < 5; k++) {
			fputs(", ", c->out);
			if (cmd >= KEYCTL_PKEY_QUERY && cmd <= KEYCTL_PKEY_VERIFY)
				put_addr(c, c->a[k]);
			else
				fprintf(c->out, "%#lx", c->a[k]);
		}
		return;
	}
	for (; *f; f++, k++) {
		fputs(", ", c->out);
		switch (*f) {
		case 'b':
			put_user_bytes(c, c->a[k], c->a[k + 1], false);
			fprintf(c->out, ", %lu", c->a[k + 1]);
			k++;
			break;
		case 'o':
			put_filled(c, k++);
			break;
		case 'c':
			put_capabilities(c, k++);
			break;
		case 'v':
			put_iovecs(c, c->a[k], c->a[k + 1], ~0UL);
			fprintf(c->out, ", %lu", c->a[k + 1]);
			k++;
			break;
		default:
			put_one(c, *f, k);
		}
	}
}
