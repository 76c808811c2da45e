// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk walk, ulk why: one address of a program. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "observe/history.h"
#include "observe/report.h"
#include "observe/stop.h"
#include "observe/symbols.h"
#include "procfs/procfs.h"

int find_place(struct task_struct *t, const char *text, u64 *addr, char *why)
{
	const struct cpu_regs *r = t->cpu_released ? &t->regs : task_regs(t);
	const struct {
		const char *name;
		u64 value;
	} named[] = {{"rsp", r->rsp}, {"rip", r->rip}, {"brk", t->mm->brk}, {"fs", r->fs_base}};
	struct stop *stop;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		if (!strcmp(named[i].name, text)) {
			*addr = named[i].value;
			return 0;
		}
	}
	err = stop_parse(t, text, &stop, addr, why);
	if (err || !stop)
		return err;
	free(stop);
	snprintf(why, 160, "not an address");
	return -EINVAL;
}

static int parse_place(struct launch *l, const char *text, u64 *addr)
{
	char why[160];

	if (!find_place(launch_task(l), text, addr, why))
		return 0;
	cli_err("%s: %s", text, why);
	return EXIT_ULK;
}

void put_address(FILE *out, struct task_struct *t, u64 addr)
{
	fprintf(out, "0x%lx\n", addr);
	put_place(out, t->mm, addr);
	put_walk(out, t->mm, addr);
}

/* The area that holds @addr, as `ulk maps --json' has it; null where there is none. */
static struct json_object *area_at(struct task_struct *t, u64 addr)
{
	struct json_object *found = NULL, *maps, *end;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int err = out ? proc_maps_text(t, out) : -1;

	if (!out || fclose(out) || err) {
		free(text);
		return NULL;
	}
	maps = json_maps(text);
	for (size_t i = 0; i < json_object_array_length(maps) && !found; i++) {
		struct json_object *o = json_object_array_get_idx(maps, i), *start;

		if (json_object_object_get_ex(o, "start", &start) && json_object_object_get_ex(o, "end", &end) &&
		    addr >= strtoul(json_object_get_string(start), NULL, 16) && addr < strtoul(json_object_get_string(end), NULL, 16))
			found = json_object_get(o);
	}
	json_object_put(maps);
	free(text);
	return found;
}

/* What both verbs say of an address. */
static struct json_object *address_json(const struct launch *l, u64 addr)
{
	struct json_object *root = json_report(l);

	json_object_object_add(root, "address", json_hex(addr));
	json_object_object_add(root, "area", area_at(launch_task(l), addr));
	json_object_object_add(root, "walk", json_walk(launch_task(l)->mm, addr));
	return root;
}

/* The verbs take an address before the program. Parse, load, run to --at and find it. 0 or the exit status. @history: to be
 * told of the run, or NULL. */
static int look_at_address(struct launch *l, struct history *history, u64 *addr)
{
	const char *text = l->argv[0];
	int status = 0;

	if (!l->argv[1]) {
		cli_err("an address and a PROGRAM are needed");
		return EXIT_ULK;
	}
	l->argv++;
	if (history)
		status = launch_watch(l, history_sink(history));
	if (!status)
		status = launch_look(l);
	return status ? status : parse_place(l, text, addr);
}

static int walk_main(int argc, char **argv)
{
	struct launch l = {};
	int status;
	u64 addr;

	launch_parse(&l, argc, argv, LAUNCH_LOOK,
		     "Print the walk through the page tables that PROGRAM has for the address given before it: a number, "
		     "SYMBOL[+OFFSET], FILE:LINE, rsp, rip, fs or brk.\vulk walk ADDRESS PROGRAM [ARGUMENT...]");
	status = look_at_address(&l, NULL, &addr);
	if (!status && l.json) {
		status = json_finish(address_json(&l, addr));
	} else if (!status) {
		put_address(stdout, launch_task(&l), addr);
		status = cli_close_stdout();
	}
	return launch_free(&l, status);
}

/* ---- why, as JSON ---- */

struct steps {
	struct json_object *list;
	struct symbols *symbols;
};

static struct json_object *small_area(const struct area *a)
{
	const char perms[] = {a->flags & VM_READ ? 'r' : '-', a->flags & VM_WRITE ? 'w' : '-', a->flags & VM_EXEC ? 'x' : '-',
			      a->flags & VM_MAYSHARE ? 's' : 'p', '\0'};
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "start", json_hex(a->start));
	json_object_object_add(o, "end", json_hex(a->end));
	json_object_object_add(o, "size", json_object_new_uint64(a->end - a->start));
	json_object_object_add(o, "perms", json_object_new_string(perms));
	return o;
}

static struct json_object *callers(struct symbols *s, const u64 *pc)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < MEMORY_CALLERS && pc[i]; i++) {
		struct json_object *o = json_object_new_object();
		struct place p = {};

		if (s)
			symbols_find(s, pc[i] - (i > 0), &p);
		json_object_object_add(o, "pc", json_hex(pc[i]));
		json_object_object_add(o, "symbol", p.symbol ? json_text(p.symbol, strlen(p.symbol)) : NULL);
		json_object_object_add(o, "file", p.file ? json_text(p.file, strlen(p.file)) : NULL);
		json_object_object_add(o, "line", p.file ? json_object_new_int(p.line) : NULL);
		json_object_array_add(list, o);
	}
	return list;
}

static void step_json(const struct history_step *s, void *arg)
{
	struct json_object *o = json_object_new_object(), *was = json_object_new_array();
	const struct steps *steps = arg;

	json_object_object_add(o, "nr", json_object_new_uint64(s->nr));
	json_object_object_add(o, "call", s->call ? json_text(s->call, strlen(s->call)) : NULL);
	json_object_object_add(o, "callers", callers(steps->symbols, s->pc));
	json_object_object_add(o, "change", s->change ? json_object_new_string(s->change) : NULL);
	for (u32 i = 0; i < s->nr_gone; i++) {
		if (history_took_part(s, &s->gone[i]))
			json_object_array_add(was, small_area(&s->gone[i]));
	}
	json_object_object_add(o, "was", was);
	json_object_object_add(o, "is", s->now ? small_area(s->now) : NULL);
	json_object_array_add(steps->list, o);
}

static struct json_object *why_json(const struct launch *l, const struct history *h, u64 addr)
{
	struct steps steps = {json_object_new_array(), symbols_open(launch_task(l))};
	struct json_object *root = address_json(l, addr), *access = json_object_new_object();
	const char *words[3];

	history_of(h, addr, step_json, &steps);
	json_object_object_add(root, "history", steps.list);
	access_words(launch_task(l), addr, words);
	json_object_object_add(access, "read", json_object_new_string(words[0]));
	json_object_object_add(access, "write", json_object_new_string(words[1]));
	json_object_object_add(access, "execute", json_object_new_string(words[2]));
	json_object_object_add(root, "access", access);
	symbols_close(steps.symbols);
	return root;
}

static int why_main(int argc, char **argv)
{
	struct history *history;
	struct launch l = {};
	int status = EXIT_ULK;
	u64 addr;

	launch_parse(&l, argc, argv, LAUNCH_LOOK,
		     "Say why the address given before PROGRAM is what it is: its area, the memory calls that touched it and "
		     "who made them, what an access would do, its page tables.\vulk why ADDRESS PROGRAM [ARGUMENT...]");
	history = history_create();
	if (!history)
		cli_err("%s", strerror(ENOMEM));
	else
		status = look_at_address(&l, history, &addr);
	if (!status && l.json) {
		status = json_finish(why_json(&l, history, addr));
	} else if (!status) {
		put_why(stdout, launch_task(&l), history, addr);
		status = cli_close_stdout();
	}
	status = launch_free(&l, status);
	history_free(history);
	return status;
}

const struct verb verb_walk = {"walk", "print the page-table walk of an address", walk_main};
const struct verb verb_why = {"why", "say what an address is and how it became so", why_main};
