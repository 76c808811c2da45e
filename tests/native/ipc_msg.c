// SPDX-License-Identifier: GPL-2.0-or-later
// System V messages: types, MSG_NOERROR, MSG_EXCEPT, MSG_COPY, limits, permissions, removal.
#include "asleep.h"
#include "files.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>

struct m { long type; char text[100]; };

static long put(int q, long type, const char *s)
{
	struct m m = { type };

	strcpy(m.text, s);
	return S(msgsnd, q, &m, strlen(s), IPC_NOWAIT);
}

static long take(int q, size_t room, long type, int flags)
{
	struct m m = { 0 };
	long n = S(msgrcv, q, &m, room, type, flags | IPC_NOWAIT);

	if (n >= 0)
		printf("  %ld %s\n", m.type, m.text);
	return n;
}

int main(void)
{
	int q = S(msgget, IPC_PRIVATE, 0600), st, pid;
	struct msqid_ds ds;

	P(put(q, 5, "five"));
	P(put(q, 2, "two"));
	P(put(q, 9, "nine"));
	P(put(q, 2, "two again"));
	P(put(q, 0, "zero"));
	P(put(q, -1, "minus"));
	P(take(q, 100, 2, 0));
	P(take(q, 100, -5, 0));
	P(take(q, 100, 0, 0));
	P(take(q, 100, 9, MSG_EXCEPT));
	P(take(q, 2, 0, 0));
	P(take(q, 2, 0, MSG_NOERROR));
	P(take(q, 100, 0, 0));
	P(take(q, 100, 5, 0));
	put(q, 1, "copy");
	P(take(q, 100, 0, 040000 /* MSG_COPY */) >= -1);
	P(S(msgctl, q, IPC_STAT, &ds));
	printf("%lu %lu %o lspid %d\n", ds.msg_qnum, ds.__msg_cbytes, ds.msg_perm.mode, ds.msg_lspid == getpid());
	ds.msg_qbytes = 10;
	P(S(msgctl, q, IPC_SET, &ds));
	P(put(q, 1, "too long a text"));
	P(S(msgsnd, q, &(struct m){ 1 }, 100000, IPC_NOWAIT));
	P(S(msgsnd, q, &(struct m){ 1 }, -1, IPC_NOWAIT));
	P(S(msgrcv, q, &(struct m){ 1 }, -1, 0, IPC_NOWAIT));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct m m;

		take(q, 100, 0, 0);
		_exit(S(msgrcv, q, &m, 100, 0, 0) < 0 ? errno : 0);
	}
	until_asleep(pid);
	P(S(msgctl, q, IPC_RMID, NULL));
	wait(&st);
	printf("%s\n", strerrorname_np(WEXITSTATUS(st)));
	P(put(q, 1, "gone"));
	P(S(msgctl, q, 99, NULL));
	P(S(msgget, 0x7abcde, 0));
	return 0;
}
