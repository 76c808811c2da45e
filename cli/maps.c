// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk maps: the address space, as /proc/PID/maps shows it. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
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

/* Areas as --json has them, with the flags that the line of maps does not tell. */
static struct json_object *areas_json(const struct areas *all, const struct area *a, u32 nr)
{
	struct json_object *list = json_object_new_array();

	for (u32 i = 0; i < nr; i++) {
		struct json_object *o, *flags = json_object_new_array();
		char *line = NULL;
		size_t size;
		FILE *f = open_memstream(&line, &size);

		if (f) {
			changes_put_area(f, all, &a[i]);
			fclose(f);
		}
		if (line)
			line[strcspn(line, "\n")] = '\0';
		o = line ? json_area(line) : NULL;
		free(line);
		for (size_t k = 0; area_flag_words[k].word; k++) {
			if (a[i].flags & area_flag_words[k].flag)
				json_object_array_add(flags, json_object_new_string(area_flag_words[k].word));
		}
		if (o)
			json_object_object_add(o, "flags", flags);
		else
			json_object_put(flags);
		json_object_array_add(list, o);
	}
	return list;
}

static void put_areas_json(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e)
{
	struct json_object *o = json_event(t, e);

	json_object_object_add(o, "gone", areas_json(e->areas, e->areas->gone, e->areas->nr_gone));
	json_object_object_add(o, "fresh", areas_json(e->areas, e->areas->fresh, e->areas->nr_fresh));
	json_line(out, o);
}

static int maps_watch(struct launch *l)
{
	struct changes changes;
	int status = launch_changes(l, &changes, l->json ? put_areas_json : changes_put_areas);

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
	if (l.json && l.html) {
		cli_err("maps: --json does not go with --html");
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
