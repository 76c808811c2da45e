// SPDX-License-Identifier: GPL-2.0-or-later
// unshare and setns: UTS, IPC, network, user and PID name spaces; what may not be mixed.
#include "net.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static void child(const char *what, void (*fn)(void))
{
	int st;

	printf("-- %s\n", what);
	fflush(stdout);
	if (!fork()) {
		fn();
		fflush(stdout);
		_exit(0);
	}
	wait(&st);
	if (st)
		printf("status %x\n", st);
}

static void uts(void)
{
	int old = open("/proc/self/ns/uts", O_RDONLY);
	struct utsname u;

	P(S(unshare, CLONE_NEWUTS));
	P(S(sethostname, "another", 7));
	P(S(setdomainname, "domain", 6));
	P(S(sethostname, "x", 65));
	uname(&u);
	puts(u.nodename);
	P(S(setns, old, CLONE_NEWIPC));
	P(S(setns, old, CLONE_NEWUTS));
	uname(&u);
	P(strcmp(u.nodename, "another") != 0);
	P(S(setns, 0, 0));
	P(S(setns, 99, 0));
}

static void net(void)
{
	struct sockaddr_in a;
	int s;

	P(S(unshare, CLONE_NEWNET));
	s = bound(SOCK_DGRAM, &a);
	P(S(sendto, s, "x", 1, 0, &a, sizeof(a)));
	P(S(connect, s, &(struct sockaddr_in){ AF_INET, htons(1), { htonl(0x08080808) } }, sizeof(a)));
}

static void user(void)
{
	int st;

	P(S(unshare, CLONE_NEWUSER));
	P(S(getuid));
	int fd = open("/proc/self/uid_map", O_WRONLY);

	P(S(write, fd, "0 0 1\n", 6));
	P(S(write, fd, "0 0 1\n", 6));
	P(S(getuid));
	P(S(setuid, 5));
	P(S(unshare, CLONE_NEWNS));
	st = open("/proc/self/ns/user", O_RDONLY);
	P(S(setns, st, CLONE_NEWUSER));
}

static void pid(void)
{
	int st;

	P(S(unshare, CLONE_NEWPID));
	P(S(getpid) > 1);
	fflush(stdout);
	if (!fork()) {
		P(S(getpid));
		P(S(getppid));
		P(S(gettid));
		P(S(kill, 5, 0));
		fflush(stdout);
		if (!fork()) {
			P(S(getpid));
			P(S(getppid));
			fflush(stdout);
			_exit(4);
		}
		wait(&st);
		printf("%x\n", st);
		fflush(stdout);
		_exit(0);
	}
	wait(&st);
	P(fork());
	P(errno == ENOMEM);
}

static void rules(void)
{
	P(S(unshare, 0));
	P(S(unshare, 1));
	P(S(unshare, CLONE_THREAD));
	P(S(unshare, CLONE_VM));
	P(S(unshare, CLONE_SIGHAND));
	P(S(unshare, CLONE_FS | CLONE_FILES | CLONE_SYSVSEM));
	P(S(unshare, CLONE_NEWCGROUP));
	P(S(unshare, CLONE_NEWIPC));
	P(S(unshare, 0x80 /* CLONE_NEWTIME */));
	setuid(65534);
	P(S(unshare, CLONE_NEWUTS));
	P(S(sethostname, "x", 1));
	P(S(setns, open("/proc/self/ns/uts", O_RDONLY), 0));
}

int main(void)
{
	child("uts", uts);
	child("net", net);
	child("user", user);
	child("pid", pid);
	child("rules", rules);
	return 0;
}
