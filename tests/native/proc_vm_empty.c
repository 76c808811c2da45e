// SPDX-License-Identifier: GPL-2.0-or-later
/* process_vm_readv and writev with nothing to copy, or nobody to copy from: what is looked at first. */
#include <sys/uio.h>
#include <sys/wait.h>
#include "show.h"

int main(void)
{
	char a[16] = "hello", b[16] = "";
	struct iovec l = {b, 5}, r = {a, 5}, none = {b, 0}, far_none = {(void *)8, 0}, bad = {(void *)8, 5};
	int me = getpid(), c;
	siginfo_t si;

	setvbuf(stdout, NULL, _IONBF, 0);
	SHOW(process_vm_readv(me, &l, 0, &r, 1, 0));
	SHOW(process_vm_readv(me, &l, 1, &r, 0, 0));
	SHOW(process_vm_readv(me, NULL, 0, NULL, 0, 0));
	SHOW(process_vm_readv(me, NULL, 1, NULL, 0, 0));
	SHOW(process_vm_readv(me, NULL, 0, NULL, 1, 0));
	SHOW(process_vm_readv(me, &l, 1, NULL, 1, 0));
	SHOW(process_vm_readv(me, &none, 1, &r, 1, 0));
	SHOW(process_vm_readv(me, &l, 1, &far_none, 1, 0));
	SHOW(process_vm_readv(me, &l, 1, &bad, 1, 0));
	SHOW(process_vm_readv(me, &bad, 1, &r, 1, 0));
	SHOW(process_vm_readv(me, &l, 1025, &r, 1, 0));
	SHOW(process_vm_readv(me, &l, 0, &r, 1025, 0));
	SHOW(process_vm_readv(me, &l, 1, &r, 1025, 0));
	SHOW(process_vm_readv(99999999, &l, 0, &r, 1, 0));
	SHOW(process_vm_readv(99999999, &l, 1, &r, 0, 0));
	SHOW(process_vm_readv(99999999, &l, 1, &r, 1, 0));
	SHOW(process_vm_readv(me, &l, 1, &r, 1, 1));
	SHOW(process_vm_writev(me, &l, 0, NULL, 1, 0));
	SHOW(process_vm_writev(me, &l, 1, &r, 0, 0));
	SHOW(process_vm_readv(me, &l, 1, &r, 1, 0));
	puts(b);
	c = fork();
	if (!c)
		_exit(0);
	waitid(P_PID, (id_t)c, &si, WEXITED | WNOWAIT);
	SHOW(process_vm_readv(c, &l, 1, &r, 1, 0));
	SHOW(process_vm_readv(c, &l, 1, &r, 0, 0));
	waitpid(c, NULL, 0);
	SHOW(process_vm_readv(c, &l, 1, &r, 1, 0));
	return 0;
}
