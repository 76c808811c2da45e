// SPDX-License-Identifier: GPL-2.0-or-later
// System V semaphores: values, several operations at once, waiting for zero, SETALL, counts of waiters, removal.
#include "files.h"
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>

static long op(int id, int num, int by, int flags)
{
	return S(semop, id, (&(struct sembuf){ num, by, flags }), 1);
}

int main(void)
{
	int id = S(semget, IPC_PRIVATE, 3, 0600), st;
	unsigned short all[3] = { 1, 2, 3 };
	struct semid_ds ds;
	struct sembuf two[] = { { 0, -1, IPC_NOWAIT }, { 1, -5, IPC_NOWAIT } };

	P(S(semctl, id, 0, SETALL, all));
	P(S(semctl, id, 2, GETVAL));
	P(op(id, 0, -1, 0));
	P(op(id, 0, -1, IPC_NOWAIT));
	P(op(id, 0, 0, IPC_NOWAIT));
	P(op(id, 1, 0, IPC_NOWAIT));
	P(op(id, 3, 1, 0));
	P(S(semop, id, two, 2));
	P(S(semctl, id, 0, SETVAL, 7));
	P(S(semop, id, two, 2));
	P(S(semctl, id, 0, GETVAL));
	P(S(semctl, id, 0, SETVAL, -1));
	P(S(semctl, id, 0, SETVAL, 32768));
	P(op(id, 0, 32767, 0));
	P(S(semop, id, two, 0));
	P(S(semop, id, two, 501));
	P(S(semctl, id, 0, GETALL, all));
	printf("%d %d %d\n", all[0], all[1], all[2]);
	P(S(semctl, id, 0, GETPID) == getpid());
	P(S(semctl, id, 0, IPC_STAT, &ds));
	printf("%lu %o\n", ds.sem_nsems, ds.sem_perm.mode);
	P(S(semtimedop, id, (&(struct sembuf){ 0, -100, 0 }), 1, (&(struct timespec){ 0, 10000000 })));
	P(S(semtimedop, id, (&(struct sembuf){ 0, -100, 0 }), 1, (&(struct timespec){ 0, -1 })));
	fflush(stdout);
	if (!fork())
		_exit(op(id, 0, -100, 0) < 0 ? errno : 0);
	while (!S(semctl, id, 0, GETNCNT))
		usleep(1000);
	P(S(semctl, id, 0, GETNCNT));
	P(S(semctl, id, 0, GETZCNT));
	P(S(semctl, id, 0, IPC_RMID));
	wait(&st);
	printf("%s\n", strerrorname_np(WEXITSTATUS(st)));
	P(op(id, 0, 1, 0));
	P(S(semget, IPC_PRIVATE, 0, 0600));
	P(S(semget, IPC_PRIVATE, 100000, 0600));
	P(S(semget, 0x7abcdf, 1, 0));
	return 0;
}
