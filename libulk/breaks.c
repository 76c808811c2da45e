// SPDX-License-Identifier: GPL-2.0-or-later
/* Breakpoints: any number of addresses, which are the engine's, and of system calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libulk/internal.h"
#include "observe/stop.h"
#include "observe/trace.h"
#include "syscalls/syscalls.h"

/* ulk_machine.passing_addr: not an address but a call. */
#define CALL_BREAK (~0UL)

struct ulk_break {
	struct ulk_break *next;
	int id;
	bool call;
	u64 addr;
	struct trace_set calls;
	u64 left; /* calls to let pass */
};

/* ---- addresses ---- */

static const struct ulk_break *break_at(const struct ulk_machine *m, u64 addr)
{
	for (const struct ulk_break *b = m->breaks; b; b = b->next) {
		if (!b->call && b->addr == addr)
			return b;
	}
	return NULL;
}

bool machine_is_break(const struct ulk_machine *m, u64 addr)
{
	return m->nr_addresses && break_at(m, addr);
}

/* All addresses but @without to the engine. */
static int tell_engine(struct ulk_machine *m, u64 without)
{
	u64 *addrs = calloc(m->nr_addresses + 1, sizeof(*addrs));
	size_t n = 0;
	int err;

	if (!addrs)
		return -ENOMEM;
	for (const struct ulk_break *b = m->breaks; b; b = b->next) {
		if (!b->call && b->addr != without)
			addrs[n++] = b->addr;
	}
	err = cpu_set_breaks(m->ulk->cpu, addrs, n);
	free(addrs);
	return err;
}

void machine_step(struct task_struct *t, struct cpu_exit *exit)
{
	struct ulk_machine *m = t->ulk->owner;
	struct cpu *cpu = t->ulk->cpu;
	u64 rip = task_regs(t)->rip, one = cpu_get_break(cpu);
	bool listed = machine_is_break(m, rip);

	if (likely(one != rip && !listed)) {
		cpu_run_step(cpu, exit);
		return;
	}
	if (one == rip)
		cpu_set_break(cpu, 0);
	if (listed)
		tell_engine(m, rip);
	cpu_run_step(cpu, exit);
	if (one == rip)
		cpu_set_break(cpu, one);
	if (listed && tell_engine(m, 0))
		pr_err(t->ulk, "out of memory for breakpoints");
}

void machine_break_reached(struct task_struct *t)
{
	struct ulk_machine *m = t->ulk->owner;
	const struct ulk_break *b = break_at(m, task_regs(t)->rip);

	m->hit = b ? b->id : 0;
	m->passing = b ? t : NULL;
	m->passing_addr = t->regs.rip;
}

/* ---- system calls ---- */

s64 machine_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct ulk_machine *m = t->ulk->owner;
	bool again;

	if (unlikely(machine_place_changes(nr)))
		machine_place_note(m, nr);
	if (likely(!m->nr_calls) || m->pid != getpid())
		return do_syscall(t, nr, args);
	again = m->passing == t && m->passing_addr == CALL_BREAK;
	if (again)
		m->passing = NULL;
	for (struct ulk_break *b = again ? NULL : m->breaks; b; b = b->next) {
		if (!b->call || !set_has(&b->calls, (u32)nr) || (b->left && --b->left))
			continue;
		b->left = 0;
		m->hit = b->id;
		m->passing = t;
		m->passing_addr = CALL_BREAK;
		m->stop_thread = t;
		/* Back onto the instruction: the call is still to come when the run goes on. */
		return -ERESTARTNOINTR;
	}
	return do_syscall(t, nr, args);
}

/* ---- adding and removing ---- */

static int parse_calls(const char *what, struct ulk_break *b, char *why)
{
	char *name = strdup(what), *colon, *end;
	int err = 0;

	if (!name)
		return -ENOMEM;
	colon = strchr(name, ':');
	b->call = true;
	if (colon) {
		*colon++ = '\0';
		errno = 0;
		b->left = strtoull(colon, &end, 10);
		if (errno || *end || end == colon || *colon == '-' || !b->left) {
			snprintf(why, 160, "`%s' is not a count", colon);
			err = -EINVAL;
		}
	}
	if (!err)
		err = parse_call_set(name, &b->calls, why, 160);
	free(name);
	return err;
}

int ulk_break_add(struct ulk_machine *m, const char *where, int *id)
{
	char why[160] = "";
	struct task_struct *t;
	struct ulk_break *b;
	int err = machine_idle(m, where && id);

	if (!err)
		err = machine_task(m, true, &t);
	if (err)
		return err;
	b = calloc(1, sizeof(*b));
	if (!b)
		return machine_fail(m, -ENOMEM, NULL);
	err = strncmp(where, "syscall:", 8) ? stop_address(t, where, &b->addr, why) : parse_calls(where + 8, b, why);
	if (!err && !b->call && !b->addr)
		err = -EINVAL;
	if (err) {
		free(b);
		return machine_fail(m, err, why);
	}
	b->id = ++m->break_ids;
	b->next = m->breaks;
	m->breaks = b;
	if (b->call)
		m->nr_calls++;
	else
		m->nr_addresses++;
	err = b->call ? 0 : tell_engine(m, 0);
	if (err) {
		ulk_break_remove(m, b->id);
		return machine_fail(m, err, NULL);
	}
	*id = b->id;
	machine_control(m);
	return 0;
}

int ulk_break_remove(struct ulk_machine *m, int id)
{
	int err = machine_idle(m, true);

	if (err)
		return err;
	for (struct ulk_break **p = &m->breaks, *b; (b = *p); p = &b->next) {
		if (b->id != id)
			continue;
		*p = b->next;
		if (b->call) {
			m->nr_calls--;
		} else {
			m->nr_addresses--;
			tell_engine(m, 0);
		}
		free(b);
		machine_control(m);
		return 0;
	}
	return machine_fail(m, -ENOENT, "no break has this number");
}

int ulk_break_hit(const struct ulk_machine *m)
{
	return m ? m->hit : 0;
}

void machine_breaks_free(struct ulk_machine *m)
{
	struct ulk_break *next;

	for (struct ulk_break *b = m->breaks; b; b = next) {
		next = b->next;
		free(b);
	}
	m->breaks = NULL;
	m->nr_calls = m->nr_addresses = 0;
}
