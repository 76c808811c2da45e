// SPDX-License-Identifier: GPL-2.0-or-later
// prctl: every option number with zeros, then with a buffer: result or errno, and what was stored.
#include "files.h"
#include <sys/prctl.h>

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif

int main(void)
{
	/* Set aside: what ends or stops the process, and what is tested by itself. */
	static const int skip[] = { 22 /* SECCOMP */, 35 /* MM */, 59 /* syscall user dispatch */, 26 /* TSC */, 65, 66, 67, 68, 72, 73, 74, 75, 76, 78, 79 };
	unsigned char buf[512];

	for (int op = 0; op < 80; op++) {
		int bad = 0;

		for (unsigned i = 0; i < sizeof(skip) / sizeof(*skip); i++)
			bad |= skip[i] == op;
		if (bad)
			continue;
		for (int how = 0; how < 5; how++) {
			long ret;

			memset(buf, 0, sizeof(buf));
			errno = 0;
			switch (how) {
			case 0:
				ret = S(prctl, op, 0, 0, 0, 0);
				break;
			case 1:
				ret = S(prctl, op, buf, 0, 0, 0);
				break;
			case 2:
				ret = S(prctl, op, 1, 0, 0, 0);
				break;
			case 3:
				ret = S(prctl, op, -1, 0, 0, 0);
				break;
			default:
				ret = S(prctl, op, 0, 1, 1, 1);
			}
			printf("%d.%d %ld %s", op, how, ret, errno ? strerrorname_np(errno) : "");
			if (how == 1)
				printf(" %x", *(unsigned *)buf);
			putchar(how == 4 ? '\n' : ';');
		}
	}
	P(S(prctl, 0x59616d61, 0, 0, 0, 0));
	P(S(prctl, 12345, 0, 0, 0, 0));
	P(S(prctl, PR_CAPBSET_READ, 0, 0, 0, 0));
	P(S(prctl, PR_CAPBSET_READ, 63, 0, 0, 0));
	P(S(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0));
	P(S(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0));
	P(S(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	P(S(prctl, PR_SET_TIMERSLACK, 12345, 0, 0, 0));
	P(S(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0));
	P(S(prctl, PR_SET_NAME, "a name that is far too long", 0, 0, 0));
	P(S(prctl, PR_GET_NAME, buf, 0, 0, 0));
	puts((char *)buf);
	P(S(prctl, PR_GET_AUXV, buf, 16, 0, 0));
	return 0;
}
