// SPDX-License-Identifier: GPL-2.0-or-later
/* maps, smaps and page tables as JSON, made of their text. */
#include <json-c/json.h>
#include <string.h>
#include "cli/cli.h"
#include "mm/pgtable.h"
#include "observe/report.h"
#include "observe/xlat.h"

struct json_object *json_area(const char *line)
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

/* "rd wr mr": an array of words; up to two spaces in a row, or the end. What is behind them, or NULL, in *rest. */
static struct json_object *words(const char *text, const char **rest)
{
	struct json_object *list = json_object_new_array();

	*rest = NULL;
	text += *text == ' ';
	while (*text) {
		size_t n = strcspn(text, " ");

		if (!n) {
			*rest = text + strspn(text, " ");
			break;
		}
		json_object_array_add(list, json_object_new_string_len(text, (int)n));
		text += n + (text[n] == ' ');
	}
	return list;
}

/* "Rss:   4 kB" into the sizes of an area: in kB, as smaps has them. */
static void add_size(struct json_object *area, const char *line)
{
	struct json_object *sizes;
	unsigned long value;
	const char *rest;
	char name[32];

	if (!json_object_object_get_ex(area, "smaps", &sizes)) {
		sizes = json_object_new_object();
		json_object_object_add(area, "smaps", sizes);
	}
	if (!strncmp(line, "VmFlags: ", 9))
		json_object_object_add(sizes, "VmFlags", words(line + 9, &rest));
	else if (sscanf(line, "%31[^:]: %lu", name, &value) == 2)
		json_object_object_add(sizes, name, json_object_new_uint64(value));
}

struct json_object *json_maps(char *text)
{
	struct json_object *maps = json_object_new_array(), *area = NULL;
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct json_object *o = json_area(line);

		if (o)
			json_object_array_add(maps, area = o);
		else if (area)
			add_size(area, line);
	}
	return maps;
}

/* ---- page tables ---- */

/* "pte[  0..  3] 000000400000-000000404000  present user  NAME" */
static struct json_object *run_object(const char *line)
{
	struct json_object *o = json_object_new_object();
	unsigned long start, end;
	unsigned first, last;
	const char *name;
	int used = 0;

	if (sscanf(line, "pte[%u..%u] %lx-%lx %n", &first, &last, &start, &end, &used) < 4 || !used)
		return o;
	json_object_object_add(o, "level", json_object_new_string("pte"));
	json_object_object_add(o, "first", json_object_new_int((int)first));
	json_object_object_add(o, "last", json_object_new_int((int)last));
	json_object_object_add(o, "start", json_hex(start));
	json_object_object_add(o, "end", json_hex(end));
	json_object_object_add(o, "flags", words(line + used, &name));
	json_object_object_add(o, "name", json_text(name ? name : "", name ? strlen(name) : 0));
	return o;
}

/* "pmd[  2] table 0x206000: present writable" */
static struct json_object *table_object(const char *line)
{
	struct json_object *o = json_object_new_object();
	unsigned long table;
	const char *rest;
	char level[4];
	unsigned index;
	int used = 0;

	if (sscanf(line, "%3[a-z][%u] table %lx:%n", level, &index, &table, &used) < 3 || !used)
		return o;
	json_object_object_add(o, "level", json_object_new_string(level));
	json_object_object_add(o, "index", json_object_new_int((int)index));
	json_object_object_add(o, "table", json_hex(table));
	json_object_object_add(o, "flags", words(line + used, &rest));
	return o;
}

struct json_object *json_tables(char *text)
{
	struct json_object *list = json_object_new_array();
	char *save, *line = strtok_r(text, "\n", &save);

	/* The first line is about all of them. */
	while (line && (line = strtok_r(NULL, "\n", &save))) {
		line += strspn(line, " ");
		json_object_array_add(list, strncmp(line, "pte[", 4) ? table_object(line) : run_object(line));
	}
	return list;
}

struct json_object *json_walk(struct mm_struct *mm, u64 addr)
{
	static const char *const levels[] = {"pgd", "pud", "pmd", "pte"};
	struct json_object *list = json_object_new_array();
	u64 entry[4] = {};
	int n = addr < TASK_SIZE_MAX ? pgtable_walk(mm, addr, entry) : -1;

	for (int i = 0; i < 4 && i <= n; i++) {
		struct json_object *o = json_object_new_object(), *flags = json_object_new_array();

		json_object_object_add(o, "level", json_object_new_string(levels[i]));
		json_object_object_add(o, "index", json_object_new_int((int)(addr >> (PGDIR_SHIFT - 9 * i) & 511)));
		json_object_object_add(o, "entry", json_hex(entry[i]));
		if (entry[i] && entry[i] != PTE_MARKER_GUARD)
			json_object_object_add(o, i == 3 ? "page" : "table", json_hex(pte_pfn(entry[i]) << PAGE_SHIFT));
		for (const struct xlat *b = pte_bit_names(); b->name; b++) {
			if (entry[i] & b->value && entry[i] != PTE_MARKER_GUARD)
				json_object_array_add(flags, json_object_new_string(b->name));
		}
		json_object_object_add(o, "flags", flags);
		json_object_array_add(list, o);
	}
	return list;
}

/* ---- --watch ---- */

struct json_object *json_event(const struct task_struct *t, const struct memory_event *e)
{
	static const char *const kinds[] = {
		[MEMORY_START] = "start", [MEMORY_CALL] = "call", [MEMORY_EXEC] = "exec", [MEMORY_FAULT] = "fault",
	};
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "tid", json_object_new_int(t->tid));
	json_object_object_add(o, "event", json_object_new_string(kinds[e->kind]));
	if (e->kind != MEMORY_FAULT) {
		json_object_object_add(o, "call", json_text(e->text, strlen(e->text)));
		json_object_object_add(o, "failed", json_object_new_boolean(e->failed));
	}
	return o;
}

void json_line(FILE *out, struct json_object *o)
{
	fprintf(out, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}
