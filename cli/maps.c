// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk maps: the address space, as /proc/PID/maps shows it. */
#include <json-c/json.h>
#include <stdlib.h>
#include "cli/cli.h"
#include "procfs/procfs.h"

/* The text of one of the three forms, which JSON is made of, so that the two cannot disagree. NULL without memory. */
static char *form_text(const struct launch *l)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int err = 0;

	if (!out)
		return NULL;
	if (l->pagetables)
		put_tables(out, launch_task(l)->mm);
	else
		err = l->smaps ? proc_smaps_text(launch_task(l), out) : proc_maps_text(launch_task(l), out);
	if (!fclose(out) && !err)
		return text;
	free(text);
	return NULL;
}

static int maps_json(const struct launch *l)
{
	char *text = form_text(l);
	struct json_object *root;

	if (!text) {
		cli_err("maps: out of memory");
		return EXIT_ULK;
	}
	root = json_report(l);
	json_object_object_add(root, l->pagetables ? "pagetables" : "maps", l->pagetables ? json_tables(text) : json_maps(text));
	free(text);
	return json_finish(root);
}

static int maps_watch(struct launch *l)
{
	struct changes changes;
	int status = launch_changes(l, &changes, changes_put_areas);

	if (!status)
		status = launch_look(l);
	changes_close(&changes);
	return launch_free(l, status);
}

static int maps_main(int argc, char **argv)
{
	struct launch l = {};
	int status;

	launch_parse(&l, argc, argv, LAUNCH_LOOK_MAPS,
		     "Load PROGRAM as execve does and print its address space as /proc/PID/maps shows it.");
	if (l.json && (l.watch || l.html)) {
		cli_err("maps: --json does not go with --watch or --html");
		return launch_free(&l, EXIT_ULK);
	}
	if (l.html)
		return launch_html(&l);
	if (l.watch)
		return maps_watch(&l);
	status = launch_look(&l);
	if (status)
		return launch_free(&l, status);
	if (l.json)
		return launch_free(&l, maps_json(&l));
	if (l.pagetables)
		put_tables(stdout, launch_task(&l)->mm);
	else if (l.smaps)
		proc_smaps_text(launch_task(&l), stdout);
	else
		proc_maps_text(launch_task(&l), stdout);
	return launch_free(&l, cli_close_stdout());
}

const struct verb verb_maps = {"maps", "print a program's address space, /proc/PID/maps style", maps_main};
