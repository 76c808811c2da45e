// SPDX-License-Identifier: GPL-2.0-or-later
/* The trace as JSON, an object a line. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "observe/trace_internal.h"

static void finish(FILE *out, struct json_object *o)
{
	fputs(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), out);
	putc('\n', out);
	json_object_put(o);
}

/* The text of all arguments that can be decoded now, behind what was there. */
static void collect(struct tcb *c)
{
	char *text = NULL;
	size_t size;

	c->out = open_memstream(&text, &size);
	if (!c->out)
		return;
	if (c->json_args)
		fputs(c->json_args, c->out);
	trace_put_args(c);
	fclose(c->out);
	free(c->json_args);
	c->json_args = text;
}

void trace_json_enter(struct tcb *c)
{
	collect(c);
}

void trace_json_call(FILE *out, struct tcb *c, const char *name, int tid, u64 ns)
{
	struct json_object *o = json_object_new_object();
	const char *err;

	collect(c);
	json_object_object_add(o, "tid", json_object_new_int(tid));
	json_object_object_add(o, "call", json_object_new_string(name));
	json_object_object_add(o, "args", json_object_new_string(c->json_args ? c->json_args : ""));
	if (c->died || (c->call && c->call->ret == RET_NONE) || c->ret <= -512) {
		json_object_object_add(o, "result", NULL);
	} else if (syserror(c)) {
		err = errno_name((int)-c->ret);
		json_object_object_add(o, "result", json_object_new_int(-1));
		json_object_object_add(o, "errno", err ? json_object_new_string(err) : json_object_new_int64(-c->ret));
	} else {
		json_object_object_add(o, "result", json_object_new_int64(c->ret));
	}
	if (*c->aux)
		json_object_object_add(o, "note", json_object_new_string(c->aux));
	json_object_object_add(o, "ns", json_object_new_int64((int64_t)ns));
	free(c->json_args);
	c->json_args = NULL;
	finish(out, o);
}

void trace_json_signal(FILE *out, const siginfo_t *info, int tid)
{
	struct json_object *o = json_object_new_object();
	char buf[16], *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f) {
		put_siginfo(f, info);
		fclose(f);
	}
	json_object_object_add(o, "tid", json_object_new_int(tid));
	json_object_object_add(o, "signal", json_object_new_string(signal_name(info->si_signo, buf)));
	json_object_object_add(o, "info", json_object_new_string(text ? text : ""));
	free(text);
	finish(out, o);
}

void trace_json_end(FILE *out, const struct task_struct *t)
{
	struct json_object *o = json_object_new_object();
	int code = t->signal->exiting ? t->signal->exit_code : t->exit_code;
	char buf[16];

	json_object_object_add(o, "tid", json_object_new_int(t->tid));
	if (code & 0x7f)
		json_object_object_add(o, "killed", json_object_new_string(signal_name(code & 0x7f, buf)));
	else
		json_object_object_add(o, "exited", json_object_new_int(code >> 8 & 0xff));
	finish(out, o);
}
