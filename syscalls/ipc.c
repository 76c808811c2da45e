// SPDX-License-Identifier: GPL-2.0-or-later
/* System V semaphores and message queues: the host's objects, so that native programs share them. */
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define SEMOPM_MAX  65536
#define MSGMAX_SANE (1UL << 24)

SYSCALL(semget)
{
	return HOST(SYS_semget, a[0], a[1], a[2]);
}

static s64 do_semtimedop(struct task_struct *t, u64 id, u64 uops, u64 nops, u64 utimeout)
{
	struct timespec ts, *timeout = NULL;
	struct sembuf *ops;
	s64 ret;

	if (utimeout) {
		if (get_user(t->mm, ts, utimeout))
			return -EFAULT;
		timeout = &ts;
	}
	if ((u32)nops == 0 || (u32)nops > SEMOPM_MAX)
		return HOST(SYS_semtimedop, id, NULL, nops, timeout);
	ops = malloc((u32)nops * sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	if (copy_from_user(t->mm, ops, uops, (u32)nops * sizeof(*ops))) {
		/* The host's limit on the number of operations comes before the look at them. */
		ret = HOST(SYS_semtimedop, id, NULL, nops, timeout);
	} else {
		/* Never restarted by Linux. */
		ret = HOST_AFTER_SIGNALS(t, SYS_semtimedop, id, ops, nops, timeout);
		if (interrupted(ret))
			ret = -EINTR;
	}
	free(ops);
	return ret;
}

SYSCALL(semop)
{
	return do_semtimedop(t, a[0], a[1], a[2], 0);
}

SYSCALL(semtimedop)
{
	return do_semtimedop(t, a[0], a[1], a[2], a[3]);
}

/* GETALL and SETALL move one short a semaphore; how many there are IPC_STAT says. */
static s64 semctl_all(struct task_struct *t, const u64 *a, bool get)
{
	struct semid_ds ds;
	u16 *values;
	size_t size;
	s64 ret = HOST(SYS_semctl, a[0], 0, IPC_STAT, &ds);

	if (ret < 0)
		return ret;
	size = ds.sem_nsems * sizeof(*values);
	values = malloc(size);
	if (!values)
		return -ENOMEM;
	if (get) {
		ret = HOST(SYS_semctl, a[0], a[1], a[2], values);
		ret = copy_result(t->mm, ret, a[3], values, size);
	} else {
		ret = -EFAULT;
		if (!copy_from_user(t->mm, values, a[3], size))
			ret = HOST(SYS_semctl, a[0], a[1], a[2], values);
	}
	free(values);
	return ret;
}

SYSCALL(semctl)
{
	struct semid_ds ds;
	struct seminfo info;
	s64 ret;

	switch ((int)a[2]) {
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		ret = HOST(SYS_semctl, a[0], a[1], a[2], &ds);
		return copy_result(t->mm, ret, a[3], &ds, sizeof(ds));
	case IPC_SET:
		if (get_user(t->mm, ds, a[3]))
			return -EFAULT;
		return HOST(SYS_semctl, a[0], a[1], a[2], &ds);
	case IPC_INFO:
	case SEM_INFO:
		ret = HOST(SYS_semctl, a[0], a[1], a[2], &info);
		return copy_result(t->mm, ret, a[3], &info, sizeof(info));
	case GETALL:
	case SETALL:
		return semctl_all(t, a, (int)a[2] == GETALL);
	default:
		/* Numbers only: GETVAL, SETVAL, GETPID, GETNCNT, GETZCNT, IPC_RMID, and the unknown. */
		return HOST(SYS_semctl, a[0], a[1], a[2], a[3]);
	}
}

SYSCALL(msgget)
{
	return HOST(SYS_msgget, a[0], a[1]);
}

/* struct msgbuf: a long, then the bytes. */
SYSCALL(msgsnd)
{
	u64 size = a[2];
	struct msginfo limits;
	long type;
	u8 *buf;
	s64 ret;

	if (get_user(t->mm, type, a[1]))
		return -EFAULT;
	/* The size is looked at before the text is. */
	ret = HOST(SYS_msgctl, 0, IPC_INFO, &limits);
	if (ret < 0 || size > (u64)limits.msgmax || type < 1)
		return ret < 0 && ret != -EINVAL ? ret : -EINVAL;
	buf = malloc(sizeof(long) + size);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, &type, sizeof(type));
	if (copy_from_user(t->mm, buf + sizeof(long), a[1] + sizeof(long), size)) {
		ret = -EFAULT;
	} else {
		ret = HOST_AFTER_SIGNALS(t, SYS_msgsnd, a[0], buf, size, a[3]);
		if (interrupted(ret))
			ret = -ERESTARTNOHAND;
	}
	free(buf);
	return ret;
}

SYSCALL(msgrcv)
{
	u64 size = a[2];
	u8 *buf;
	s64 ret;

	if ((s64)size < 0 || (int)a[0] < 0)
		return -EINVAL;
	if (size > MSGMAX_SANE)
		size = MSGMAX_SANE;
	buf = malloc(sizeof(long) + size);
	if (!buf)
		return -ENOMEM;
	ret = HOST_AFTER_SIGNALS(t, SYS_msgrcv, a[0], buf, size, a[3], a[4]);
	if (interrupted(ret))
		ret = -ERESTARTNOHAND;
	if (ret >= 0 && copy_to_user(t->mm, a[1], buf, sizeof(long) + (size_t)ret))
		ret = -EFAULT;
	free(buf);
	return ret;
}

SYSCALL(msgctl)
{
	struct msqid_ds ds;
	struct msginfo info;
	s64 ret;

	switch ((int)a[1]) {
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		ret = HOST(SYS_msgctl, a[0], a[1], &ds);
		return copy_result(t->mm, ret, a[2], &ds, sizeof(ds));
	case IPC_SET:
		if (get_user(t->mm, ds, a[2]))
			return -EFAULT;
		return HOST(SYS_msgctl, a[0], a[1], &ds);
	case IPC_INFO:
	case MSG_INFO:
		ret = HOST(SYS_msgctl, a[0], a[1], &info);
		return copy_result(t->mm, ret, a[2], &info, sizeof(info));
	default:
		return HOST(SYS_msgctl, a[0], a[1], a[2]);
	}
}
