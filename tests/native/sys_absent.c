// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers without a call: removed ones, never made ones, beyond the table, negative; all ENOSYS.
#include "files.h"

int main(void)
{
	static const int nrs[] = { 134, 156, 174, 177, 178, 180, 181, 182, 183, 184, 185, 205, 211, 214, 215, 236, 335 + 20, 380, 423, 500, 1000,
				   0x40000000, -2, 0x7fffffff };

	for (unsigned i = 0; i < sizeof(nrs) / sizeof(*nrs); i++) {
		errno = 0;
		printf("%d: %ld %s\n", nrs[i], syscall(nrs[i], 0, 0, 0, 0, 0, 0), strerrorname_np(errno));
	}
	/* The number is 32 bits wide. */
	P(syscall(0x100000000 | SYS_getpid) == getpid());
	return 0;
}
