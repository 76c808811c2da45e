// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interprets a list of memory operations (README.md says how they are written), and prints what came of each. Needs
 * nothing of the C library once it runs: no heap, no mapping, no stack but its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096UL
#define RESULTS 2048
#define STATE_FD 200
#define TOUCH_MAGIC 0x70c4e5a1d00dULL
#define NR_THREADS 4

struct fault {
	uint64_t hit, signo, code, addr, trapno, err, lsb, pkey;
};

static char program[1 << 19];
static int64_t results[RESULTS];
static uint8_t buffer[1 << 18] __attribute__((aligned(4096)));
static uint8_t scratch[1 << 14] __attribute__((aligned(4096)));
static uint8_t altstacks[NR_THREADS + 2][1 << 15] __attribute__((aligned(4096)));
static uint8_t stacks[NR_THREADS + 1][1 << 15] __attribute__((aligned(4096)));
static char out[1 << 16];
static size_t out_len;
static const char *file_name, *self_name;
static char line_no[16];
static uint64_t brk0, sp0;
static char *pc;
static volatile int race_stop;
static struct {
	uint64_t addr, len;
	int kind;
	volatile int ready;
} races[NR_THREADS];
static volatile int race_alive[NR_THREADS];

static long sys6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	long ret;
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define sys(nr, ...) sys_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define sys_(nr, a, b, c, d, e, f, ...) sys6(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), \
					     (uint64_t)(e), (uint64_t)(f))

/* Touches: rdi the address, rsi a struct fault, rdx the value. The handler knows them by r12 and goes on at r13 with rsp as r14. */
#define TOUCH(name, insn)                                                                                                    \
	__asm__(".text\n.globl " name "\n" name ":\n"                                                                        \
		"push %r12\npush %r13\npush %r14\npush %r15\npush %rbx\n"                                                     \
		"movabs $0x70c4e5a1d00d, %r12\nlea 1f(%rip), %r13\nmov %rsp, %r14\nmov %rsi, %r15\n" insn             \
		"\n1: pop %rbx\npop %r15\npop %r14\npop %r13\npop %r12\nret\n")
TOUCH("touch_read", "movzbl (%rdi), %eax");
TOUCH("touch_read8", "mov (%rdi), %rax");
TOUCH("touch_write", "mov %dl, (%rdi)");
TOUCH("touch_write8", "mov %rdx, (%rdi)");
TOUCH("touch_add", "lock addq %rdx, (%rdi)");
TOUCH("touch_call", "mov %rdx, %rax\ncall *%rdi");
TOUCH("touch_copy", "mov %rdi, %rcx\nmov %rdx, %rdi\nmov %rcx, %rsi\nmov $4096, %ecx\nrep movsb\nmov %rcx, %rax");
TOUCH("touch_push", "mov %rdi, %rsp\npush %rdx\nmov %r14, %rsp\nxor %eax, %eax");
uint64_t touch_read(uint64_t addr, struct fault *f, uint64_t v);
uint64_t touch_read8(uint64_t addr, struct fault *f, uint64_t v);
uint64_t touch_write(uint64_t addr, struct fault *f, uint64_t v);
uint64_t touch_write8(uint64_t addr, struct fault *f, uint64_t v);
uint64_t touch_add(uint64_t addr, struct fault *f, uint64_t v);
uint64_t touch_call(uint64_t addr, struct fault *f, uint64_t v);
uint64_t touch_copy(uint64_t addr, struct fault *f, uint64_t v);
uint64_t touch_push(uint64_t addr, struct fault *f, uint64_t v);

static void put(const char *s, size_t len)
{
	if (out_len + len > sizeof(out)) {
		sys(SYS_write, 1, out, out_len);
		out_len = 0;
	}
	memcpy(out + out_len, s, len);
	out_len += len;
}

static void flush(void)
{
	sys(SYS_write, 1, out, out_len);
	out_len = 0;
}

static void puts_(const char *s)
{
	put(s, strlen(s));
}

static void hex(uint64_t v)
{
	char b[17];
	int i = 17;

	do
		b[--i] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	put(b + i, 17 - i);
}

static void dec(int64_t v)
{
	char b[24];
	int i = 24;
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do
		b[--i] = '0' + u % 10;
	while (u /= 10);
	if (v < 0)
		b[--i] = '-';
	put(b + i, 24 - i);
}

static void result(int64_t v)
{
	if (v < 0 && v >= -4095)
		dec(v);
	else
		hex(v);
}

static void show_fault(const struct fault *f)
{
	puts_(" sig=");
	dec(f->signo);
	puts_(" code=");
	dec(f->code);
	puts_(" addr=");
	hex(f->addr);
	puts_(" trap=");
	dec(f->trapno);
	puts_(" err=");
	hex(f->err);
}

static void on_fault(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	greg_t *g = uc->uc_mcontext.gregs;
	struct fault *f, mine;

	f = g[REG_R12] == (greg_t)TOUCH_MAGIC ? (struct fault *)g[REG_R15] : &mine;
	f->hit = 1;
	f->signo = sig;
	f->code = si->si_code;
	f->addr = (uint64_t)si->si_addr;
	f->trapno = g[REG_TRAPNO];
	f->err = g[REG_ERR];
	if (f == &mine) {
		puts_("\nUNEXPECTED");
		show_fault(f);
		puts_(" rip=");
		hex(g[REG_RIP]);
		puts_("\n");
		flush();
		sys(SYS_exit_group, 99);
	}
	g[REG_RIP] = g[REG_R13];
	g[REG_RSP] = g[REG_R14];
}

static void skip(char **p)
{
	while (**p == ' ')
		++*p;
}

static int word(char **p, char *to, size_t size)
{
	size_t n = 0;

	skip(p);
	while (**p && **p != ' ' && **p != '\n' && n + 1 < size)
		to[n++] = *(*p)++;
	to[n] = 0;
	return n != 0;
}

static uint64_t atom(char **p)
{
	if (**p == 'r') {
		unsigned long n = strtoul(*p + 1, p, 10);

		return n < RESULTS ? (uint64_t)results[n] : 0;
	}
	if (**p == '@')
		return (uint64_t)buffer + strtoull(*p + 1, p, 0);
	if (!strncmp(*p, "brk", 3))
		return *p += 3, brk0;
	if (!strncmp(*p, "sp", 2))
		return *p += 2, sp0;
	if (!strncmp(*p, "text", 4))
		return *p += 4, (uint64_t)&touch_read & -PAGE;
	if (!strncmp(*p, "scr", 3))
		return *p += 3, (uint64_t)scratch;
	return strtoull(*p, p, 0);
}

static uint64_t number(char **p)
{
	uint64_t v;

	skip(p);
	if (!**p || **p == '\n')
		return 0;
	v = atom(p);
	for (;;) {
		if (**p == '+')
			++*p, v += atom(p);
		else if (**p == '-')
			++*p, v -= atom(p);
		else
			return v;
	}
}

static char *next_line(char *p)
{
	while (*p && *p != '\n')
		p++;
	return *p ? p + 1 : p;
}

static char *matching_end(char *p)
{
	int depth = 1;

	for (; *p; p = next_line(p)) {
		char *q = p, w[16];

		word(&q, w, sizeof(w));
		word(&q, w, sizeof(w));
		if (!strcmp(w, "fork") || !strcmp(w, "vfork") || !strcmp(w, "thread"))
			depth++;
		if (!strcmp(w, "end") && !--depth)
			return p;
	}
	return p;
}

static void cat(const char *name, int quiet)
{
	int fd = sys(SYS_openat, AT_FDCWD, name, O_RDONLY, 0);
	long n;

	if (fd < 0) {
		puts_(" open ");
		dec(fd);
		return;
	}
	puts_("\n<<");
	puts_(name);
	puts_("\n");
	flush();
	while ((n = sys(SYS_read, fd, out, sizeof(out))) > 0) {
		out_len = n;
		if (quiet)
			out_len = 0;
		flush();
	}
	puts_(">>");
	if (n < 0)
		dec(n);
	sys(SYS_close, fd);
}

static void hash(uint64_t addr, uint64_t len)
{
	struct fault last = { 0 };

	if (len > 64 * PAGE)
		len = 64 * PAGE;
	for (uint64_t a = addr & -PAGE; a < addr + len; a += PAGE) {
		struct fault f = { 0 };
		uint64_t h = 14695981039346656037ULL, any = 0;

		for (unsigned int i = 0; i < PAGE && !f.hit; i += 8) {
			uint64_t v = touch_read8(a + i, &f, 0);

			h = (h ^ v) * 1099511628211ULL;
			any |= v;
		}
		if (f.hit) {
			if (f.addr - last.addr != PAGE || f.code != last.code || f.signo != last.signo)
				show_fault(&f);
			else
				puts_("~");
			last = f;
		} else if (!any) {
			puts_(".");
		} else {
			puts_(" ");
			hex((h ^ h >> 32) & 0xffffff);
		}
	}
}

static void pagemap(uint64_t addr, uint64_t pages)
{
	int fd = sys(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY, 0);

	for (uint64_t i = 0; i < pages && i < 64; i++) {
		uint64_t v = 0;
		long n = sys(SYS_pread64, fd, &v, 8, (addr / PAGE + i) * 8);

		puts_(" ");
		if (n != 8)
			result(n);
		else
			hex(v >> 55 & 0x1ff & ~2);
	}
	sys(SYS_close, fd);
}

static void new_altstack(int i)
{
	stack_t ss = { .ss_sp = altstacks[i], .ss_size = sizeof(altstacks[i]) };

	sys(SYS_sigaltstack, &ss, 0);
}

static long clone_call(uint64_t flags, uint8_t *top, int (*fn)(void *), void *arg, int *ctid)
{
	long ret;
	register uint64_t r10 __asm__("r10") = (uint64_t)ctid;
	register uint64_t r8 __asm__("r8") = 0;
	register void *r12 __asm__("r12") = (void *)fn;
	register void *r13 __asm__("r13") = arg;

	__asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n xor %%ebp, %%ebp\n mov %%r13, %%rdi\n call *%%r12\n"
			 " mov %%eax, %%edi\n mov $60, %%eax\n syscall\n1:"
			 : "=a"(ret)
			 : "a"(SYS_clone), "D"(flags), "S"(top), "d"(0), "r"(r10), "r"(r8), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory");
	return ret;
}

static void interpret(int depth);

static int vfork_child(void *arg)
{
	(void)arg;
	interpret(1);
	flush();
	sys(SYS_exit_group, 7);
	return 0;
}

static int thread_child(void *arg)
{
	(void)arg;
	new_altstack(NR_THREADS + 1);
	interpret(1);
	return 0;
}

static void race_touch(unsigned int me, uint64_t offset)
{
	struct fault f = { 0 };
	uint64_t addr = races[me].addr + offset;

	if (races[me].kind == 'w')
		touch_add(addr & ~7UL, &f, 0);
	else
		touch_read(addr, &f, 0);
}

/* All pages at the beginning and at the end, so that what is left is always the same; between, at random. */
static int racer(void *arg)
{
	unsigned int me = (uintptr_t)arg;
	uint64_t len = races[me].len, i = 0, at;

	new_altstack(me + 1);
	for (at = 0; at < len; at += PAGE)
		race_touch(me, at);
	races[me].ready = 1;
	while (!race_stop)
		race_touch(me, len ? i++ * 0x9e3779b97f4a7c15ULL % len : 0);
	for (at = 0; at < len; at += PAGE)
		race_touch(me, at);
	return 0;
}

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID)

static void start_race(int i, int kind, uint64_t addr, uint64_t len)
{
	long ret;

	race_stop = 0;
	races[i].addr = addr;
	races[i].len = len;
	races[i].kind = kind;
	races[i].ready = 0;
	race_alive[i] = 1;
	ret = clone_call(THREAD_FLAGS, stacks[i] + sizeof(stacks[i]), racer, (void *)(uintptr_t)i, (int *)&race_alive[i]);
	if (ret < 0) {
		race_alive[i] = 0;
		result(ret);
		return;
	}
	while (!races[i].ready)
		sys(SYS_sched_yield);
}

static void stop_race(void)
{
	race_stop = 1;
	for (int i = 0; i < NR_THREADS; i++)
		while (race_alive[i])
			sys(SYS_futex, &race_alive[i], FUTEX_WAIT, 1, 0);
}

static void save_state(void)
{
	sys(SYS_pwrite64, STATE_FD, results, sizeof(results), 0);
}

static void forked(char *w, int *depth)
{
	static long pid;
	static int status;
	static char *resume;
	char mine[16];

	memcpy(mine, line_no, sizeof(mine));
	resume = matching_end(pc);
	flush();
	if (w[0] == 'f') {
		char *after = resume;

		pid = sys(SYS_fork);
		if (!pid) {
			*depth += 1;
			return;
		}
		pc = next_line(after);
	} else {
		char *after = resume;

		if (w[0] == 'v') {
			pid = clone_call(CLONE_VM | CLONE_VFORK | SIGCHLD, stacks[NR_THREADS] + sizeof(stacks[0]), vfork_child, 0, 0);
		} else {
			race_alive[0] = 1;
			pid = clone_call(THREAD_FLAGS, stacks[NR_THREADS] + sizeof(stacks[0]), thread_child, 0,
					 (int *)&race_alive[0]);
			while (pid > 0 && race_alive[0])
				sys(SYS_futex, &race_alive[0], FUTEX_WAIT, 1, 0);
		}
		pc = next_line(after);
	}
	puts_(mine);
	puts_(" ");
	puts_(w);
	if (pid < 0) {
		puts_(" failed ");
		result(pid);
	} else if (w[0] != 't') {
		status = -1;
		long got = sys(SYS_wait4, pid, &status, 0x40000000, 0);

		puts_(got == pid ? " status " : " wait? ");
		hex(status);
	}
	puts_("\n");
	flush();
}

static void interpret(int depth)
{
	while (*pc) {
		char w[256], *p = pc;
		unsigned int id;
		uint64_t a[6];
		struct fault f = { 0 };

		pc = next_line(pc);
		if (!word(&p, line_no, sizeof(line_no)) || line_no[0] == '#')
			continue;
		id = atoi(line_no) % RESULTS;
		word(&p, w, sizeof(w));
		if (!strcmp(w, "fork") || !strcmp(w, "vfork") || !strcmp(w, "thread")) {
			forked(w, &depth);
			continue;
		}
		if (!strcmp(w, "end")) {
			if (!depth)
				continue;
			flush();
			if (--depth == 0)
				return;
			sys(SYS_exit_group, 0);
		}
		puts_(line_no);
		puts_(" ");
		puts_(w);
		if (!strcmp(w, "s") || !strcmp(w, "S")) {
			long nr = number(&p);

			for (int i = 0; i < 6; i++)
				a[i] = number(&p);
			flush();
			results[id] = sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
			puts_(" = ");
			if (w[0] == 's')
				result(results[id]);
		} else if (!strcmp(w, "pipe")) {
			int *fds = (int *)(buffer + 0x100), to = number(&p);

			for (int i = 0; i < 2; i++) {
				sys(SYS_dup2, fds[i], to + i);
				sys(SYS_close, fds[i]);
			}
		} else if (strlen(w) == 2 && w[0] == 't') {
			uint64_t v;

			a[0] = number(&p);
			a[1] = number(&p);
			puts_(" ");
			hex(a[0]);
			flush();
			switch (w[1]) {
			case 'r': v = touch_read(a[0], &f, 0); break;
			case 'R': v = touch_read8(a[0], &f, 0); break;
			case 'w': touch_write(a[0], &f, a[1]); v = 0; break;
			case 'W': touch_write8(a[0], &f, a[1]); v = 0; break;
			case 'a': touch_add(a[0], &f, a[1]); v = 0; break;
			case 'c': touch_copy(a[0], &f, a[1]); v = 0; break;
			case 'p': touch_push(a[0], &f, a[1]); v = 0; break;
			case 'x':
				v = touch_read(a[0], &f, 0);
				if (!f.hit && v != 0xc3)
					break;
				f.hit = 0;
				v = touch_call(a[0], &f, (uint64_t)scratch) == (uint64_t)scratch;
				break;
			default: v = 0;
			}
			if (f.hit)
				show_fault(&f);
			else
				puts_(" = "), hex(v);
		} else if (!strcmp(w, "fill")) {
			a[0] = number(&p);
			a[1] = number(&p);
			a[2] = number(&p);
			for (uint64_t i = 0; i < a[1] && !f.hit; i += PAGE)
				touch_write8(a[0] + i, &f, a[2] + (a[2] == 0xc3c3c3c3c3c3c3c3 ? 0 : i));
			if (f.hit)
				show_fault(&f);
		} else if (!strcmp(w, "q")) {
			uint64_t at = number(&p);

			for (skip(&p); *p && *p != '\n' && at < sizeof(buffer) - 8; skip(&p), at += 8) {
				uint64_t v = number(&p);
				memcpy(buffer + at, &v, 8);
			}
		} else if (!strcmp(w, "z")) {
			uint64_t at = number(&p);
			char s[256];

			word(&p, s, sizeof(s));
			memcpy(buffer + at, s, strlen(s) + 1);
		} else if (!strcmp(w, "d")) {
			uint64_t at = number(&p), n = number(&p);

			for (; n-- && at < sizeof(buffer) - 8; at += 8) {
				uint64_t v;
				memcpy(&v, buffer + at, 8);
				puts_(" ");
				hex(v);
			}
		} else if (!strcmp(w, "set")) {
			results[id] = number(&p);
		} else if (!strcmp(w, "h")) {
			a[0] = number(&p);
			flush();
			hash(a[0], number(&p));
		} else if (!strcmp(w, "pm")) {
			a[0] = number(&p);
			pagemap(a[0], number(&p));
		} else if (!strcmp(w, "cat")) {
			char s[256];

			word(&p, s, sizeof(s));
			cat(s, 0);
		} else if (!strcmp(w, "race")) {
			int i = number(&p) % NR_THREADS;
			int kind = number(&p);

			a[0] = number(&p);
			a[1] = number(&p);
			start_race(i, kind, a[0], a[1]);
		} else if (!strcmp(w, "join")) {
			stop_race();
		} else if (!strcmp(w, "exec")) {
			char line[24];
			char *argv[] = { (char *)self_name, (char *)file_name, line, NULL }, *envp[] = { NULL };

			save_state();
			int n = snprintf(line, sizeof(line), "%ld", (long)(pc - program));
			line[n] = 0;
			puts_("\n");
			flush();
			results[id] = sys(SYS_execve, self_name, argv, envp);
			result(results[id]);
		} else if (!strcmp(w, "exit")) {
			flush();
			sys(SYS_exit_group, number(&p));
		}
		puts_("\n");
		flush();
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	int fd, signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
	long n;

	if (argc < 2)
		return 2;
	self_name = argv[0];
	file_name = argv[1];
	fd = open(argv[1], O_RDONLY);
	n = fd < 0 ? -1 : read(fd, program, sizeof(program) - 1);
	if (n < 0)
		return 2;
	close(fd);
	new_altstack(0);
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
	brk0 = sys(SYS_brk, 0);
	sp0 = (uint64_t)__builtin_frame_address(0) & -PAGE;
	pc = program;
	if (argc > 2) {
		pc += atol(argv[2]);
		sys(SYS_pread64, STATE_FD, results, sizeof(results), 0);
	} else {
		fd = sys(SYS_memfd_create, "state", 0);
		sys(SYS_dup2, fd, STATE_FD);
		sys(SYS_close, fd);
	}
	puts_("brk0 ");
	hex(brk0);
	puts_(" sp0 ");
	hex(sp0);
	puts_("\n");
	flush();
	interpret(0);
	flush();
	sys(SYS_exit_group, 0);
}
