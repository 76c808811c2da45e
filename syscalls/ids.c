// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who the process is. Process, user and group numbers are the host's own: changes are made on the host
 * process, so that the host checks files and signals against what the guest sees.
 */
#include <linux/capability.h>
#include <limits.h>
#include <stdlib.h>
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define MAX_GROUPS 65536 /* NGROUPS_MAX of the kernel */

SYSCALL(getpid)
{
	return t->pid;
}

SYSCALL(gettid)
{
	return t->tid;
}

SYSCALL(getppid)
{
	return HOST(SYS_getppid);
}

SYSCALL(getuid)
{
	return HOST(SYS_getuid);
}

SYSCALL(geteuid)
{
	return HOST(SYS_geteuid);
}

SYSCALL(getgid)
{
	return HOST(SYS_getgid);
}

SYSCALL(getegid)
{
	return HOST(SYS_getegid);
}

/*
 * A change of effective or file-system ids makes a process undumpable (commit_creds); the guest's
 * flag lives in its mm. What suid_dumpable says is 0 wherever ulk could want more.
 */
static s64 creds_call(struct task_struct *t, long nr, u64 a0, u64 a1, u64 a2)
{
	s64 euid = HOST(SYS_geteuid), egid = HOST(SYS_getegid), ret;

	ret = HOST(nr, a0, a1, a2);
	if (ret >= 0 && (HOST(SYS_geteuid) != euid || HOST(SYS_getegid) != egid))
		t->mm->flags &= ~(unsigned long)MMF_DUMPABLE_MASK;
	if (ret >= 0)
		task_creds_changed(t);
	return ret;
}

SYSCALL(setuid)
{
	return creds_call(t, SYS_setuid, a[0], 0, 0);
}

SYSCALL(setgid)
{
	return creds_call(t, SYS_setgid, a[0], 0, 0);
}

SYSCALL(setreuid)
{
	return creds_call(t, SYS_setreuid, a[0], a[1], 0);
}

SYSCALL(setregid)
{
	return creds_call(t, SYS_setregid, a[0], a[1], 0);
}

SYSCALL(setresuid)
{
	return creds_call(t, SYS_setresuid, a[0], a[1], a[2]);
}

SYSCALL(setresgid)
{
	return creds_call(t, SYS_setresgid, a[0], a[1], a[2]);
}

/* These return the old id and cannot fail; whether they took effect shows only in the next call. */
static s64 fsid_call(struct task_struct *t, long nr, u64 id)
{
	s64 old = HOST(nr, id);

	if ((u32)old != (u32)HOST(nr, -1))
		t->mm->flags &= ~(unsigned long)MMF_DUMPABLE_MASK;
	return old;
}

SYSCALL(setfsuid)
{
	return fsid_call(t, SYS_setfsuid, a[0]);
}

SYSCALL(setfsgid)
{
	return fsid_call(t, SYS_setfsgid, a[0]);
}

static s64 get_three_ids(struct task_struct *t, long nr, const u64 *a)
{
	u32 id[3];
	s64 ret = HOST(nr, &id[0], &id[1], &id[2]);

	for (int i = 0; i < 3 && ret >= 0; i++) {
		if (put_user(t->mm, id[i], a[i]))
			return -EFAULT;
	}
	return ret;
}

SYSCALL(getresuid)
{
	return get_three_ids(t, SYS_getresuid, a);
}

SYSCALL(getresgid)
{
	return get_three_ids(t, SYS_getresgid, a);
}

SYSCALL(getgroups)
{
	int size = (int)a[0];
	s64 n = HOST(SYS_getgroups, 0, NULL);
	u32 *list;
	s64 ret;

	if (size < 0)
		return -EINVAL;
	if (size == 0 || n <= 0)
		return n;
	if (n > size)
		return -EINVAL;
	list = malloc((size_t)n * sizeof(*list));
	if (!list)
		return -ENOMEM;
	ret = HOST(SYS_getgroups, n, list);
	ret = copy_result(t->mm, ret, a[1], list, (size_t)n * sizeof(*list));
	free(list);
	return ret;
}

SYSCALL(setgroups)
{
	u32 n = (u32)a[0];
	u32 *list = NULL;
	s64 ret;

	if (!host_capable(CAP_SETGID))
		return HOST(SYS_setgroups, 0, NULL);
	if (n > MAX_GROUPS)
		return -EINVAL;
	if (n) {
		list = malloc(n * sizeof(*list));
		if (!list)
			return -ENOMEM;
		if (copy_from_user(t->mm, list, a[1], n * sizeof(*list))) {
			free(list);
			return -EFAULT;
		}
	}
	ret = HOST(SYS_setgroups, n, list);
	free(list);
	return ret;
}

SYSCALL(getpgrp)
{
	return HOST(SYS_getpgid, 0);
}

SYSCALL(getpgid)
{
	return HOST(SYS_getpgid, a[0]);
}

SYSCALL(setpgid)
{
	return HOST(SYS_setpgid, a[0], a[1]);
}

SYSCALL(getsid)
{
	return HOST(SYS_getsid, a[0]);
}

SYSCALL(setsid)
{
	return HOST(SYS_setsid);
}

/* How many 32-bit words of each set a version of the header speaks of; 0: unknown version. */
static int cap_words(u32 version)
{
	switch (version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return _LINUX_CAPABILITY_U32S_1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return _LINUX_CAPABILITY_U32S_3;
	default:
		return 0;
	}
}

SYSCALL(capget)
{
	struct __user_cap_header_struct hdr;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	s64 ret;
	int n;

	if (get_user(t->mm, hdr.version, a[0]))
		return -EFAULT;
	hdr.pid = 0;
	n = cap_words(hdr.version);
	if (!n || !a[1]) {
		/* The host answers with the version it prefers; with no data pointer that is success. */
		ret = HOST(SYS_capget, &hdr, a[1] ? data : NULL);
		if (put_user(t->mm, hdr.version, a[0]))
			return -EFAULT;
		return ret;
	}
	if (get_user(t->mm, hdr.pid, a[0] + offsetof(struct __user_cap_header_struct, pid)))
		return -EFAULT;
	ret = HOST(SYS_capget, &hdr, data);
	return copy_result(t->mm, ret, a[1], data, (size_t)n * sizeof(data[0]));
}

SYSCALL(capset)
{
	struct __user_cap_header_struct hdr;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	s64 ret;
	int n;

	if (get_user(t->mm, hdr.version, a[0]))
		return -EFAULT;
	n = cap_words(hdr.version);
	hdr.pid = 0;
	if (n && get_user(t->mm, hdr.pid, a[0] + offsetof(struct __user_cap_header_struct, pid)))
		return -EFAULT;
	if (n && copy_from_user(t->mm, data, a[1], (size_t)n * sizeof(data[0]))) {
		/* A wrong pid is noticed before the data are read. */
		if (hdr.pid && hdr.pid != t->tid)
			return -EPERM;
		return -EFAULT;
	}
	ret = HOST(SYS_capset, &hdr, data);
	if (!ret)
		task_creds_changed(t);
	if (!n && put_user(t->mm, hdr.version, a[0]))
		return -EFAULT;
	return ret;
}
