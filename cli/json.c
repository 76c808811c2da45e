// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON, well formed whatever bytes the guest holds. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "observe/text.h"

struct json_object *json_text(const char *s, size_t len)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *out = malloc(3 * len + 1), *p = out;
	struct json_object *o;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len;) {
		size_t n = utf8_len(s + i, len - i);

		memcpy(p, n ? s + i : replacement, n ? n : 3);
		p += n ? n : 3;
		i += n ? n : 1;
	}
	o = json_object_new_string_len(out, (int)(p - out));
	free(out);
	return o;
}

struct json_object *json_hex(u64 value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%lx", value);
	return json_object_new_string(buf);
}

struct json_object *json_report(const struct launch *l)
{
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "program", json_text(l->path, strlen(l->path)));
	json_object_object_add(root, "at", json_text(l->at, strlen(l->at)));
	return root;
}

int json_finish(struct json_object *root)
{
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return cli_close_stdout();
}
