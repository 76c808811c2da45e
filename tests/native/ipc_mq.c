// SPDX-License-Identifier: GPL-2.0-or-later
// POSIX message queues: order by priority, attributes, full and empty, timeouts, names.
#include "net.h"
#include <mqueue.h>
#include <time.h>

int main(void)
{
	struct mq_attr attr = { .mq_maxmsg = 3, .mq_msgsize = 16 }, got;
	struct timespec past = { 1, 0 };
	char name[300], buf[100];
	unsigned prio;
	int q, ro;

	snprintf(name, sizeof(name), "ulk-test-%d", getpid());
	P(S(mq_open, name, O_RDWR, 0, NULL));
	P((q = S(mq_open, name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attr)) >= 0);
	P(S(mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr));
	P(S(mq_getsetattr, q, NULL, &got));
	printf("%lx %ld %ld %ld\n", got.mq_flags, got.mq_maxmsg, got.mq_msgsize, got.mq_curmsgs);
	P(S(mq_timedsend, q, "low", 3, 1, NULL));
	P(S(mq_timedsend, q, "high", 4, 9, NULL));
	P(S(mq_timedsend, q, "low2", 4, 1, NULL));
	P(S(mq_timedsend, q, "full", 4, 1, NULL));
	P(S(mq_timedsend, q, buf, 17, 1, NULL));
	P(S(mq_timedsend, q, buf, 1, 32768, NULL));
	printf("%x\n", ready(q, POLLIN | POLLOUT));
	P(S(mq_timedreceive, q, buf, 15, &prio, NULL));
	for (int i = 0; i < 3; i++) {
		P(S(mq_timedreceive, q, buf, 16, &prio, NULL));
		printf("%.4s %u\n", buf, prio);
	}
	P(S(mq_timedreceive, q, buf, 16, &prio, NULL));
	P(S(mq_timedsend, q, "", 0, 0, NULL));
	P(S(mq_timedreceive, q, buf, 16, NULL, NULL));
	attr.mq_flags = 0;
	P(S(mq_getsetattr, q, &attr, &got));
	P(S(mq_timedreceive, q, buf, 16, NULL, &past));
	past.tv_nsec = -1;
	P(S(mq_timedreceive, q, buf, 16, NULL, &past));
	attr.mq_flags = 5;
	P(S(mq_getsetattr, q, &attr, NULL));
	ro = S(mq_open, name, O_RDONLY, 0, NULL);
	P(S(mq_timedsend, ro, "x", 1, 0, NULL));
	P(S(mq_timedreceive, 0, buf, 16, NULL, NULL));
	P(S(read, q, buf, 100) > 0);
	printf("%.10s\n", buf);
	P(S(mq_unlink, name));
	P(S(mq_unlink, name));
	P(S(mq_open, "a/b", O_RDWR | O_CREAT, 0600, NULL));
	P(S(mq_open, "", O_RDWR | O_CREAT, 0600, NULL));
	memset(name, 'q', 299);
	name[299] = 0;
	P(S(mq_open, name, O_RDWR | O_CREAT, 0600, NULL));
	attr = (struct mq_attr){ .mq_maxmsg = 0, .mq_msgsize = 1 };
	P(S(mq_open, "ulk-never", O_RDWR | O_CREAT, 0600, &attr));
	attr = (struct mq_attr){ .mq_maxmsg = 1 << 30, .mq_msgsize = 1 };
	P(S(mq_open, "ulk-never", O_RDWR | O_CREAT, 0600, &attr));
	return 0;
}
