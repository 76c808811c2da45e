// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk maps: the address space, as /proc/PID/maps shows it. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "procfs/procfs.h"

/* One line of maps as an object. The text is the source, so that the two forms cannot disagree. */
static struct json_object *map_object(const char *line)
{
	unsigned long start, end, offset, inode;
	unsigned int major, minor;
	char perms[8], dev[24];
	struct json_object *o;
	int name = 0;

	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &start, &end, perms, &offset, &major, &minor, &inode,
		   &name) < 7)
		return NULL;
	o = json_object_new_object();
	snprintf(dev, sizeof(dev), "%02x:%02x", major, minor);
	json_object_object_add(o, "start", json_hex(start));
	json_object_object_add(o, "end", json_hex(end));
	json_object_object_add(o, "size", json_object_new_uint64(end - start));
	json_object_object_add(o, "perms", json_object_new_string(perms));
	json_object_object_add(o, "offset", json_hex(offset));
	json_object_object_add(o, "dev", json_object_new_string(dev));
	json_object_object_add(o, "inode", json_object_new_uint64(inode));
	json_object_object_add(o, "name", json_text(line + name, name ? strlen(line + name) : 0));
	return o;
}

static int maps_json(const struct launch *l)
{
	struct json_object *root, *maps;
	char *text, *save;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int err = out ? proc_maps_text(launch_task(l), out) : -1;

	if (!out || fclose(out) || err) {
		cli_err("maps: out of memory");
		return EXIT_ULK;
	}
	root = json_report(l);
	maps = json_object_new_array();
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		json_object_array_add(maps, map_object(line));
	json_object_object_add(root, "maps", maps);
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
