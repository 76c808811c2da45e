// SPDX-License-Identifier: GPL-2.0-or-later
/* System V semaphores and messages; pidfds; kcmp; I/O priorities; namespaces: results and errno. */
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include "show.h"

static void semaphores(void)
{
	struct timespec soon = {0, 10000000}, bad = {0, -1};
	unsigned short values[3] = {5, 0, 7}, got[3] = {9, 9, 9};
	struct sembuf ops[3] = {{0, -2, 0}, {1, 1, 0}, {2, 0, IPC_NOWAIT}};
	struct semid_ds ds;
	struct seminfo info;
	int id = semget(IPC_PRIVATE, 3, 0600), status;
	pid_t pid;

	SHOW(id >= 0);
	SHOW(semctl(id, 0, SETALL, values));
	SHOW(semctl(id, 0, GETALL, got));
	printf("%d %d %d\n", got[0], got[1], got[2]);
	SHOW(semctl(id, 0, SETALL, 8));
	SHOW(semctl(id, 0, GETALL, 8));
	SHOW(semop(id, ops, 2));
	SHOW(semop(id, ops, 3));
	SHOW(semctl(id, 0, GETVAL));
	SHOW(semctl(id, 1, GETVAL));
	SHOW(semctl(id, 9, GETVAL));
	SHOW(semctl(id, 2, SETVAL, 0));
	SHOW(semctl(id, 2, SETVAL, -1));
	SHOW(semop(id, ops, 3));
	SHOW(semop(id, ops, 0));
	SHOW(semop(id, (void *)8, 1));
	SHOW(semop(id, ops, 1000000));
	ops[0].sem_num = 3;
	SHOW(semop(id, ops, 1));
	ops[0] = (struct sembuf){2, -1, 0};
	SHOW(semtimedop(id, ops, 1, &soon));
	SHOW(semtimedop(id, ops, 1, &bad));
	SHOW(semtimedop(id, ops, 1, (void *)8));
	memset(&ds, 0, sizeof(ds));
	SHOW(semctl(id, 0, IPC_STAT, &ds));
	printf("%lu %o\n", ds.sem_nsems, ds.sem_perm.mode & 0777);
	ds.sem_perm.mode = 0640;
	SHOW(semctl(id, 0, IPC_SET, &ds));
	SHOW(semctl(id, 0, IPC_STAT, &ds));
	printf("%o\n", ds.sem_perm.mode & 0777);
	SHOW(semctl(id, 0, IPC_STAT, 8));
	SHOW(semctl(id, 0, SEM_INFO, &info) >= 0);
	SHOW(semctl(id, 0, 99));
	pid = fork();
	if (!pid) {
		ops[0] = (struct sembuf){2, 1, SEM_UNDO};
		ops[1] = (struct sembuf){1, 3, 0};
		semop(id, ops, 2);
		_exit(0);
	}
	ops[0] = (struct sembuf){1, -3, 0};
	SHOW(semop(id, ops, 1));
	waitpid(pid, &status, 0);
	SHOW(semctl(id, 2, GETVAL));
	SHOW(semctl(id, 1, GETPID) == getpid());
	SHOW(semctl(id, 0, IPC_RMID));
	SHOW(semctl(id, 0, GETVAL));
	SHOW(semget(IPC_PRIVATE, 0, 0600));
	SHOW(semget(IPC_PRIVATE, 1 << 30, 0600));
}

static void messages(void)
{
	struct {
		long type;
		char text[64];
	} m = {3, "three"}, got;
	struct msqid_ds ds;
	struct msginfo info;
	int id = msgget(IPC_PRIVATE, 0600);

	SHOW(id >= 0);
	SHOW(msgsnd(id, &m, 6, 0));
	m.type = 5;
	strcpy(m.text, "five");
	SHOW(msgsnd(id, &m, 5, 0));
	m.type = 0;
	SHOW(msgsnd(id, &m, 5, 0));
	m.type = 7;
	SHOW(msgsnd(id, &m, 0, 0));
	SHOW(msgsnd(id, &m, -1, 0));
	SHOW(msgsnd(id, &m, 1 << 20, 0));
	SHOW(msgsnd(id, (void *)8, 5, 0));
	memset(&got, 0, sizeof(got));
	SHOW(msgrcv(id, &got, 64, 5, 0));
	printf("%ld %s\n", got.type, got.text);
	SHOW(msgrcv(id, &got, 2, 0, 0));
	SHOW(msgrcv(id, &got, 2, 0, MSG_NOERROR));
	printf("%ld %.2s\n", got.type, got.text);
	SHOW(msgrcv(id, (void *)8, 64, 7, 0));
	SHOW(msgrcv(id, &got, 64, 0, IPC_NOWAIT));
	SHOW(msgrcv(id, &got, -1, 0, IPC_NOWAIT));
	SHOW(msgctl(id, IPC_STAT, &ds));
	printf("%lu messages, %o\n", ds.msg_qnum, ds.msg_perm.mode & 0777);
	SHOW(msgctl(id, MSG_INFO, (void *)&info) >= 0);
	SHOW(msgctl(id, IPC_STAT, (void *)8));
	SHOW(msgctl(id, 99, NULL));
	if (!fork()) {
		m.type = 1;
		msgsnd(id, &m, 5, 0);
		_exit(0);
	}
	SHOW(msgrcv(id, &got, 64, 0, 0));
	wait(NULL);
	SHOW(msgctl(id, IPC_RMID, NULL));
	SHOW(msgsnd(id, &m, 5, 0));
}

static void pidfds(void)
{
	int self = syscall(SYS_pidfd_open, getpid(), 0), fd, file = open("f", O_CREAT | O_RDWR, 0600), null;
	struct pollfd p = {.events = POLLIN};
	siginfo_t info;
	pid_t pid;

	SHOW(self >= 0);
	SHOW(fcntl(self, F_GETFD));
	SHOW(syscall(SYS_pidfd_open, -1, 0));
	SHOW(syscall(SYS_pidfd_open, 0x3fffffff, 0));
	SHOW(syscall(SYS_pidfd_open, getpid(), 1));
	SHOW(syscall(SYS_pidfd_send_signal, self, 0, NULL, 0));
	SHOW(syscall(SYS_pidfd_send_signal, self, 65, NULL, 0));
	SHOW(syscall(SYS_pidfd_send_signal, self, 0, 8, 0));
	SHOW(syscall(SYS_pidfd_send_signal, self, 0, NULL, 99));
	SHOW(syscall(SYS_pidfd_send_signal, file, 0, NULL, 0));
	write(file, "abc", 3);
	fd = syscall(SYS_pidfd_getfd, self, file, 0);
	SHOW(fd >= 0);
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(syscall(SYS_pidfd_getfd, self, 999, 0));
	SHOW(syscall(SYS_pidfd_getfd, self, 15873, 0));
	SHOW(syscall(SYS_pidfd_getfd, self, file, 1));
	SHOW(syscall(SYS_pidfd_getfd, file, file, 0));
	SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, file, fd));
	null = open("/dev/null", O_RDONLY);
	SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, file, null) != 0);
	SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, file, 15873));
	SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_VM, 0, 0));
	SHOW(syscall(SYS_kcmp, getpid(), getpid(), 99, 0, 0));
	SHOW(syscall(SYS_kcmp, getpid(), -1, KCMP_VM, 0, 0));
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	p.fd = syscall(SYS_pidfd_open, pid, 0);
	SHOW(poll(&p, 1, 0));
	SHOW(syscall(SYS_pidfd_send_signal, p.fd, SIGTERM, NULL, 0));
	SHOW(poll(&p, 1, -1));
	memset(&info, 0, sizeof(info));
	SHOW(waitid(P_PIDFD, p.fd, &info, WEXITED));
	SHOW(info.si_status);
}

static void others(void)
{
	struct iovec iov = {mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			    8192};
	int self = syscall(SYS_pidfd_open, getpid(), 0);
	struct utsname uts;

	*(char *)iov.iov_base = 1;
	SHOW(syscall(SYS_process_madvise, self, &iov, 1, MADV_DONTNEED, 0));
	SHOW(*(char *)iov.iov_base);
	SHOW(syscall(SYS_process_madvise, self, &iov, 1, MADV_COLD, 1));
	SHOW(syscall(SYS_process_madvise, self, &iov, 1, 999, 0));
	SHOW(syscall(SYS_process_madvise, self, 8, 1, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, -1, &iov, 1, MADV_COLD, 0));
	SHOW(syscall(SYS_ioprio_get, 1, 0));
	SHOW(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 5));
	SHOW(syscall(SYS_ioprio_get, 1, 0));
	SHOW(syscall(SYS_ioprio_get, 9, 0));
	SHOW(unshare(0x12345678));
	SHOW(unshare(CLONE_FILES | CLONE_FS));
	SHOW(setns(-1, 0));
	SHOW(setns(self, 0));
	if (geteuid() == 0) {
		SHOW(unshare(CLONE_NEWUTS));
		SHOW(sethostname("another", 7));
		uname(&uts);
		puts(uts.nodename);
		SHOW(syscall(SYS_sethostname, 8, 7));
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	semaphores();
	messages();
	pidfds();
	others();
	return 0;
}
