// SPDX-License-Identifier: GPL-2.0-or-later
// SEM_UNDO: what a process took comes back when it ends, even by SIGKILL; SETVAL forgets it.
#include "files.h"
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>

static long op(int id, int by, int flags)
{
	return S(semop, id, (&(struct sembuf){ 0, by, flags }), 1);
}

int main(void)
{
	int id = S(semget, IPC_PRIVATE, 1, 0600), p[2], pid;
	char c;

	pipe(p);
	S(semctl, id, 0, SETVAL, 5);
	if (!fork()) {
		op(id, -3, SEM_UNDO);
		_exit(0);
	}
	wait(NULL);
	P(S(semctl, id, 0, GETVAL));
	pid = fork();
	if (!pid) {
		op(id, -4, SEM_UNDO);
		write(p[1], "", 1);
		pause();
	}
	read(p[0], &c, 1);
	P(S(semctl, id, 0, GETVAL));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	P(S(semctl, id, 0, GETVAL));
	if (!fork()) {
		op(id, 2, SEM_UNDO);
		op(id, -1, SEM_UNDO);
		_exit(0);
	}
	wait(NULL);
	P(S(semctl, id, 0, GETVAL));
	if (!fork()) {
		op(id, -2, SEM_UNDO);
		S(semctl, id, 0, SETVAL, 9);
		_exit(0);
	}
	wait(NULL);
	P(S(semctl, id, 0, GETVAL));
	if (!fork()) {
		op(id, -2, SEM_UNDO);
		execl("/bin/true", "true", NULL);
		_exit(0);
	}
	wait(NULL);
	P(S(semctl, id, 0, GETVAL));
	S(semctl, id, 0, IPC_RMID);
	return 0;
}
