// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk walk, ulk why: one address of a program. */
#include <errno.h>
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
		status = walk_json(&l, addr);
	} else if (!status) {
		printf("0x%lx\n", addr);
		put_place(stdout, launch_task(&l)->mm, addr);
		put_walk(stdout, launch_task(&l)->mm, addr);
		status = cli_close_stdout();
	}
	return launch_free(&l, status);
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
	if (l.json)
		cli_err("why has no --json");
	else if (!history)
		cli_err("%s", strerror(ENOMEM));
	else
		status = look_at_address(&l, history, &addr);
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
