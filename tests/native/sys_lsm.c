// SPDX-License-Identifier: GPL-2.0-or-later
// Security modules: their list, a process's attributes.
#include "files.h"

int main(void)
{
	unsigned long ids[16];
	unsigned size = sizeof(ids);
	char buf[4096];
	long n;

	n = syscall(461, ids, &size, 0);
	printf("%ld %s size %u\n", n, n < 0 ? strerrorname_np(errno) : "", size);
	for (long i = 0; i < n; i++)
		printf("%lu\n", ids[i]);
	size = 3;
	P(syscall(461, ids, &size, 0));
	P(size);
	P(syscall(461, ids, &size, 1));
	P(syscall(461, NULL, &size, 0));
	P(syscall(461, ids, NULL, 0));
	for (int a = 0; a < 8 + 100; a += a < 8 ? 1 : 100) {
		size = sizeof(buf);
		P(syscall(459, a, buf, &size, 0));
		P(size);
		size = 0;
		P(syscall(459, a, NULL, &size, 0));
		P(syscall(459, a, buf, NULL, 0));
		P(syscall(460, a, buf, 32, 0));
	}
	return 0;
}
