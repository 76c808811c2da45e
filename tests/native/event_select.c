// SPDX-License-Identifier: GPL-2.0-or-later
// select, pselect6: sets of every size, closed descriptors, times that are left, too many.
#include "net.h"
#include <sys/select.h>

static long sel(int n, unsigned long r, unsigned long w, unsigned long e, long usec)
{
	struct timeval tv = { 0, usec };
	unsigned long sets[3][16] = { { r }, { w }, { e } };
	long ret = S(select, n, sets[0], sets[1], sets[2], &tv);
	int err = errno;

	printf("  %ld %lx %lx %lx left %d\n", ret, sets[0][0], sets[1][0], sets[2][0], tv.tv_usec > 0);
	errno = err;
	return ret;
}

int main(void)
{
	int p[2];
	fd_set big;

	pipe(p);
	printf("%d %d\n", p[0], p[1]);
	P(sel(5, 1 << p[0], 0, 0, 1000));
	P(sel(5, 1 << p[0], 1 << p[1], 0, 500000));
	write(p[1], "x", 1);
	P(sel(5, 1 << p[0], 1 << p[1], 1 << p[0] | 1 << p[1], 500000));
	P(sel(p[0], 1 << p[0], 1 << p[1], 0, 1000));
	P(sel(40, 1UL << 33, 0, 0, 1000));
	P(sel(-1, 0, 0, 0, 1000));
	P(sel(0, 0, 0, 0, 1000));
	P(sel(1, 0, 0, 0, -1));
	P(sel(100000000, 0, 0, 0, 1000) >= -1);
	P(S(select, 5, NULL, NULL, NULL, &(struct timeval){ 0, 1500000 - 1499000 }));
	P(S(pselect6, 5, NULL, NULL, NULL, &(struct timespec){ 0, 1000000000 }, NULL));
	P(S(pselect6, 5, NULL, NULL, NULL, &(struct timespec){ 0, 1000 }, NULL));
	dup2(p[0], 900);
	FD_ZERO(&big);
	FD_SET(900, &big);
	P(select(901, &big, NULL, NULL, &(struct timeval){ 0, 0 }));
	P(FD_ISSET(900, &big) != 0);
	close(p[1]);
	read(p[0], p, 1);
	P(sel(5, 1 << 3, 0, 1 << 3, 1000));
	return 0;
}
