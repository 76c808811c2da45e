// SPDX-License-Identifier: GPL-2.0-or-later
// stepper FIRST-END PROGRAM [ARGUMENT...]: runs it natively, instruction by instruction, and prints the registers before each
// one that lies in the range.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *end;
	unsigned long first = strtoul(argv[1], &end, 0), last = strtoul(end + 1, NULL, 0);
	struct user_regs_struct r;
	int status, sig = 0;
	pid_t pid = fork();

	if (!pid) {
		personality(ADDR_NO_RANDOMIZE);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	for (unsigned long i = 0; i < 3000000; i++) {
		if (ptrace(PTRACE_GETREGS, pid, 0, &r))
			return 3;
		if (r.rip >= first && r.rip < last + 15)
			printf("%llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %llx %d\n",
			       r.rip, r.eflags & 0xcd5, r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9,
			       r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, sig);
		if (ptrace(PTRACE_SINGLESTEP, pid, 0, sig) || waitpid(pid, &status, 0) != pid)
			return 3;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return 0;
		sig = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	}
	kill(pid, SIGKILL);
	return 4;
}
