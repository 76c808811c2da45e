// SPDX-License-Identifier: GPL-2.0-or-later
/* What System V's shmctl, msgctl, semctl, msgsnd and msgrcv are given. */
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
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

/* What the kind of object is limited to, or how much of it is in use: unsigned numbers, by name. */
static void put_info(struct tcb *c, u64 addr, const char *const *names, size_t size, unsigned count)
{
	u64 v = 0;
	u8 buf[128];

	if (syserror(c) || !peek(c, addr, buf, size * count)) {
		put_addr(c, addr);
		return;
	}
	for (unsigned k = 0; k < count; k++) {
		memcpy(&v, buf + k * size, size);
		fprintf(c->out, "%s%s=%lu", k ? ", " : "{", names[k], v);
	}
	putc('}', c->out);
}

static bool shm_info(struct tcb *c, unsigned i)
{
	static const char *const limits[] = {"shmmax", "shmmin", "shmmni", "shmseg", "shmall"};
	struct shm_info si;

	switch ((int)c->a[1] & ~IPC_64) {
	case IPC_INFO:
		put_info(c, c->a[i], limits, 8, 5);
		return true;
	case SHM_INFO:
		if (syserror(c) || !peek(c, c->a[i], &si, sizeof(si)))
			put_addr(c, c->a[i]);
		else
			fprintf(c->out, "{used_ids=%d, shm_tot=%lu, shm_rss=%lu, shm_swp=%lu, swap_attempts=%lu, swap_successes=%lu}",
				si.used_ids, si.shm_tot, si.shm_rss, si.shm_swp, si.swap_attempts, si.swap_successes);
		return true;
	}
	return false;
}

DECODE(shmctl_buf)
{
	const int cmd = (int)c->a[1];
	struct shmid_ds ds;

	if (shm_info(c, i))
		return;

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
	static const char *const limits[] = {"msgpool", "msgmap", "msgmax", "msgmnb", "msgmni", "msgssz", "msgtql"};
	struct msqid_ds ds;
	struct msginfo mi;

	if ((cmd & ~IPC_64) == IPC_INFO || (cmd & ~IPC_64) == MSG_INFO) {
		/* The last one is shorter. */
		if (syserror(c) || !peek(c, c->a[i], &mi, sizeof(mi))) {
			put_addr(c, c->a[i]);
			return;
		}
		put_info(c, c->a[i], limits, 4, ARRAY_SIZE(limits));
		fseek(c->out, -1, SEEK_CUR);
		fprintf(c->out, ", msgseg=%u}", mi.msgseg);
		return;
	}
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
	static const char *const limits[] = {"semmap", "semmni", "semmns", "semmnu", "semmsl", "semopm", "semume", "semusz",
					     "semvmx", "semaem"};
	struct semid_ds ds;

	if ((cmd & ~IPC_64) == IPC_INFO || (cmd & ~IPC_64) == SEM_INFO) {
		put_info(c, c->a[i], limits, 4, ARRAY_SIZE(limits));
		return;
	}
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

	if (c->nr == SYS_shmget && flags >> 26) {
		/* The size of huge pages, as a power of two. */
		if (flags & 0x3fffe00) {
			put_flags(c, flags & 0x3fffe00, set->names, set->dflt);
			putc('|', c->out);
		}
		fprintf(c->out, "%u<<SHM_HUGE_SHIFT|", flags >> 26);
	} else if (flags & ~0777u) {
		put_flags(c, flags & ~0777u, set->names, set->dflt);
		putc('|', c->out);
	}
	fprintf(c->out, "%#03o", flags & 0777);
}

DECODE(ipc_cmd)
{
	const struct xlat_set *set = param;

	/* Beside an unknown command the bit is told. */
	if (((u32)c->a[i] & 0x100u) && !xlat_name(set->names, (u32)c->a[i] & ~0x100u))
		fputs("IPC_64|", c->out);
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
