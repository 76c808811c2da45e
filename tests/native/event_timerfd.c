// SPDX-License-Identifier: GPL-2.0-or-later
// timerfd: each clock, one shot and repeated, absolute, reading early and late, cancellation.
#include "net.h"
#include <sys/timerfd.h>
#include <time.h>

int main(void)
{
	struct itimerspec it = { { 0, 5000000 }, { 0, 10000000 } }, old, zero = { { 0, 0 }, { 0, 0 } };
	struct timespec now;
	unsigned long n = 0;
	int fd;

	for (int c = -1; c < 13; c++) {
		fd = S(timerfd_create, c, TFD_NONBLOCK);
		printf("%d %s\n", c, fd < 0 ? strerrorname_np(errno) : "ok");
		close(fd);
	}
	P(S(timerfd_create, CLOCK_MONOTONIC, 1));
	fd = S(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	P(S(read, fd, &n, 8));
	P(S(timerfd_settime, fd, 0, &it, &old));
	printf("%ld %ld\n", old.it_value.tv_sec, old.it_value.tv_nsec);
	P(S(read, fd, &n, 8));
	P(S(timerfd_gettime, fd, &old));
	P(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 10000000 && old.it_interval.tv_nsec == 5000000);
	printf("%x\n", ready(fd, POLLIN));
	usleep(20000);
	P(S(read, fd, &n, 8));
	P(n >= 3 && n < 1000);
	P(S(timerfd_settime, fd, 0, &zero, &old));
	usleep(10000);
	P(S(read, fd, &n, 8));
	clock_gettime(CLOCK_MONOTONIC, &now);
	it = (struct itimerspec){ { 0, 0 }, now };
	P(S(timerfd_settime, fd, TFD_TIMER_ABSTIME, &it, NULL));
	printf("%x\n", ready(fd, POLLIN));
	P(S(read, fd, &n, 8));
	P(n);
	it.it_value.tv_nsec = 1000000000;
	P(S(timerfd_settime, fd, 0, &it, NULL));
	it.it_value.tv_nsec = -1;
	P(S(timerfd_settime, fd, 0, &it, NULL));
	it = (struct itimerspec){ { -1, 0 }, { 1, 0 } };
	P(S(timerfd_settime, fd, 0, &it, NULL));
	P(S(timerfd_settime, fd, 8, &zero, NULL));
	P(S(timerfd_settime, fd, TFD_TIMER_CANCEL_ON_SET, &zero, NULL));
	P(S(timerfd_settime, 0, 0, &zero, NULL));
	P(S(timerfd_gettime, 99, &old));
	P(S(read, fd, &n, 7));
	P(S(write, fd, &n, 8));
	return 0;
}
