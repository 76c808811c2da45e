// SPDX-License-Identifier: GPL-2.0-or-later
// eventfd: counter and semaphore, its limits, poll.
#include "net.h"
#include <sys/eventfd.h>

int main(void)
{
	unsigned long v = 5, max = ~0UL - 1;
	int fd = S(eventfd2, 3, EFD_NONBLOCK), sem = S(eventfd2, 2, EFD_NONBLOCK | EFD_SEMAPHORE);

	P(S(eventfd2, 0, 8));
	P(fcntl(fd, F_GETFL));
	P(S(read, fd, &v, 8));
	P(v);
	P(S(read, fd, &v, 8));
	P(S(read, fd, &v, 7));
	P(S(write, fd, &v, 7));
	P(S(write, fd, &v, 100));
	P(S(read, fd, &v, 100));
	v = ~0UL;
	P(S(write, fd, &v, 8));
	P(S(write, fd, &max, 8));
	v = 1;
	P(S(write, fd, &v, 8));
	printf("%x\n", ready(fd, POLLIN | POLLOUT));
	P(S(read, fd, &v, 8));
	P(v == max);
	v = 0;
	P(S(write, fd, &v, 8));
	P(S(read, fd, &v, 8));
	printf("%x\n", ready(sem, POLLIN | POLLOUT));
	P(S(read, sem, &v, 8));
	P(v);
	P(S(read, sem, &v, 8));
	P(S(read, sem, &v, 8));
	P(S(write, sem, (char *)&max + 0 * 8, 8));
	P(S(readv, sem, ((struct iovec[]){ { &v, 4 }, { (char *)&v + 4, 4 } }), 2));
	P(S(pread64, fd, &v, 8, 0));
	P(S(lseek, fd, 0, 0));
	return 0;
}
