// SPDX-License-Identifier: GPL-2.0-or-later
// Socket filters: attached, run, read back, locked, taken off.
#include "net.h"
#include <linux/filter.h>

int main(void)
{
	struct sock_filter even[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
				      BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 3) };
	struct sock_filter got[10];
	struct sock_fprog prog = { 4, even };
	int s[2];
	socklen_t len = 10;
	char buf[20];

	socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s);
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	write(s[0], "a dd", 4);
	write(s[0], "b even", 6);
	P(read(s[1], buf, 20));
	P(read(s[1], buf, 20));
	P(getsockopt(s[1], SOL_SOCKET, SO_GET_FILTER, got, &len));
	printf("%u %d\n", len, !memcmp(got, even, sizeof(even)));
	len = 2;
	P(getsockopt(s[1], SOL_SOCKET, SO_GET_FILTER, got, &len));
	printf("%u\n", len);
	prog.len = 0;
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	prog = (struct sock_fprog){ 4, NULL };
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	prog = (struct sock_fprog){ 4, NOWHERE };
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, 8));
	even[0].code = 0xff;
	prog.filter = even;
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	P(setsockopt(s[1], SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, 4));
	P(setsockopt(s[1], SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, 4));
	write(s[0], "a dd", 4);
	P(read(s[1], buf, 20));
	P(setsockopt(s[1], SOL_SOCKET, SO_LOCK_FILTER, &(int){ 1 }, 4));
	even[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0);
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	P(setsockopt(s[1], SOL_SOCKET, SO_LOCK_FILTER, &(int){ 0 }, 4));
	P(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_BPF, &(int){ 0 }, 4));
	return 0;
}
