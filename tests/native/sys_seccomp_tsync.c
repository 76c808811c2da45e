// SPDX-License-Identifier: GPL-2.0-or-later
/* SECCOMP_FILTER_FLAG_TSYNC: the other threads have the filter, and no_new_privs with it. What PR_GET_SECCOMP says. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "asleep.h"
#include "show.h"

static volatile int go;

static void *other(void *arg)
{
	(void)arg;
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	go = 1;
	UNTIL(go == 2);
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	SHOW(getppid());
	return NULL;
}

int main(void)
{
	struct sock_filter no_getppid[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_filter no_prctl[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 78),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog first = {4, no_getppid}, second = {4, no_prctl};
	pthread_t t;
	int status;

	setvbuf(stdout, NULL, _IONBF, 0);
	SHOW(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	pthread_create(&t, NULL, other, NULL);
	UNTIL(go == 1);
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &first));
	SHOW(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	go = 2;
	pthread_join(t, NULL);
	SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &second));
	SHOW(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	if (!fork()) {
		/* Strict mode cannot follow, and its answer would be death. */
		SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL));
		_exit(5);
	}
	wait(&status);
	printf("status %x\n", status);
	return 0;
}
