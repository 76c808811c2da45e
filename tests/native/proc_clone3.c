// SPDX-License-Identifier: GPL-2.0-or-later
/* clone3: its structure's checks, and what it can do that clone cannot. */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "show.h"

struct args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size;
	uint64_t cgroup, beyond;
};

static pid_t clone3(struct args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

static void expect(const char *what, struct args args, size_t size)
{
	pid_t pid = clone3(&args, size);

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, __WALL);
	printf("%s: %s\n", what, pid > 0 ? "ok" : strerrorname_np(errno));
}

static void checks(void)
{
	struct args *end = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int tid = 1;

	munmap((char *)end + 4096, 4096);
	expect("plain", (struct args){.exit_signal = SIGCHLD}, 88);
	expect("smallest", (struct args){.exit_signal = SIGCHLD}, 64);
	expect("too small", (struct args){.exit_signal = SIGCHLD}, 63);
	expect("longer, zero", (struct args){.exit_signal = SIGCHLD}, 96);
	expect("longer, not zero", (struct args){.exit_signal = SIGCHLD, .beyond = 1}, 96);
	expect("far too long", (struct args){.exit_signal = SIGCHLD}, 5000);
	expect("no signal", (struct args){.exit_signal = 0}, 88);
	expect("signal 64", (struct args){.exit_signal = 64}, 88);
	expect("signal 65", (struct args){.exit_signal = 65}, 88);
	expect("signal 256", (struct args){.exit_signal = 256}, 88);
	expect("signal among the flags", (struct args){.flags = SIGCHLD}, 88);
	expect("detached", (struct args){.flags = CLONE_DETACHED, .exit_signal = SIGCHLD}, 88);
	expect("unknown flag", (struct args){.flags = 1UL << 40, .exit_signal = SIGCHLD}, 88);
	expect("stack without size", (struct args){.exit_signal = SIGCHLD, .stack = (uint64_t)end}, 88);
	expect("size without stack", (struct args){.exit_signal = SIGCHLD, .stack_size = 4096}, 88);
	expect("stack out of reach",
	       (struct args){.exit_signal = SIGCHLD, .stack = 1UL << 47, .stack_size = 4096}, 88);
	expect("set_tid without size", (struct args){.exit_signal = SIGCHLD, .set_tid = (uint64_t)&tid}, 88);
	expect("size without set_tid", (struct args){.exit_signal = SIGCHLD, .set_tid_size = 1}, 88);
	expect("too many",
	       (struct args){.exit_signal = SIGCHLD, .set_tid = (uint64_t)&tid, .set_tid_size = 33}, 88);
	expect("taken", (struct args){.exit_signal = SIGCHLD, .set_tid = (uint64_t)&tid, .set_tid_size = 1},
	       88);
	expect("bad set_tid", (struct args){.exit_signal = SIGCHLD, .set_tid = 8, .set_tid_size = 1}, 88);
	expect("parent with signal", (struct args){.flags = CLONE_PARENT, .exit_signal = SIGCHLD}, 88);
	expect("thread with signal",
	       (struct args){.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD}, 88);
	expect("handlers shared and cleared",
	       (struct args){.flags = CLONE_SIGHAND | CLONE_VM | 0x100000000, .exit_signal = SIGCHLD}, 88);
	expect("cgroup, no descriptor",
	       (struct args){.flags = 0x200000000, .exit_signal = SIGCHLD, .cgroup = 999}, 88);
	expect("cgroup, too small", (struct args){.flags = 0x200000000, .exit_signal = SIGCHLD}, 80);
	SHOW(syscall(SYS_clone3, 8, 88));
	SHOW(syscall(SYS_clone3, (char *)end + 4096 - 64, 88));
}

static void handler(int sig)
{
}

int main(void)
{
	struct args args = {.exit_signal = SIGCHLD};
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static int tids[2], pidfd = -1;
	struct sigaction sa;
	int status;
	pid_t pid;

	setvbuf(stdout, NULL, _IONBF, 0);
	signal(64, SIG_IGN);
	checks();
	/* A descriptor and an id at once. */
	args.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
	args.pidfd = (uint64_t)&pidfd;
	args.parent_tid = (uint64_t)&tids[0];
	args.child_tid = (uint64_t)&tids[1];
	pid = clone3(&args, sizeof(args));
	if (!pid)
		_exit(tids[1] == getpid() ? 11 : 12);
	SHOW(pid == tids[0]);
	SHOW(waitid(P_PIDFD, pidfd, NULL, WEXITED | WNOWAIT));
	SHOW(waitpid(pid, &status, 0) == pid);
	SHOW(status);
	args.pidfd = args.parent_tid;
	SHOW(clone3(&args, sizeof(args)));
	/* Handlers gone, ignored signals still ignored. */
	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	args = (struct args){.flags = 0x100000000, .exit_signal = SIGCHLD};
	pid = clone3(&args, sizeof(args));
	if (!pid) {
		sigaction(SIGUSR1, NULL, &sa);
		SHOW(sa.sa_handler == SIG_DFL);
		sigaction(SIGUSR2, NULL, &sa);
		SHOW(sa.sa_handler == SIG_IGN);
		raise(SIGUSR1);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	SHOW(status);
	sigaction(SIGUSR1, NULL, &sa);
	SHOW(sa.sa_handler == handler);
	/* A stack of its own: the child finds its way on the copied frame only if it does not return. */
	args = (struct args){.exit_signal = SIGCHLD, .stack = (uint64_t)stack, .stack_size = 65536};
	__asm__ volatile("syscall\n"
			 "test %%eax, %%eax\n"
			 "jnz 1f\n"
			 "mov %%rsp, %%rdi\n"
			 "sub %[stack], %%rdi\n"
			 "shr $12, %%rdi\n"
			 "mov $231, %%eax\n"
			 "syscall\n"
			 "1:"
			 : "=a"(pid)
			 : "0"(SYS_clone3), "D"(&args), "S"(sizeof(args)), [stack] "r"(stack)
			 : "rcx", "r11", "memory");
	waitpid(pid, &status, 0);
	SHOW(status);
	return 0;
}
