// SPDX-License-Identifier: GPL-2.0-or-later
// mq_notify with SIGEV_THREAD, as the C library has it and by hand over a netlink socket.
#include "net.h"
#include <linux/netlink.h>
#include <mqueue.h>
#include <pthread.h>

static volatile int called;

static void notified(union sigval v)
{
	called = v.sival_int;
}

int main(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = notified, .sigev_value.sival_int = 55 };
	struct mq_attr attr = { .mq_maxmsg = 3, .mq_msgsize = 16 };
	char name[64], cookie[33] = "a cookie of thirty-two bytes....", got[64] = "";
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	mqd_t q;

	snprintf(name, sizeof(name), "/ulk-thread-%d", getpid());
	q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);
	mq_unlink(name);
	P(mq_notify(q, &ev));
	P(mq_send(q, "x", 1, 0));
	for (int i = 0; !called && i < 2000; i++)
		usleep(1000);
	P(called);
	P(mq_receive(q, got, 16, NULL));
	ev.sigev_value.sival_ptr = cookie;
	ev.sigev_signo = s;
	P(S(mq_notify, q, &ev));
	P(S(mq_notify, q, &ev));
	P(mq_send(q, "x", 1, 0));
	P(recv(s, got, sizeof(got), 0));
	printf("%.31s %d\n", got, got[31]);
	P(mq_receive(q, got, 16, NULL));
	P(S(mq_notify, q, &ev));
	P(S(mq_notify, q, NULL));
	P(recv(s, got, sizeof(got), 0));
	printf("%d\n", got[31]);
	ev.sigev_signo = 99;
	P(S(mq_notify, q, &ev));
	ev.sigev_signo = open("/dev/null", O_RDONLY);
	P(S(mq_notify, q, &ev));
	ev.sigev_value.sival_ptr = NOWHERE;
	P(S(mq_notify, q, &ev));
	return 0;
}
