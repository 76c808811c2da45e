// SPDX-License-Identifier: GPL-2.0-or-later
// sendmmsg and recvmmsg: counts, timeouts, MSG_WAITFORONE, an error after some succeeded.
#include "net.h"
#include <time.h>

int main(void)
{
	static char data[8][16];
	struct iovec iov[8];
	struct mmsghdr m[8];
	struct timespec ts = { 0, 20000000 };
	int s[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	for (int i = 0; i < 8; i++) {
		iov[i] = (struct iovec){ data[i], i + 1 };
		m[i] = (struct mmsghdr){ { .msg_iov = &iov[i], .msg_iovlen = 1 }, 99 };
	}
	P(S(sendmmsg, s[0], m, 3, 0));
	printf("%u %u %u %u\n", m[0].msg_len, m[1].msg_len, m[2].msg_len, m[3].msg_len);
	P(S(recvmmsg, s[1], m, 8, MSG_DONTWAIT, NULL));
	P(S(recvmmsg, s[1], m, 8, MSG_DONTWAIT, NULL));
	S(sendmmsg, s[0], m, 2, 0);
	P(S(recvmmsg, s[1], m, 8, MSG_WAITFORONE, NULL));
	S(sendmmsg, s[0], m, 2, 0);
	P(S(recvmmsg, s[1], m, 2, 0, &ts));
	printf("%d\n", ts.tv_nsec < 20000000);
	S(sendmmsg, s[0], m, 2, 0);
	ts = (struct timespec){ 0, 0 };
	P(S(recvmmsg, s[1], m, 2, 0, &ts));
	printf("%ld %ld\n", (long)ts.tv_sec, ts.tv_nsec);
	P(S(recvmmsg, s[1], m, 2, MSG_DONTWAIT, &(struct timespec){ 0, 1000000000 }));
	P(S(recvmmsg, s[1], m, 2, MSG_DONTWAIT, &(struct timespec){ -1, 0 }));
	P(S(recvmmsg, s[1], m, 2, MSG_DONTWAIT, NOWHERE));
	while (S(recvfrom, s[1], data[0], 16, MSG_DONTWAIT, NULL, NULL) >= 0)
		;
	m[2].msg_hdr.msg_iov = NOWHERE;
	P(S(sendmmsg, s[0], m, 5, 0));
	P(S(recvmmsg, s[1], m, 2, MSG_DONTWAIT, NULL));
	P(S(sendmmsg, s[0], m + 2, 1, 0));
	P(S(sendmmsg, s[0], m, 0, 0));
	P(S(sendmmsg, 99, m, 0, 0));
	P(S(recvmmsg, 99, m, 0, 0, NULL));
	P(S(recvmmsg, open("/dev/null", O_RDONLY), m, 1, 0, NULL));
	P(S(sendmmsg, s[0], NOWHERE, 1, 0));
	P(S(recvmmsg, s[1], NOWHERE, 1, MSG_DONTWAIT, NULL));
	P(S(recvmmsg, s[1], m, 1, MSG_DONTWAIT | 0x80000000, NULL));
	P(S(sendmmsg, s[0], m, 1, 0x80000000));
	return 0;
}
