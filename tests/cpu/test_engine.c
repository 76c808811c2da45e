// SPDX-License-Identifier: GPL-2.0-or-later
/* The engine as a whole: registers in and out, preemption, the TLB as it grows, several engines, stepping. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <cmocka.h>
#include "cpu/engine.h"
#include "toy.h"

static int setup(void **state)
{
	struct toy *toy = toy_create();
	struct cpu_regs regs;

	toy_map(toy, CODE_VA, 4, CPU_PERM_R | CPU_PERM_X);
	toy_map(toy, STACK_VA, 4, CPU_PERM_R | CPU_PERM_W);
	cpu_get_regs(toy->cpu, &regs);
	regs.rsp = STACK_TOP_VA - 256;
	cpu_set_regs(toy->cpu, &regs);
	*state = toy;
	return 0;
}

static int teardown(void **state)
{
	toy_destroy(*state);
	return 0;
}

/* ---- the two replacements of Unicorn's functions, and the registers found in memory ---- */

static void test_shortcuts_in_effect(void **state)
{
	struct toy *toy = *state;

	assert_true(cpu_can_preempt(toy->cpu));
	assert_non_null(toy->cpu->object);
	assert_true(toy->cpu->direct);
}

/* ---- registers ---- */

static void fill_regs(struct cpu_regs *regs, u64 seed)
{
	u64 *r = (u64 *)regs;

	for (int i = 0; i < 20; i++)
		r[i] = seed * (u64)(2 * i + 3) ^ seed << (i + 7);
	regs->rip &= 0x7fffffffffff;
	regs->rflags = 0x202 | (regs->rflags & 0x8d5);
}

static void regs_roundtrip(struct toy *toy)
{
	struct cpu_regs want, got;

	for (u64 seed = 0x123456789abcdef; seed; seed <<= 3) {
		cpu_get_regs(toy->cpu, &want);
		fill_regs(&want, seed);
		cpu_set_regs(toy->cpu, &want);
		cpu_get_regs(toy->cpu, &got);
		assert_memory_equal(&want, &got, sizeof(want));
		/* And once through the engine itself: a run that ends before its first instruction. */
		cpu_kick(toy->cpu);
		assert_int_equal(toy_run(toy, &got).reason, CPU_EXIT_KICKED);
		assert_memory_equal(&want, &got, sizeof(want));
		assert_int_equal(toy_run(toy, &got).reason, CPU_EXIT_FAULT);
		assert_memory_equal(&want, &got, sizeof(want));
	}
}

static void test_regs(void **state)
{
	struct toy *toy = *state;

	regs_roundtrip(toy);
}

/* The same without the shortcut, as with a Unicorn in which the registers are not found. */
static void test_regs_api_only(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	toy->cpu->direct = false;
	memset(toy->cpu->slot, 0, sizeof(toy->cpu->slot));
	regs_roundtrip(toy);
	TOY_CODE(toy, CODE_VA, "\xb8\x27\0\0\0\x0f\x05");
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rax, 39);
	assert_int_equal(regs.rcx, CODE_VA + 7);
}

/* The guest sees what was set, the host sees what the guest did. */
static void test_regs_in_guest(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	/* xchg %rax,%r15; lea 1(%rbx,%rbp),%rdx; mov %fs:0,%rsi; mov %gs:8,%rdi; setc %r8b; syscall */
	TOY_CODE(toy, CODE_VA,
		 "\x49\x87\xc7\x48\x8d\x54\x2b\x01\x64\x48\x8b\x34\x25\0\0\0\0\x65\x48\x8b\x3c\x25\x08\0\0\0\x41\x0f\x92\xc0\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	regs.rax = 0x1111;
	regs.r15 = 0xfedcba9876543210;
	regs.rbx = 0x100;
	regs.rbp = 0x20;
	regs.r8 = 0;
	regs.fs_base = STACK_VA;
	regs.gs_base = STACK_VA + 0x100;
	regs.rflags |= 1;
	cpu_set_regs(toy->cpu, &regs);
	*(u64 *)toy_host(toy, STACK_VA) = 0xaaaa;
	*(u64 *)toy_host(toy, STACK_VA + 0x108) = 0xbbbb;
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_true(regs.rax == 0xfedcba9876543210);
	assert_int_equal(regs.r15, 0x1111);
	assert_int_equal(regs.rdx, 0x121);
	assert_int_equal(regs.rsi, 0xaaaa);
	assert_int_equal(regs.rdi, 0xbbbb);
	assert_int_equal(regs.r8, 1);
}

static void test_user_flags_only(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	cpu_get_regs(toy->cpu, &regs);
	regs.rflags = ~0UL;
	cpu_set_regs(toy->cpu, &regs);
	cpu_get_regs(toy->cpu, &regs);
	assert_int_equal(regs.rflags & 0x3000, 0);       /* IOPL */
	assert_int_equal(regs.rflags & 0x202, 0x202);
	assert_int_equal(regs.rflags >> 22, 0);
	regs.rflags = 0;
	cpu_set_regs(toy->cpu, &regs);
	cpu_get_regs(toy->cpu, &regs);
	assert_int_equal(regs.rflags, 0x202);
}

static void fill_fx(struct cpu_fxstate *fx, u8 seed)
{
	memset(fx, 0, sizeof(*fx));
	fx->cwd = 0x27f;
	fx->swd = 0x3800 & (u16)(seed << 9);
	fx->twd = seed;
	fx->fop = 0x1d8;
	fx->rip = 0x400123;
	fx->rdp = 0x7ffff123;
	fx->mxcsr = 0x1f80 | (seed & 0x3f);
	fx->mxcsr_mask = 0xffff;
	for (int i = 0; i < 8; i++)
		memset(fx->st[i], seed + i, 10);
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 16; j++)
			fx->xmm[i][j] = (u8)(seed * i + j);
}

static void test_fxstate(void **state)
{
	struct toy *toy = *state;
	struct cpu_fxstate want, got;
	struct cpu_regs regs;
	u8 *image;

	toy_map(toy, DATA_VA, 1, CPU_PERM_R | CPU_PERM_W);
	for (unsigned seed = 0; seed < 256; seed += 17) {
		fill_fx(&want, (u8)seed);
		cpu_set_fxstate(toy->cpu, &want);
		cpu_get_fxstate(toy->cpu, &got);
		assert_memory_equal(&want, &got, sizeof(want));
		/* The guest's own fxsave64 says the same: fxsave64 (%rdi); syscall */
		TOY_CODE(toy, CODE_VA, "\x48\x0f\xae\x07\x0f\x05");
		cpu_get_regs(toy->cpu, &regs);
		regs.rdi = DATA_VA;
		cpu_set_regs(toy->cpu, &regs);
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
		image = toy_host(toy, DATA_VA);
		assert_memory_equal(image, &want, 5);
		assert_memory_equal(image + offsetof(struct cpu_fxstate, mxcsr), &want.mxcsr, 4);
		assert_memory_equal(image + offsetof(struct cpu_fxstate, st), want.st, sizeof(want.st));
		assert_memory_equal(image + offsetof(struct cpu_fxstate, xmm), want.xmm, sizeof(want.xmm));
		/* And fxrstor64 from what we wrote: fxrstor64 (%rdi); syscall */
		fill_fx(&want, (u8)(seed + 5));
		memcpy(image, &want, sizeof(want));
		TOY_CODE(toy, CODE_VA, "\x48\x0f\xae\x0f\x0f\x05");
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
		cpu_get_fxstate(toy->cpu, &got);
		assert_int_equal(want.swd, got.swd);
		assert_int_equal(want.twd, got.twd);
		assert_int_equal(want.mxcsr, got.mxcsr);
		assert_memory_equal(want.st, got.st, sizeof(want.st));
		assert_memory_equal(want.xmm, got.xmm, sizeof(want.xmm));
	}
}

/* x87 values pushed by the guest appear in order, top first. */
static void test_x87_order(void **state)
{
	struct toy *toy = *state;
	struct cpu_fxstate fx;
	struct cpu_regs regs;

	/* fld1; fldpi; fldz; syscall */
	TOY_CODE(toy, CODE_VA, "\xd9\xe8\xd9\xeb\xd9\xee\x0f\x05");
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	cpu_get_fxstate(toy->cpu, &fx);
	assert_int_equal(fx.swd >> 11 & 7, 5);
	assert_int_equal(fx.twd, 0xe0);
	assert_memory_equal(fx.st[0], "\0\0\0\0\0\0\0\0\0\0", 10);
	assert_memory_equal(fx.st[2], "\0\0\0\0\0\0\0\x80\xff\x3f", 10);
}

/* ---- preemption ---- */

/*
 * The work: a loop over memory with a push and a pop, an add with carry to memory, a call, and a string
 * instruction, so that an instruction executed twice or not at all changes the sum.
 *
 *	loop:	push %rax ; addq $1,(%rdi) ; adcq $0,8(%rdi) ; pop %rbx ; add (%rdi),%rax ; rol $5,%rax ; call f
 *		dec %rcx ; jnz loop ; syscall
 *	f:	xor %rbx,%rax ; addq %rax,16(%rdi) ; mov %rdi,%rdx ; add $64,%rdi ; stosq ; mov %rdx,%rdi ; ret
 */
static const char work[] =
	"\x50\x48\x83\x07\x01\x48\x83\x57\x08\x00\x5b\x48\x03\x07\x48\xc1\xc0\x05\xe8\x07\0\0\0"
	"\x48\xff\xc9\x75\xe4\x0f\x05"
	"\x48\x31\xd8\x48\x01\x47\x10\x48\x89\xfa\x48\x83\xc7\x40\x48\xab\x48\x89\xd7\xc3";

static u64 work_result(u64 rounds, u64 out[3])
{
	u64 rax = 1, rbx, mem[3] = {0};

	while (rounds--) {
		rbx = rax;
		mem[1] += ++mem[0] == 0;
		rax += mem[0];
		rax = rax << 5 | rax >> 59;
		rax ^= rbx;
		mem[2] += rax;
	}
	memcpy(out, mem, sizeof(mem));
	return rax;
}

static void start_work(struct toy *toy, u64 rounds)
{
	struct cpu_regs regs;

	if (!toy_find(toy, DATA_VA))
		toy_map(toy, DATA_VA, 1, CPU_PERM_R | CPU_PERM_W);
	memset(toy_host(toy, DATA_VA), 0, PAGE_SIZE);
	toy_code(toy, CODE_VA, work, sizeof(work) - 1);
	cpu_get_regs(toy->cpu, &regs);
	regs.rax = 1;
	regs.rcx = rounds;
	regs.rdi = DATA_VA;
	regs.rip = CODE_VA;
	cpu_set_regs(toy->cpu, &regs);
}

/* Run to the syscall; how often it was interrupted. */
static unsigned finish_work(struct toy *toy, u64 rounds)
{
	u64 want[3], rax = work_result(rounds, want);
	unsigned kicks = 0;
	struct cpu_regs regs;
	struct cpu_exit exit;

	while ((exit = toy_run(toy, &regs)).reason == CPU_EXIT_KICKED)
		kicks++;
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	assert_true(regs.rax == rax);
	assert_memory_equal(toy_host(toy, DATA_VA), want, sizeof(want));
	assert_int_equal(regs.rsp, STACK_TOP_VA - 256);
	return kicks;
}

struct kicker {
	struct cpu *cpu;
	atomic_bool stop;
	atomic_ulong kicks;
	unsigned pause_ns;
};

static void *kick_thread(void *arg)
{
	struct kicker *k = arg;
	const struct timespec pause = {0, k->pause_ns};

	while (!atomic_load(&k->stop)) {
		cpu_kick(k->cpu);
		atomic_fetch_add(&k->kicks, 1);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void test_kicked_by_thread(void **state)
{
	struct toy *toy = *state;
	struct kicker k = {.cpu = toy->cpu, .pause_ns = 20000};
	unsigned kicks = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, kick_thread, &k);
	for (int i = 0; i < 200 || (kicks < 2000 && i < 20000); i++) {
		start_work(toy, 20000 + i % 1000);
		kicks += finish_work(toy, 20000 + i % 1000);
	}
	atomic_store(&k.stop, true);
	pthread_join(thread, NULL);
	assert_true(kicks >= 2000);
}

static struct cpu *signal_cpu;
static volatile sig_atomic_t signals;

static void on_alarm(int sig)
{
	cpu_kick(signal_cpu);
	signals++;
}

static void test_kicked_by_signal(void **state)
{
	struct toy *toy = *state;
	const struct itimerval tick = {{0, 100}, {0, 100}}, none = {{0, 0}, {0, 0}};
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, old;
	unsigned kicks = 0;

	signal_cpu = toy->cpu;
	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (int i = 0; i < 100 || (kicks < 2000 && i < 20000); i++) {
		start_work(toy, 30000 + i % 1000);
		kicks += finish_work(toy, 30000 + i % 1000);
	}
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_true(kicks >= 2000);
}

/* An endless loop that touches nothing and calls nobody is left, too. */
static void test_tight_loop(void **state)
{
	struct toy *toy = *state;
	struct kicker k = {.cpu = toy->cpu, .pause_ns = 50000};
	struct cpu_regs regs;
	pthread_t thread;

	TOY_CODE(toy, CODE_VA, "\xeb\xfe");
	pthread_create(&thread, NULL, kick_thread, &k);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_KICKED);
		assert_int_equal(regs.rip, CODE_VA);
	}
	atomic_store(&k.stop, true);
	pthread_join(thread, NULL);
}

/*
 * One kick, once, at any moment on the way into an endless loop: none may be lost. (When one is, the test hangs and
 * meson ends it.)
 */
static void *kick_once_thread(void *arg)
{
	struct kicker *k = arg;

	for (u64 seed = 1;; seed = seed * 6364136223846793005 + 1442695040888963407) {
		while (!atomic_load(&k->kicks))
			if (atomic_load(&k->stop))
				return NULL;
		for (unsigned i = 0; i < seed >> 54; i++)
			__asm__ volatile("pause");
		cpu_kick(k->cpu);
		atomic_store(&k->kicks, 0);
	}
}

static void test_no_kick_is_lost(void **state)
{
	struct toy *toy = *state;
	struct kicker k = {.cpu = toy->cpu};
	struct cpu_regs regs;
	pthread_t thread;

	TOY_CODE(toy, CODE_VA, "\xeb\xfe");
	pthread_create(&thread, NULL, kick_once_thread, &k);
	for (int i = 0; i < 3000; i++) {
		atomic_store(&k.kicks, 1);
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_KICKED);
		while (atomic_load(&k.kicks))
			;
	}
	atomic_store(&k.stop, true);
	pthread_join(thread, NULL);
}

/* ---- the TLB ---- */

/* Walk over more pages than the TLB has entries, again and again: it grows until they fit. */
static void test_tlb_growth(void **state)
{
	struct toy *toy = *state;
	u64 pages = 4096, before = 0, sum = 0;
	struct cpu_regs regs;

	toy_map(toy, 0x10000000, pages, CPU_PERM_R | CPU_PERM_W);
	for (u64 i = 0; i < pages; i++) {
		*(u64 *)toy_host(toy, 0x10000000 + i * PAGE_SIZE) = i;
		sum += i;
	}
	for (int pass = 0; pass < 12; pass++) {
		before = toy->fills;
		/* loop: add (%rdi),%rax; add $4096,%rdi; dec %rcx; jnz loop; syscall */
		TOY_CODE(toy, CODE_VA, "\x48\x03\x07\x48\x81\xc7\0\x10\0\0\x48\xff\xc9\x75\xf1\x0f\x05");
		cpu_get_regs(toy->cpu, &regs);
		regs.rax = 0;
		regs.rdi = 0x10000000;
		regs.rcx = pages;
		cpu_set_regs(toy->cpu, &regs);
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
		assert_int_equal(regs.rax, sum);
	}
	assert_true(toy->fills - before < pages / 4);
}

/* A flush asked for while the engine runs takes effect: the page is asked for again. */
static bool flush_from_call(struct toy *toy, struct cpu_syscall *sc)
{
	if (sc->nr != 39)
		return false;
	toy_find(toy, DATA_VA)->paddr = toy_find(toy, DATA_VA + PAGE_SIZE)->paddr;
	cpu_tlb_flush(toy->cpu, DATA_VA, DATA_VA + PAGE_SIZE);
	sc->ret = 0;
	return true;
}

static void test_flush_inside_call(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	toy_map(toy, DATA_VA, 2, CPU_PERM_R | CPU_PERM_W);
	*toy_host(toy, DATA_VA) = 1;
	*toy_host(toy, DATA_VA + PAGE_SIZE) = 2;
	toy->on_syscall = flush_from_call;
	/* mov (%rdi),%bl; mov $39,%eax; syscall; mov (%rdi),%bh; mov $1,%eax; syscall */
	TOY_CODE(toy, CODE_VA, "\x8a\x1f\xb8\x27\0\0\0\x0f\x05\x8a\x3f\xb8\x01\0\0\0\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	regs.rdi = DATA_VA;
	regs.rbx = 0;
	cpu_set_regs(toy->cpu, &regs);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rbx, 0x201);
	assert_int_equal(regs.rax, 1);
}

/* Demand paging: each page appears when it is first touched, many in one run. */
static bool map_on_miss(struct toy *toy, u64 vaddr, enum cpu_access access)
{
	if (vaddr < 0x10000000 || vaddr >= 0x11000000)
		return false;
	toy_map(toy, vaddr, 1, CPU_PERM_R | CPU_PERM_W);
	return true;
}

static void test_demand_paging(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_exit exit;

	toy->on_miss = map_on_miss;
	/* rep stosb over 3 MiB and a bit */
	TOY_CODE(toy, CODE_VA, "\xf3\xaa\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	regs.rax = 0x5a;
	regs.rdi = 0x10000123;
	regs.rcx = 0x300001;
	cpu_set_regs(toy->cpu, &regs);
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rdi, 0x10000123 + 0x300001);
	for (u64 at = 0x10000123; at < regs.rdi; at += 997)
		assert_int_equal(*toy_host(toy, at), 0x5a);
	/* And off the end of what there is: half done, as natively. */
	TOY_CODE(toy, CODE_VA, "\xf3\xaa\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	regs.rdi = 0x11000000 - 100;
	regs.rcx = 1000;
	cpu_set_regs(toy->cpu, &regs);
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_FAULT);
	assert_int_equal(exit.fault.addr, 0x11000000);
	assert_int_equal(regs.rdi, 0x11000000);
	assert_int_equal(regs.rcx, 900);
}

/* ---- more than one ---- */

static void *engine_thread(void *arg)
{
	struct toy *toy;
	void *state;

	setup(&state);
	toy = state;
	for (int i = 0; i < 20; i++) {
		start_work(toy, 50000);
		finish_work(toy, 50000);
	}
	teardown(&state);
	return NULL;
}

static void test_parallel_engines(void **state)
{
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, engine_thread, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
}

static void test_interleaved_engines(void **state)
{
	struct toy *one = *state, *two;
	void *other;

	setup(&other);
	two = other;
	for (int i = 1; i < 50; i++) {
		start_work(one, 1000 + i);
		start_work(two, 1500 + i);
		finish_work(one, 1000 + i);
		finish_work(two, 1500 + i);
	}
	teardown(&other);
}

/* One engine, handed from thread to thread, as guest threads do. */
struct handoff {
	struct toy *toy;
	pthread_mutex_t lock;
};

static void *handoff_thread(void *arg)
{
	struct handoff *h = arg;

	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&h->lock);
		start_work(h->toy, 500 + i);
		finish_work(h->toy, 500 + i);
		pthread_mutex_unlock(&h->lock);
	}
	return NULL;
}

static void test_handed_over(void **state)
{
	struct handoff h = {*state, PTHREAD_MUTEX_INITIALIZER};
	pthread_t thread[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, handoff_thread, &h);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
}

/* Stepping through the work gives what running it gives. */
static void test_step_through(void **state)
{
	struct toy *toy = *state;
	u64 want[3], rax = work_result(300, want);
	struct cpu_regs regs;
	struct cpu_exit exit;
	unsigned steps = 0;

	start_work(toy, 300);
	do {
		cpu_run_step(toy->cpu, &exit);
		steps++;
	} while (exit.reason == CPU_EXIT_STEP);
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	cpu_get_regs(toy->cpu, &regs);
	assert_true(regs.rax == rax);
	assert_memory_equal(toy_host(toy, DATA_VA), want, sizeof(want));
	assert_int_equal(steps, 300 * 16 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shortcuts_in_effect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_regs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_regs_api_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_regs_in_guest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user_flags_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fxstate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_x87_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kicked_by_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kicked_by_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tight_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_kick_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tlb_growth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush_inside_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_demand_paging, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parallel_engines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interleaved_engines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_step_through, setup, teardown),
	};

	return cmocka_run_group_tests_name("cpu engine", tests, NULL, NULL);
}
