// SPDX-License-Identifier: GPL-2.0-or-later
/* What System V's shmctl, msgctl, semctl, msgsnd and msgrcv are given. */
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)
#define IPC_64 0x100

/* What comes back from STAT, whole; what IPC_SET is given, as far as the kernel looks at it. */
static bool put_perm(struct tcb *c, const char *name, const struct ipc_perm *p, bool set)
{
	fprintf(c->out, "{%s={uid=%u, gid=%u, mode=%#03o", name, p->uid, p->gid, p->mode);
	if (!set)
		fprintf(c->out, ", key=%u, cuid=%u, cgid=%u", (unsigned)p->__key, p->cuid, p->cgid);
	putc('}', c->out);
	return !set;
}

/* Is there a structure at @addr for this command? Then it is copied, else the address is printed. */
static bool ipc_struct(struct tcb *c, u64 addr, int cmd, int stat, void *out, size_t n)
{
	cmd &= ~IPC_64;
	if ((cmd == IPC_STAT || cmd == stat || cmd == IPC_SET) && (cmd == IPC_SET || !syserror(c)) && peek(c, addr, out, n))
		return true;
	put_addr(c, addr);
	return false;
}

DECODE(shmctl_buf)
{
	const int cmd = (int)c->a[1];
	struct shmid_ds ds;

	if (!ipc_struct(c, c->a[i], cmd, SHM_STAT, &ds, sizeof(ds)))
		return;
	if (put_perm(c, "shm_perm", &ds.shm_perm, (cmd & ~IPC_64) == IPC_SET))
		fprintf(c->out, ", shm_segsz=%lu, shm_cpid=%d, shm_lpid=%d, shm_nattch=%lu, shm_atime=%lu, shm_dtime=%lu, "
			"shm_ctime=%lu", ds.shm_segsz, ds.shm_cpid, ds.shm_lpid, ds.shm_nattch, ds.shm_atime, ds.shm_dtime,
			ds.shm_ctime);
	putc('}', c->out);
}

DECODE(msgctl_buf)
{
	const int cmd = (int)c->a[1];
	struct msqid_ds ds;

	if (!ipc_struct(c, c->a[i], cmd, MSG_STAT, &ds, sizeof(ds)))
		return;
	if (put_perm(c, "msg_perm", &ds.msg_perm, (cmd & ~IPC_64) == IPC_SET))
		fprintf(c->out, ", msg_stime=%lu, msg_rtime=%lu, msg_ctime=%lu, msg_qnum=%lu, msg_qbytes=%lu, msg_lspid=%d, "
			"msg_lrpid=%d", ds.msg_stime, ds.msg_rtime, ds.msg_ctime, ds.msg_qnum, ds.msg_qbytes, ds.msg_lspid,
			ds.msg_lrpid);
	else
		fprintf(c->out, ", msg_qbytes=%lu", ds.msg_qbytes);
	putc('}', c->out);
}

DECODE(semctl_arg)
{
	const int cmd = (int)c->a[2];
	struct semid_ds ds;

	if ((cmd & ~IPC_64) == SETVAL) {
		put_addr(c, c->a[i]);
		return;
	}
	if (!ipc_struct(c, c->a[i], cmd, SEM_STAT, &ds, sizeof(ds)))
		return;
	if (put_perm(c, "sem_perm", &ds.sem_perm, (cmd & ~IPC_64) == IPC_SET))
		fprintf(c->out, ", sem_otime=%lu, sem_ctime=%lu, sem_nsems=%lu", ds.sem_otime, ds.sem_ctime, ds.sem_nsems);
	putc('}', c->out);
}

/* The text's room stands in the next argument; all of it is shown, as strace does. */
DECODE(msgbuf)
{
	s64 type;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &type, sizeof(type))) {
		put_addr(c, c->a[i]);
		return;
	}
	fprintf(c->out, "{mtype=%ld, mtext=", type);
	put_user_bytes(c, c->a[i] + 8, c->a[i + 1], false);
	putc('}', c->out);
}

/* ---- what all calls of System V IPC take ---- */

DECODE(ipc_key)
{
	if ((u32)c->a[i])
		fprintf(c->out, "%#x", (u32)c->a[i]);
	else
		fputs("IPC_PRIVATE", c->out);
}

DECODE(ipc_flags)
{
	const struct xlat_set *set = param;
	u32 flags = (u32)c->a[i];

	if (flags & ~0777u) {
		put_flags(c, flags & ~0777u, set->names, set->dflt);
		putc('|', c->out);
	}
	fprintf(c->out, "%#03o", flags & 0777);
}

DECODE(ipc_cmd)
{
	const struct xlat_set *set = param;

	put_val(c, (u32)c->a[i] & ~0x100u, set->names, set->dflt);
}

DECODE(sembufs)
{
	struct sembuf s;

	if (!peek(c, c->a[i], &s, sizeof(s))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (u64 k = 0; k < (u32)c->a[i + 1]; k++) {
		if (!peek(c, c->a[i] + k * sizeof(s), &s, sizeof(s)) || k == c->strlen_max) {
			fputs("...", c->out);
			break;
		}
		fprintf(c->out, "%s{sem_num=%u, sem_op=%d, sem_flg=", k ? ", " : "", s.sem_num, s.sem_op);
		put_flags(c, (u16)s.sem_flg, xlat_semop_flags, "SEM_???");
		putc('}', c->out);
	}
	putc(']', c->out);
}
