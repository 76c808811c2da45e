// SPDX-License-Identifier: GPL-2.0-or-later
// mq_notify: by signal, once; taken by one process only; withdrawn.
#include "files.h"
#include <mqueue.h>
#include <sys/wait.h>

static volatile int count, code, value, pid_ok;

static void on(int sig, siginfo_t *si, void *uc)
{
	count++;
	code = si->si_code;
	value = si->si_int;
	pid_ok = si->si_pid == getpid();
}

int main(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42 };
	struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO };
	struct mq_attr attr = { .mq_maxmsg = 3, .mq_msgsize = 16 };
	char name[64], buf[16];
	int q;

	snprintf(name, sizeof(name), "ulk-notify-%d", getpid());
	q = S(mq_open, name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);
	S(mq_unlink, name);
	sigaction(SIGUSR1, &sa, NULL);
	P(S(mq_notify, q, &ev));
	P(S(mq_notify, q, &ev));
	S(mq_timedsend, q, "x", 1, 0, NULL);
	printf("%d code %d value %d %d\n", count, code, value, pid_ok);
	S(mq_timedsend, q, "x", 1, 0, NULL);
	P(count);
	while (S(mq_timedreceive, q, buf, 16, NULL, NULL) >= 0)
		;
	P(S(mq_notify, q, &ev));
	fflush(stdout);
	if (!fork()) {
		P(S(mq_notify, q, &ev));
		P(S(mq_notify, q, NULL));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	P(S(mq_notify, q, NULL));
	S(mq_timedsend, q, "x", 1, 0, NULL);
	P(count);
	ev.sigev_notify = SIGEV_NONE;
	P(S(mq_notify, q, &ev));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 99;
	P(S(mq_notify, q, &ev));
	P(S(mq_notify, 0, NULL));
	P(S(mq_notify, 99, NULL));
	return 0;
}
