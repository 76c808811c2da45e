// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "observe/functions.h"
#include "observe/observe.h"
#include "observe/profile.h"
#include "observe/replace.h"

#define PERIOD_NS  1000000
#define MAX_FRAMES 128
#define BUCKETS	   1024

struct sample {
	struct sample *next;
	u64 count;
	char stack[];
};

struct profile {
	struct replace file;
	int (*merge)(const struct stack_count *stacks, size_t n, const char *old, size_t size, FILE *out);
	struct functions *functions;
	struct cpu *cpu;
	int pid;                   /* the process that `clock` watches, 0: none */
	u32 due;                   /* atomic: milliseconds since the last sample */
	u32 stop;                  /* atomic: `clock` shall end */
	struct sample *buckets[BUCKETS];
	size_t nr_stacks;
	const struct stack_count *stacks;   /* while they are written */
	size_t nr_written;
};

/* ---- the clock ---- */

static u64 cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/* Timers of the CPU clock are as coarse as the kernel's tick; so sleep, and look at the clock. */
static void *clock_main(void *arg)
{
	const struct timespec period = {.tv_nsec = PERIOD_NS};
	struct profile *p = arg;
	u64 last = cpu_time();

	while (!__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE)) {
		u64 now;

		clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
		now = cpu_time();
		if (now - last < PERIOD_NS)
			continue;
		__atomic_fetch_add(&p->due, (u32)((now - last) / PERIOD_NS), __ATOMIC_RELAXED);
		last += (now - last) / PERIOD_NS * PERIOD_NS;
		cpu_kick(p->cpu);
	}
	return NULL;
}

static void start_clock(struct profile *p)
{
	sigset_t all, old;
	pthread_t thread;

	__atomic_store_n(&p->due, 0, __ATOMIC_RELAXED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (!pthread_create(&thread, NULL, clock_main, p))
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- samples ---- */

static void forget_samples(struct profile *p)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct sample *s; (s = p->buckets[i]); free(s))
			p->buckets[i] = s->next;
	p->nr_stacks = 0;
}

static void count_stack(struct profile *p, const char *stack, u64 count)
{
	u64 hash = 5381;
	struct sample **at, *s;

	for (const char *c = stack; *c; c++)
		hash = hash * 33 + (u8)*c;
	for (at = &p->buckets[hash % BUCKETS]; (s = *at); at = &s->next)
		if (!strcmp(s->stack, stack)) {
			s->count += count;
			return;
		}
	s = malloc(sizeof(*s) + strlen(stack) + 1);
	if (!s)
		return;
	s->next = NULL;
	s->count = count;
	strcpy(s->stack, stack);
	*at = s;
	p->nr_stacks++;
}

static size_t stack_of(struct profile *p, struct task_struct *t, u64 *pcs)
{
	const struct cpu_regs *r = task_regs(t);
	struct unwind_state s = {.rip = r->rip, .rsp = r->rsp, .rbp = r->rbp, .rbx = r->rbx,
				 .r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15};
	size_t n = 0;

	do
		pcs[n++] = s.rip - s.caller;
	while (n < MAX_FRAMES && functions_unwind(p->functions, t->mm, &s));
	return n;
}

static void put_name(FILE *out, const char *name)
{
	for (; *name; name++)
		putc(*name == ';' || *name == '\n' ? ':' : *name == ' ' ? '_' : *name, out);
}

static void take_sample(struct profile *p, struct task_struct *t, u64 count)
{
	u64 pcs[MAX_FRAMES];
	size_t n = stack_of(p, t, pcs), size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	struct function f;

	if (!out)
		return;
	put_name(out, t->comm);
	while (n--) {
		functions_find(p->functions, t->mm, pcs[n], &f);
		/* Behind the outermost function there may be what is no frame. */
		putc(';', out);
		if (f.name)
			put_name(out, f.name);
		else
			fprintf(out, "[%s]", f.file ?: "unknown");
	}
	fclose(out);
	count_stack(p, text, count);
	free(text);
}

void profile_left_engine(struct profile *p, struct task_struct *t)
{
	u32 due;

	if (unlikely(p->pid != t->pid)) { /* a child */
		forget_samples(p);
		p->pid = t->pid;
		start_clock(p);
	}
	if (likely(!__atomic_load_n(&p->due, __ATOMIC_RELAXED)))
		return;
	due = __atomic_exchange_n(&p->due, 0, __ATOMIC_RELAXED);
	if (due)
		take_sample(p, t, due);
}

/* ---- writing ---- */

static int merge(void *arg, const char *old, size_t size, FILE *out)
{
	const struct profile *p = arg;

	return p->merge(p->stacks, p->nr_written, old, size, out);
}

static int make_empty(void *arg, const char *old, size_t size, FILE *out)
{
	return 0;
}

void profile_task_end(struct profile *p, struct task_struct *t)
{
	struct stack_count *stacks;
	size_t n = 0;
	int err;

	if (!t->signal->exiting || p->pid != t->pid || !p->nr_stacks)
		return;
	__atomic_store_n(&p->stop, 1, __ATOMIC_RELEASE);
	stacks = calloc(p->nr_stacks, sizeof(*stacks));
	for (size_t i = 0; stacks && i < BUCKETS; i++)
		for (struct sample *s = p->buckets[i]; s; s = s->next)
			stacks[n++] = (struct stack_count){s->stack, s->count};
	p->stacks = stacks;
	p->nr_written = n;
	err = stacks ? replace_update(&p->file, merge, p) : -ENOMEM;
	if (err)
		observer_error("profile: %s: %s", p->file.path, strerror(-err));
	free(stacks);
	forget_samples(p);
}

/* ---- beginning and end ---- */

static bool is_callgrind(const char *path)
{
	const char *name = (strrchr(path, '/') ?: path - 1) + 1;
	size_t len = strlen(name);

	return !strncmp(name, "callgrind.out", 13) || (len > 10 && !strcmp(name + len - 10, ".callgrind"));
}

int profile_create(const char *spec, struct profile **out, char *why)
{
	struct profile *p = calloc(1, sizeof(*p));
	bool callgrind = is_callgrind(spec);
	int err;

	snprintf(why, 160, "out of memory");
	if (!p)
		return -ENOMEM;
	if (!strncmp(spec, "folded:", 7) || !strncmp(spec, "callgrind:", 10)) {
		callgrind = *spec == 'c';
		spec = strchr(spec, ':') + 1;
	}
	p->merge = callgrind ? callgrind_merge : folded_merge;
	p->functions = functions_new();
	err = replace_init(&p->file, spec, why);
	if (!err && !p->functions)
		err = -ENOMEM;
	if (!err && (err = replace_update(&p->file, make_empty, p)))
		snprintf(why, 160, "%.100s: %s", spec, strerror(-err));
	if (err) {
		profile_destroy(p);
		return err;
	}
	*out = p;
	return 0;
}

void profile_destroy(struct profile *p)
{
	if (!p)
		return;
	forget_samples(p);
	functions_free(p->functions);
	replace_free(&p->file);
	free(p);
}

void profile_attach(struct profile *p, struct ulk *ulk)
{
	p->cpu = ulk->cpu;
	replace_attach(&p->file, ulk);
	p->pid = getpid();
	start_clock(p);
}
