// SPDX-License-Identifier: GPL-2.0-or-later
// seccomp: filters and strict mode, what each verdict does, what threads, fork and execve make of them.
// TEST:
// TEST: verify -- verify
#include "files.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>

#define LD(off)		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off)
#define NR		offsetof(struct seccomp_data, nr)
#define RET(v)		BPF_STMT(BPF_RET | BPF_K, v)
#define IF(n)		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 1)
#define ARG(i)		(offsetof(struct seccomp_data, args) + 8 * (i))

static char *self;

static long attach(const struct sock_filter *code, int n, unsigned flags)
{
	struct sock_fprog prog = { n, (void *)code };

	return S(seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}
#define ATTACH(flags, ...) attach((struct sock_filter[]){ __VA_ARGS__ }, \
	sizeof((struct sock_filter[]){ __VA_ARGS__ }) / sizeof(struct sock_filter), flags)

static long one(unsigned short code, unsigned char jt, unsigned char jf, unsigned k)
{
	return ATTACH(0, { code, jt, jf, k }, RET(SECCOMP_RET_ALLOW));
}

/* In a child, whose end is shown. */
static void in_child(const char *what, void (*fn)(void))
{
	int status;
	pid_t pid;

	printf("-- %s\n", what);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		fn();
		fflush(stdout);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status))
		printf("exit %d\n", WEXITSTATUS(status));
	else
		printf("signal %d\n", WTERMSIG(status));
}

static void arguments(void)
{
	unsigned action[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
			      SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW, 1, 0x60000, SECCOMP_RET_ERRNO | 1 };
	struct seccomp_notif_sizes sizes;

	P(prctl(PR_GET_SECCOMP));
	for (int i = 0; i < 10; i++)
		P(S(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action[i]));
	P(S(seccomp, SECCOMP_GET_ACTION_AVAIL, 1, &action[0]));
	P(S(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NOWHERE));
	P(S(seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
	printf("%u %u %u\n", sizes.seccomp_notif, sizes.seccomp_notif_resp, sizes.seccomp_data);
	P(S(seccomp, SECCOMP_GET_NOTIF_SIZES, 0, NOWHERE));
	P(S(seccomp, SECCOMP_GET_NOTIF_SIZES, 1, &sizes));
	P(S(seccomp, 99, 0, 0));
	P(S(seccomp, SECCOMP_SET_MODE_STRICT, 1, 0));
	P(S(seccomp, SECCOMP_SET_MODE_STRICT, 0, &sizes));
	P(S(seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, NULL));
	P(S(seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
	P(S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){ 0, NULL }));
	P(S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){ 4097, NULL }));
	P(S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){ 1, NULL }));
	P(S(seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){ 1, NOWHERE }));
	P(prctl(PR_SET_SECCOMP, 0));
	P(prctl(PR_SET_SECCOMP, 3, 0));
	P(prctl(PR_SET_SECCOMP, 2, 0));
	P(prctl(PR_GET_SECCOMP));
}

static void programs(void)
{
	P(ATTACH(0, LD(0)));
	P(ATTACH(0, LD(2), RET(SECCOMP_RET_ALLOW)));
	P(ATTACH(0, LD(64), RET(SECCOMP_RET_ALLOW)));
	P(ATTACH(0, LD(60), RET(SECCOMP_RET_ALLOW)));
	P(one(BPF_LD | BPF_H | BPF_ABS, 0, 0, 0));
	P(one(BPF_LD | BPF_W | BPF_IND, 0, 0, 0));
	P(one(BPF_LD | BPF_W | BPF_LEN, 0, 0, 0));
	P(one(BPF_LDX | BPF_W | BPF_LEN, 0, 0, 0));
	P(one(BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0));
	P(one(BPF_LD | BPF_IMM, 0, 0, 5));
	P(one(BPF_LD | BPF_MEM, 0, 0, 0));
	P(one(BPF_ST, 0, 0, 15));
	P(one(BPF_ST, 0, 0, 16));
	P(one(BPF_STX, 0, 0, 16));
	P(one(BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0));
	P(one(BPF_ALU | BPF_DIV | BPF_K, 0, 0, 1));
	P(one(BPF_ALU | BPF_DIV | BPF_X, 0, 0, 0));
	P(one(BPF_ALU | 0x90 /* MOD */ | BPF_K, 0, 0, 1));
	P(one(BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32));
	P(one(BPF_ALU | BPF_RSH | BPF_K, 0, 0, 31));
	P(one(BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0));
	P(one(BPF_ALU | BPF_NEG, 0, 0, 0));
	P(one(BPF_ALU | BPF_NEG | BPF_X, 0, 0, 0));
	P(one(BPF_ALU | 0xc0, 0, 0, 0));
	P(one(BPF_JMP | BPF_JA, 0, 0, 0));
	P(one(BPF_JMP | BPF_JA, 0, 0, 1));
	P(one(BPF_JMP | BPF_JA, 0, 0, -1));
	P(one(BPF_JMP | BPF_JEQ, 0, 0, 0));
	P(one(BPF_JMP | BPF_JEQ, 1, 0, 0));
	P(one(BPF_JMP | BPF_JSET | BPF_X, 0, 1, 0));
	P(one(BPF_JMP | 0x50, 0, 0, 0));
	P(one(BPF_MISC | BPF_TXA, 0, 0, 0));
	P(one(BPF_MISC | 0x40, 0, 0, 0));
	P(one(BPF_RET | BPF_X, 0, 0, 0));
	P(one(0xffff, 0, 0, 0));
	P(ATTACH(0, BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), RET(SECCOMP_RET_ALLOW)));
	P(ATTACH(0, BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3),
		 RET(SECCOMP_RET_ALLOW)));
	P(ATTACH(0, LD(NR), BPF_STMT(BPF_RET | BPF_A, 0)) == -1);
}

static void fails(void)
{
	P(ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_ERRNO | EXDEV), IF(SYS_getuid), RET(SECCOMP_RET_ERRNO | 0),
		 IF(SYS_getgid), RET(SECCOMP_RET_ERRNO | 0xffff), IF(SYS_geteuid), RET(SECCOMP_RET_TRACE | 5),
		 IF(SYS_getegid), RET(SECCOMP_RET_LOG), IF(SYS_getpgrp), RET(SECCOMP_RET_USER_NOTIF),
		 RET(SECCOMP_RET_ALLOW)));
	P(S(getppid));
	P(S(getuid));
	errno = 0;
	printf("%ld %d\n", S(getgid), errno);
	P(S(geteuid));
	P(S(getegid));
	P(S(getpgrp));
	P(prctl(PR_GET_SECCOMP));
	/* The harder verdict counts, and with equal ones the newer filter. */
	P(ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_ALLOW), IF(SYS_getegid), RET(SECCOMP_RET_ERRNO | ERANGE),
		 IF(SYS_getuid), RET(SECCOMP_RET_ERRNO | EDOM), RET(SECCOMP_RET_ALLOW)));
	P(S(getppid));
	P(S(getuid));
	P(S(getegid));
	P(S(seccomp, SECCOMP_SET_MODE_STRICT, 0, 0));
	system("exec cat /proc/self/status | grep -i '^Seccomp'");
}

static void status(void)
{
	char line[200];
	FILE *f;

	P(ATTACH(0, RET(SECCOMP_RET_ALLOW)));
	P(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){ 1, &(struct sock_filter)RET(SECCOMP_RET_ALLOW) }));
	f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Seccomp", 7))
			fputs(line, stdout);
}

static void values(void)
{
	/* By argument: close(-5 .. ) with arithmetic on both halves. */
	P(ATTACH(0, LD(NR), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 1, 0), RET(SECCOMP_RET_ALLOW),
		 LD(ARG(1)), BPF_STMT(BPF_MISC | BPF_TAX, 0), LD(ARG(0)), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		 BPF_STMT(BPF_ST, 2), LD(ARG(2)), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_MEM, 2),
		 BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 63),
		 BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0)));
	P(S(close, 12, 3, 1));
	P(S(close, 12, 1, 1));
	P(S(close, 99, 10, 33));
	P(S(close, -1, 0x10000000, 0));
	P(S(close, 5, 0, 0));
}

static void on_sys(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	printf("SIGSYS code %d errno %d nr %d arch %x rax %lld here %d\n", si->si_code, si->si_errno, si->si_syscall,
	       si->si_arch, uc->uc_mcontext.gregs[REG_RAX], si->si_call_addr == (void *)uc->uc_mcontext.gregs[REG_RIP]);
	uc->uc_mcontext.gregs[REG_RAX] = 1234;
}

static void traps(void)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
	P(ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_TRAP | 77), IF(SYS_nanosleep), RET(SECCOMP_RET_TRAP),
		 RET(SECCOMP_RET_ALLOW)));
	P(S(getppid));
	P(S(nanosleep, 0, 0));
	signal(SIGSYS, SIG_IGN);
	S(getppid);
}

static void trap_blocked(void)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };
	sigset_t set;

	sigaction(SIGSYS, &sa, NULL);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_TRAP | 77), RET(SECCOMP_RET_ALLOW));
	S(getppid);
}

static void kills(void)
{
	signal(SIGSYS, SIG_IGN);
	ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_KILL_PROCESS), RET(SECCOMP_RET_ALLOW));
	S(getppid);
}

static void kills_alone(void)
{
	ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_KILL_THREAD), RET(SECCOMP_RET_ALLOW));
	S(getppid);
}

static void unknown(void)
{
	ATTACH(0, LD(NR), IF(SYS_getppid), RET(0x12340000), RET(SECCOMP_RET_ALLOW));
	S(getppid);
}

static void *caller(void *arg)
{
	S(getppid);
	return NULL;
}

static void *filtered(void *arg)
{
	ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_KILL_THREAD), RET(SECCOMP_RET_ALLOW));
	return caller(arg);
}

static void kills_thread(void)
{
	pthread_t a;
	void *ret = (void *)5;

	pthread_create(&a, NULL, filtered, NULL);
	pthread_join(a, &ret);
	printf("joined\n");
	P(S(getppid) > 0);
}

static int gate[2], done[2];

static void *waiter(void *arg)
{
	char c;

	if (arg)
		ATTACH(0, RET(SECCOMP_RET_ALLOW));
	write(done[1], "", 1);
	read(gate[0], &c, 1);
	P(S(getppid) == -1 ? errno : 0);
	P(prctl(PR_GET_SECCOMP));
	return NULL;
}

static void syncs(void)
{
	pthread_t a;
	char c;

	pipe(gate);
	pipe(done);
	pthread_create(&a, NULL, waiter, NULL);
	read(done[0], &c, 1);
	P(ATTACH(SECCOMP_FILTER_FLAG_TSYNC, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_ERRNO | EXDEV), RET(SECCOMP_RET_ALLOW)));
	write(gate[1], "", 1);
	pthread_join(a, NULL);
	pthread_create(&a, NULL, waiter, (void *)1);
	read(done[0], &c, 1);
	P(ATTACH(SECCOMP_FILTER_FLAG_TSYNC, RET(SECCOMP_RET_ALLOW)) > 0);
	P(ATTACH(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH, RET(SECCOMP_RET_ALLOW)));
	write(gate[1], "", 1);
	pthread_join(a, NULL);
}

static void strict(void)
{
	fflush(stdout);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(1);
	write(1, "still\n", 6);
	S(exit, 9);
}

static void strict_dies(void)
{
	fflush(stdout);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	S(getpid);
}

static void inherits(void)
{
	int status;

	P(ATTACH(0, LD(NR), IF(SYS_getppid), RET(SECCOMP_RET_ERRNO | EXDEV), RET(SECCOMP_RET_ALLOW)));
	fflush(stdout);
	if (!fork()) {
		P(S(getppid));
		fflush(stdout);
		execl(self, self, "verify", NULL);
		_exit(3);
	}
	wait(&status);
	printf("%x\n", status);
}

static void rights(void)
{
	setgid(65534);
	setuid(65534);
	P(ATTACH(0, RET(SECCOMP_RET_ALLOW)));
	P(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){ 1, &(struct sock_filter)RET(SECCOMP_RET_ALLOW) }));
	P(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	P(ATTACH(0, RET(SECCOMP_RET_ALLOW)));
}

static void too_many(void)
{
	static struct sock_filter code[4096];
	int n = 0;

	for (int i = 0; i < 4096; i++)
		code[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, 0);
	code[4095] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	while (n < 100 && !attach(code, 4096, 0))
		n++;
	P(errno);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1) {
		P(S(getppid) == -1);
		P(prctl(PR_GET_SECCOMP));
		return 0;
	}
	in_child("arguments", arguments);
	in_child("programs", programs);
	in_child("status", status);
	in_child("errno", fails);
	in_child("values", values);
	in_child("trap", traps);
	in_child("trap blocked", trap_blocked);
	in_child("kill process", kills);
	in_child("kill thread, alone", kills_alone);
	in_child("unknown verdict", unknown);
	in_child("kill thread", kills_thread);
	in_child("all threads", syncs);
	in_child("strict", strict);
	in_child("strict dies", strict_dies);
	in_child("fork and exec", inherits);
	in_child("rights", rights);
	in_child("too many", too_many);
	return 0;
}
