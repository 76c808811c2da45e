// SPDX-License-Identifier: GPL-2.0-or-later
/* System V shared memory: the host's segments, so that native programs share them; mm/shm.h attaches. */
#include <sys/shm.h>
#include "mm/shm.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

SYSCALL(shmget)
{
	return HOST(SYS_shmget, a[0], a[1], a[2]);
}

SYSCALL(shmat)
{
	return do_shmat(t->mm, (int)a[0], a[1], (int)a[2]);
}

SYSCALL(shmdt)
{
	return do_shmdt(t->mm, a[0]);
}

/* How much may be locked is the guest's limit, of which the host's process knows nothing otherwise. */
static s64 shm_lock(struct task_struct *t, s64 id)
{
	struct rlimit old;
	s64 ret = HOST(SYS_prlimit64, 0, RLIMIT_MEMLOCK, &t->signal->rlim[RLIMIT_MEMLOCK], &old);

	/* Without the right to go above the host's hard limit that is what there is. */
	if (ret)
		return HOST(SYS_shmctl, id, SHM_LOCK, 0);
	ret = HOST(SYS_shmctl, id, SHM_LOCK, 0);
	HOST(SYS_prlimit64, 0, RLIMIT_MEMLOCK, &old, NULL);
	return ret;
}

SYSCALL(shmctl)
{
	struct shmid_ds ds;
	struct shminfo limits;
	struct shm_info used;
	s64 ret;

	if ((int)a[0] < 0 || (int)a[1] < 0)
		return -EINVAL;
	switch ((int)a[1]) {
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		ret = HOST(SYS_shmctl, a[0], a[1], &ds);
		return copy_result(t->mm, ret, a[2], &ds, sizeof(ds));
	case IPC_SET:
		if (get_user(t->mm, ds, a[2]))
			return -EFAULT;
		return HOST(SYS_shmctl, a[0], a[1], &ds);
	case IPC_INFO:
		ret = HOST(SYS_shmctl, a[0], a[1], &limits);
		return copy_result(t->mm, ret, a[2], &limits, sizeof(limits));
	case SHM_INFO:
		ret = HOST(SYS_shmctl, a[0], a[1], &used);
		return copy_result(t->mm, ret, a[2], &used, sizeof(used));
	case SHM_LOCK:
		return shm_lock(t, a[0]);
	default:
		/* Numbers only: IPC_RMID, SHM_UNLOCK, and the unknown. */
		return HOST(SYS_shmctl, a[0], a[1], a[2]);
	}
}
