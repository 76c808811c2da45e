// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk walk, ulk why: one address of a program. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "mm/pgtable.h"
#include "observe/history.h"
#include "observe/report.h"
#include "observe/stop.h"
#include "observe/symbols.h"

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

static int walk_json(const struct launch *l, u64 addr)
{
	static const char *const levels[] = {"pgd", "pud", "pmd", "pte"};
	struct json_object *root = json_report(l), *list = json_object_new_array();
	u64 entry[4] = {};
	int n = addr < TASK_SIZE_MAX ? pgtable_walk(launch_task(l)->mm, addr, entry) : -1;

	json_object_object_add(root, "address", json_hex(addr));
	for (int i = 0; i < 4 && i <= n; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "level", json_object_new_string(levels[i]));
		json_object_object_add(o, "index",
				       json_object_new_int((int)(addr >> (PGDIR_SHIFT - 9 * i) & 511)));
		json_object_object_add(o, "entry", json_hex(entry[i]));
		json_object_array_add(list, o);
	}
	json_object_object_add(root, "walk", list);
	return json_finish(root);
}

/* The verbs take an address before the program. */
static const char *take_address(struct launch *l)
{
	const char *address = l->argv[0];

	if (!l->argv[1]) {
		cli_err("an address and a PROGRAM are needed");
		return NULL;
	}
	l->argv++;
	return address;
}

static int walk_main(int argc, char **argv)
{
	struct launch l = {};
	const char *text;
	int status;
	u64 addr;

	launch_parse(&l, argc, argv, LAUNCH_LOOK,
		     "Print the walk through the page tables that PROGRAM has for the address given before it: a number, "
		     "SYMBOL[+OFFSET], FILE:LINE, rsp, rip, fs or brk.\vulk walk ADDRESS PROGRAM [ARGUMENT...]");
	text = take_address(&l);
	status = text ? launch_look(&l) : EXIT_ULK;
	if (!status)
		status = parse_place(&l, text, &addr);
	if (status)
		return launch_free(&l, status);
	if (l.json)
		return launch_free(&l, walk_json(&l, addr));
	put_address(stdout, launch_task(&l), addr);
	return launch_free(&l, cli_close_stdout());
}

static int why_main(int argc, char **argv)
{
	struct history *history = history_create();
	struct launch l = {};
	const char *text;
	int status;
	u64 addr;

	launch_parse(&l, argc, argv, LAUNCH_LOOK,
		     "Say why the address given before PROGRAM is what it is: its area, the memory calls that touched it and "
		     "who made them, what an access would do, its page tables.\vulk why ADDRESS PROGRAM [ARGUMENT...]");
	text = take_address(&l);
	if (text && l.json) {
		cli_err("why has no --json");
		text = NULL;
	}
	status = text ? launch_watch(&l, history ? history_sink(history) : NULL) : EXIT_ULK;
	if (!status)
		status = launch_look(&l);
	if (!status)
		status = parse_place(&l, text, &addr);
	if (!status) {
		put_why(stdout, launch_task(&l), history, addr);
		status = cli_close_stdout();
	}
	status = launch_free(&l, status);
	history_free(history);
	return status;
}

const struct verb verb_walk = {"walk", "print the page-table walk of an address", walk_main};
const struct verb verb_why = {"why", "say what an address is and how it became so", why_main};
