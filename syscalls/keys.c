// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys: keyrings belong to a process, a thread, a session or a user, and the host has all four for the guest
 * as they are. What is to do here is to know which arguments of keyctl's commands are addresses.
 */
#include <linux/keyctl.h>
#include <stdlib.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "syscalls/marshal.h"

/* One more than the kernel takes, so that too long a string stays too long (strndup_user). */
#define TYPE_SIZE     40
#define STRING_SIZE   (4096 + 8)
#define PAYLOAD_MAX   (1024 * 1024 - 1)

/*
 * execve drops the thread's and the process's keyring; but the host process goes on. So they are emptied and hidden, until
 * the new program asks for them to be made.
 */
static void drop_keyrings(struct signal_struct *sig)
{
	sig->keys_stale = false;
	for (int ring = KEY_SPEC_PROCESS_KEYRING; ring <= KEY_SPEC_THREAD_KEYRING; ring++) {
		if (HOST(SYS_keyctl, KEYCTL_GET_KEYRING_ID, ring, 0) < 0)
			continue;
		HOST(SYS_keyctl, KEYCTL_CLEAR, ring);
		sig->keys_hidden |= (u8)(1 << -ring);
	}
}

/* A call names keyring @ring, which would be made if it were not there, or (!@make) would not: is it there? */
static bool ring_there(struct task_struct *t, u64 ring, bool make)
{
	struct signal_struct *sig = t->signal;
	u8 bit = (int)ring == KEY_SPEC_PROCESS_KEYRING || (int)ring == KEY_SPEC_THREAD_KEYRING ? (u8)(1 << -(int)ring) : 0;

	if (sig->keys_stale)
		drop_keyrings(sig);
	if (!(sig->keys_hidden & bit))
		return true;
	if (make)
		sig->keys_hidden &= (u8)~bit;
	return make;
}

/* add_key(type, description, payload, size, keyring) */
SYSCALL(add_key)
{
	char type[TYPE_SIZE], desc[STRING_SIZE];
	struct host_obj payload;
	s64 ret;

	if (a[3] > PAYLOAD_MAX)
		return -EINVAL;
	ring_there(t, a[4], true);
	obj_get_copy(t, &payload, a[2], a[3], false);
	ret = HOST(SYS_add_key, string_get(t, type, sizeof(type), a[0]),
		   string_get(t, desc, sizeof(desc), a[1]), payload.host, a[3], a[4]);
	obj_free(&payload);
	return ret;
}

/* request_key(type, description, callout, keyring): may wait for a program of the host that makes the key. */
SYSCALL(request_key)
{
	char type[TYPE_SIZE], desc[STRING_SIZE], callout[STRING_SIZE];

	ring_there(t, a[3], true);
	return HOST_BLOCKING(t, SYS_request_key, string_get(t, type, sizeof(type), a[0]),
			     string_get(t, desc, sizeof(desc), a[1]),
			     string_get(t, callout, sizeof(callout), a[2]), a[3]);
}

/* keyctl(cmd, key, buffer, size, last): bytes in. */
static s64 payload_in(struct task_struct *t, const u64 *a)
{
	struct host_obj payload;
	s64 ret;

	if (a[3] > PAYLOAD_MAX)
		return -EINVAL;
	obj_get_copy(t, &payload, a[2], a[3], false);
	ret = HOST(SYS_keyctl, a[0], a[1], payload.host, a[3], a[4]);
	obj_free(&payload);
	return ret;
}

/* KEYCTL_INSTANTIATE_IOV: the same from a vector, which is one payload to the kernel, too. */
static s64 payload_vector(struct task_struct *t, const u64 *a)
{
	struct iovec *iov, whole = { 0 };
	u64 total = 0, at = 0;
	s64 ret;
	int n;

	if (!a[2])
		return HOST(SYS_keyctl, a[0], a[1], NULL, a[3], a[4]);
	ret = iovec_from_user(t->mm, a[2], (u32)a[3], &iov, &n);
	if (ret)
		return ret;
	for (int i = 0; i < n; i++)
		total += iov[i].iov_len;
	if (total > PAYLOAD_MAX) {
		ret = -EINVAL;
		goto out;
	}
	whole.iov_base = malloc(total + 1);
	if (!whole.iov_base) {
		ret = -ENOMEM;
		goto out;
	}
	whole.iov_len = total;
	for (int i = 0; i < n && !ret; i++) {
		if (copy_from_user(t->mm, (u8 *)whole.iov_base + at, (u64)iov[i].iov_base, iov[i].iov_len))
			ret = -EFAULT;
		at += iov[i].iov_len;
	}
	if (!ret)
		ret = HOST(SYS_keyctl, a[0], a[1], &whole, 1, a[4]);
	free(whole.iov_base);
out:
	free(iov);
	return ret;
}

/* Bytes out: the result says how many there are, which may be more than there is room for. @at: where the
 * buffer stands among the arguments, its size following. */
static s64 bytes_out(struct task_struct *t, const u64 *a, int at)
{
	u64 room = min_t(u64, a[at + 1], PAYLOAD_MAX), args[5] = { a[0], a[1], a[2], a[3], a[4] };
	struct host_obj buf;
	s64 ret;

	obj_get_copy(t, &buf, a[at], room, true);
	args[at] = (u64)buf.host;
	args[at + 1] = room;
	ret = HOST_BLOCKING(t, SYS_keyctl, args[0], args[1], args[2], args[3], args[4]);
	return obj_put(t, &buf, ret, ret > 0 ? min_t(u64, ret, room) : 0);
}

/* KEYCTL_DH_COMPUTE(three keys, buffer, size, kdf): the last holds two addresses. */
static s64 dh_compute(struct task_struct *t, const u64 *a)
{
	struct { char *hashname; void *otherinfo; u32 otherinfolen, spare[8]; } kdf;
	char hash[STRING_SIZE];
	struct host_obj keys, info = { 0 }, out;
	u64 room = min_t(u64, a[3], PAYLOAD_MAX);
	void *host_kdf = NULL;
	s64 ret;

	OBJ_IN(t, &keys, a[1], 3 * sizeof(s32));
	if (a[4]) {
		if (get_user(t->mm, kdf, a[4]))
			return HOST(SYS_keyctl, a[0], keys.host, NULL, a[3], BAD_HOST_PTR);
		kdf.hashname = (char *)string_get(t, hash, sizeof(hash), (u64)kdf.hashname);
		kdf.otherinfolen = min_t(u32, kdf.otherinfolen, PAYLOAD_MAX);
		kdf.otherinfo = obj_get_copy(t, &info, (u64)kdf.otherinfo, kdf.otherinfolen, false);
		host_kdf = &kdf;
	}
	obj_get_copy(t, &out, a[2], room, true);
	ret = HOST(SYS_keyctl, a[0], keys.host, out.host, room, host_kdf);
	obj_free(&info);
	obj_free(&keys);
	return obj_put(t, &out, ret, ret > 0 ? min_t(u64, ret, room) : 0);
}

/* KEYCTL_PKEY_QUERY(key, 0, info, result) */
static s64 pkey_query(struct task_struct *t, const u64 *a)
{
	char info[STRING_SIZE];
	struct host_obj out;
	s64 ret;

	OBJ_OUT(t, &out, a[4], sizeof(struct keyctl_pkey_query));
	ret = HOST(SYS_keyctl, a[0], a[1], a[2], string_get(t, info, sizeof(info), a[3]), out.host);
	return obj_put(t, &out, ret, ret >= 0 ? out.size : 0);
}

/* KEYCTL_PKEY_ENCRYPT, _DECRYPT, _SIGN, _VERIFY (params, info, in, out or second in) */
static s64 pkey_op(struct task_struct *t, const u64 *a)
{
	bool verify = (u32)a[0] == KEYCTL_PKEY_VERIFY;
	struct keyctl_pkey_params params;
	struct host_obj in, second;
	char info[STRING_SIZE];
	s64 ret;

	if (get_user(t->mm, params, a[1]))
		return HOST(SYS_keyctl, a[0], BAD_HOST_PTR, a[2] ? BAD_HOST_PTR : NULL, NULL, NULL);
	if (params.in_len > PAYLOAD_MAX || params.in2_len > PAYLOAD_MAX)
		return -EINVAL;
	obj_get_copy(t, &in, a[3], params.in_len, false);
	obj_get_copy(t, &second, a[4], params.in2_len, !verify);
	ret = HOST(SYS_keyctl, a[0], &params, string_get(t, info, sizeof(info), a[2]), in.host, second.host);
	obj_free(&in);
	return obj_put(t, &second, ret, ret > 0 && !verify ? (size_t)ret : 0);
}

/* Commands that make no keyring of those they name, with the key they are about as the first argument. */
static bool only_looks(const u64 *a)
{
	switch ((u32)a[0]) {
	case KEYCTL_GET_KEYRING_ID:
		return !a[2];
	case KEYCTL_DESCRIBE:
	case KEYCTL_READ:
	case KEYCTL_GET_SECURITY:
	case KEYCTL_UPDATE:
	case KEYCTL_REVOKE:
	case KEYCTL_SEARCH:
	case KEYCTL_INVALIDATE:
		return true;
	default:
		return false;
	}
}

/* -ENOKEY for a keyring that execve has dropped. */
static s64 rings_of_call(struct task_struct *t, const u64 *a)
{
	if ((!t->signal->keys_stale && !t->signal->keys_hidden) || (u32)a[0] == KEYCTL_JOIN_SESSION_KEYRING)
		return 0;
	if (!ring_there(t, a[1], !only_looks(a)))
		return -ENOKEY;
	if ((u32)a[0] == KEYCTL_UNLINK)
		return ring_there(t, a[2], false) ? 0 : -ENOKEY;
	if ((u32)a[0] == KEYCTL_LINK || (u32)a[0] == KEYCTL_MOVE)
		ring_there(t, a[2], true);
	if ((u32)a[0] == KEYCTL_MOVE)
		ring_there(t, a[3], true);
	if ((u32)a[0] == KEYCTL_SEARCH)
		ring_there(t, a[4], true);
	return 0;
}

SYSCALL(keyctl)
{
	char type[TYPE_SIZE], string[STRING_SIZE];
	s64 err = rings_of_call(t, a);

	if (err)
		return err;
	switch ((u32)a[0]) {
	case KEYCTL_JOIN_SESSION_KEYRING:
		return HOST(SYS_keyctl, a[0], string_get(t, string, sizeof(string), a[1]));
	case KEYCTL_UPDATE:
	case KEYCTL_INSTANTIATE:
		return payload_in(t, a);
	case KEYCTL_INSTANTIATE_IOV:
		return payload_vector(t, a);
	case KEYCTL_DESCRIBE:
	case KEYCTL_READ:
	case KEYCTL_GET_SECURITY:
		return bytes_out(t, a, 2);
	case KEYCTL_CAPABILITIES:
		return bytes_out(t, a, 1);
	case KEYCTL_SEARCH:
		return HOST_BLOCKING(t, SYS_keyctl, a[0], a[1], string_get(t, type, sizeof(type), a[2]),
				     string_get(t, string, sizeof(string), a[3]), a[4]);
	case KEYCTL_RESTRICT_KEYRING:
		return HOST(SYS_keyctl, a[0], a[1], string_get(t, type, sizeof(type), a[2]),
			    string_get(t, string, sizeof(string), a[3]));
	case KEYCTL_WATCH_KEY:
		return HOST(SYS_keyctl, a[0], a[1], fd_host(t, a[2]), a[3]);
	case KEYCTL_DH_COMPUTE:
		return dh_compute(t, a);
	case KEYCTL_PKEY_QUERY:
		return pkey_query(t, a);
	case KEYCTL_PKEY_ENCRYPT:
	case KEYCTL_PKEY_DECRYPT:
	case KEYCTL_PKEY_SIGN:
	case KEYCTL_PKEY_VERIFY:
		return pkey_op(t, a);
	case KEYCTL_GET_KEYRING_ID:
	case KEYCTL_REVOKE:
	case KEYCTL_CHOWN:
	case KEYCTL_SETPERM:
	case KEYCTL_CLEAR:
	case KEYCTL_LINK:
	case KEYCTL_UNLINK:
	case KEYCTL_NEGATE:
	case KEYCTL_SET_REQKEY_KEYRING:
	case KEYCTL_SET_TIMEOUT:
	case KEYCTL_ASSUME_AUTHORITY:
	case KEYCTL_SESSION_TO_PARENT:
	case KEYCTL_REJECT:
	case KEYCTL_INVALIDATE:
	case KEYCTL_GET_PERSISTENT:
	case KEYCTL_MOVE:
		return HOST(SYS_keyctl, a[0], a[1], a[2], a[3], a[4]);
	default:
		return -EOPNOTSUPP;
	}
}
