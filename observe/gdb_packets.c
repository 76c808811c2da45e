// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: the packets that concern more than one process, or none; all others go to the process they are about. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "observe/gdb_server.h"

static void pass_on(struct gdb_server *s, struct gdb_process *p, int tid, const char *packet, size_t n, FILE *out)
{
	size_t len;
	char *reply = p ? gdb_ask(s, p, tid, packet, n, &len) : NULL;

	if (reply)
		fwrite(reply, 1, len, out);
	else /* a process that died: gdb would stop at the error, and is to be told by the answer to its vCont */
		fputs((s->dead || (p && p->gone)) && (*packet | 32) == 'z' ? "OK" : "E01", out);
	free(reply);
}

/* ---- threads ---- */

/* The first thread of @p. */
static int first_thread(struct gdb_server *s, struct gdb_process *p)
{
	const char *at = p && p->last ? strstr(p->last, "thread:") : NULL;
	int pid, tid;

	at = at ? at + 7 : NULL;
	if (at && gdb_parse_thread(&at, &pid, &tid) && tid > 0)
		return tid;
	return p ? p->pid : 0;
}

/* The list of all threads, as qXfer:threads has it. */
static void make_threads(struct gdb_server *s)
{
	FILE *f;

	free(s->threads);
	s->threads = NULL;
	f = open_memstream(&s->threads, &s->threads_size);
	if (!f)
		return;
	fputs("<?xml version=\"1.0\"?><threads>", f);
	for (struct gdb_process *p = s->processes; p; p = p->next) {
		size_t n;
		char *list = gdb_ask(s, p, 0, "qulk.threads", 12, &n);

		if (list)
			fwrite(list, 1, n, f);
		free(list);
	}
	fputs("</threads>", f);
	fclose(f);
}

static void thread_list(struct gdb_server *s, FILE *out)
{
	const char *at, *end;
	char before = 'm';

	make_threads(s);
	for (at = s->threads; at && (at = strstr(at, " id=\"")); at = end) {
		at += 5;
		end = strchrnul(at, '"');
		fprintf(out, "%c%.*s", before, (int)(end - at), at);
		before = ',';
		if (ftell(out) > GDB_PACKET - 64)
			break;
	}
	if (before == 'm')
		putc('l', out);
}

static void xfer_threads(struct gdb_server *s, const char *range, FILE *out)
{
	if (!s->threads || gdb_starts(range, "0,"))
		make_threads(s);
	if (s->threads)
		gdb_put_piece(out, s->threads, s->threads_size, range);
	else
		fputs("E01", out);
}

/* What a thread id means: 0 any, -1 all. */
static struct gdb_process *parse_place(struct gdb_server *s, const char *id, int *tid)
{
	struct gdb_process *p;
	int pid;

	if (!gdb_parse_thread(&id, &pid, tid))
		return NULL;
	p = pid > 0 ? gdb_find_process(s, pid) : gdb_current(s);
	/* Without processes in the ids it may be a thread of any of them. */
	if (*tid < 0)
		*tid = 0;
	return p;
}

static bool thread_lives(struct gdb_server *s, struct gdb_process *p, int tid)
{
	size_t n;
	char *reply = p ? gdb_ask(s, p, tid, "T", 1, &n) : NULL;
	bool lives = reply && !strcmp(reply, "OK");

	free(reply);
	return lives;
}

static void select_thread(struct gdb_server *s, const char *packet, FILE *out)
{
	struct gdb_process *p;
	int tid = 0;

	p = packet[1] ? parse_place(s, packet + 2, &tid) : NULL;
	if (!p || !thread_lives(s, p, tid)) {
		fputs("E01", out);
		return;
	}
	/* Hc was for the packets before vCont, which continue all. */
	if (packet[1] == 'g') {
		s->pid = p->pid;
		s->tid = tid;
	}
	fputs("OK", out);
}

/* ---- resuming ---- */

/* Is @s, behind "vCont", actions as gdb_agent.c carries them out: ";ACTION[:THREAD];..."? */
static bool valid_actions(const char *s)
{
	u64 value;
	int pid, tid;

	while (*s == ';') {
		char what = s[1];

		if (!what || !strchr("cCsStr", what))
			return false;
		s += 2;
		if ((what == 'C' || what == 'S') && !gdb_parse_hex(&s, &value))
			return false;
		if (what == 'r' && (!gdb_parse_hex(&s, &value) || *s++ != ',' || !gdb_parse_hex(&s, &value)))
			return false;
		if (*s == ':' && (s++, !gdb_parse_thread(&s, &pid, &tid)))
			return false;
	}
	return !*s;
}

/* Does "vCont;ACTION[:THREAD];..." name process @pid? */
static bool concerns(const char *packet, int pid)
{
	for (const char *s = strchr(packet, ';'); s; s = strchr(s + 1, ';')) {
		size_t n = strcspn(s + 1, ":;");
		const char *id = s + 1 + n;
		int p, t;

		if (*id != ':')
			return true;
		id++;
		if (gdb_parse_thread(&id, &p, &t) && (p <= 0 || p == pid))
			return true;
	}
	return false;
}

static void resume(struct gdb_server *s, const char *packet, FILE *out)
{
	struct gdb_process *p;
	bool any = s->dead;

	for (p = s->processes; p; p = p->next)
		any = any || concerns(packet, p->pid);
	if (!any || !valid_actions(packet + 5)) {
		fputs("E01", out);
		return;
	}
	s->waiting = true;
	s->interrupted = false;
	/* What happened already comes first, and nothing else happens before it is told. */
	for (p = s->processes; p && !(p->event && concerns(packet, p->pid)); p = p->next)
		;
	if (!p && !s->dead) {
		for (p = s->processes; p; p = p->next) {
			if (concerns(packet, p->pid))
				gdb_resume_process(s, p, packet);
		}
	}
}

/* c, s, C, S of before vCont: the current process. */
static void resume_old(struct gdb_server *s, const char *packet, FILE *out)
{
	char text[32];
	u64 sig = 0;
	const char *args = packet + 1;

	if ((*packet == 'C' || *packet == 'S') && (!gdb_parse_hex(&args, &sig) || sig > 255)) {
		fputs("E01", out);
		return;
	}
	if (*args) { /* an address to go on at: nobody sends it */
		fputs("E01", out);
		return;
	}
	if (*packet == 'c' || *packet == 's')
		snprintf(text, sizeof(text), "vCont;%c", *packet);
	else
		snprintf(text, sizeof(text), "vCont;%c%02x", *packet, (unsigned)sig);
	resume(s, text, out);
}

void gdb_interrupt(struct gdb_server *s)
{
	if (!s->waiting)
		return;
	s->interrupted = true;
	gdb_stop_all(s);
	gdb_report(s);
}

/* ---- beginning and ending ---- */

static void put_stop(struct gdb_server *s, struct gdb_process *p, FILE *out)
{
	if (!p) {
		fputs("W00", out);
		return;
	}
	s->pid = p->pid;
	s->tid = 0;
	if (p->last && strstr(p->last, "thread:") && gdb_starts(p->last, "T05thread"))
		fputs(p->last, out);
	else {
		/* Whatever stopped it, gdb knows or will not need it. */
		fputs("T05thread:", out);
		gdb_put_thread(out, s->shared->multiprocess, p->pid, first_thread(s, p));
		putc(';', out);
	}
}

static void why_stopped(struct gdb_server *s, FILE *out)
{
	gdb_stop_all(s);
	s->waiting = false;
	if (s->fresh)
		gdb_forget_points(s);
	s->fresh = false;
	put_stop(s, gdb_current(s), out);
}

static void free_argv(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* vRun;FILE;ARGUMENT;..., each in hexadecimal digits; without FILE the program of before. */
static char **parse_argv(struct gdb_server *s, const char *args)
{
	size_t max = 2, n = 0;
	char **argv;

	for (const char *p = args; *p; p++)
		max += *p == ';';
	argv = calloc(max + 1, sizeof(*argv));
	while (argv && *args == ';' && n < max) {
		size_t len = strcspn(args + 1, ";");

		argv[n] = calloc(1, len / 2 + 1);
		if (!argv[n] || !gdb_unhex(args + 1, len, (u8 *)argv[n])) {
			free_argv(argv);
			return NULL;
		}
		n++;
		args += len + 1;
	}
	if (argv && (!n || !*argv[0])) {
		free(argv[0]);
		argv[0] = strdup(s->argv[0]);
		if (!argv[0]) {
			free(argv);
			argv = NULL;
		}
	}
	return argv;
}

static void run(struct gdb_server *s, const char *args, FILE *out)
{
	char **argv = parse_argv(s, args);
	struct gdb_process *p = argv ? gdb_start(s, argv) : NULL;

	free(s->dead);
	s->dead = NULL;
	if (!p) {
		free_argv(argv);
		fputs("E01", out);
		return;
	}
	free_argv(s->argv);
	s->argv = argv;
	put_stop(s, p, out);
}

static void kill_all(struct gdb_server *s)
{
	while (s->processes)
		gdb_kill_process(s, s->processes);
	s->waiting = false;
}

/* vKill;PID */
static void kill_one(struct gdb_server *s, const char *args, FILE *out)
{
	struct gdb_process *p;
	u64 pid;

	p = gdb_parse_hex(&args, &pid) && pid <= INT32_MAX ? gdb_find_process(s, (int)pid) : NULL;
	if (p)
		gdb_kill_process(s, p);
	/* One that died while it was stopped is as dead as gdb wants it. */
	fputs(p || s->dead ? "OK" : "E01", out);
	free(s->dead);
	s->dead = NULL;
}

/* D or D;PID */
static void detach(struct gdb_server *s, const char *packet, FILE *out)
{
	const char *args = packet + 2;
	struct gdb_process *p;
	u64 pid;

	if (packet[1] && packet[1] != ';') {
		fputs("E01", out);
		return;
	}
	gdb_stop_all(s);
	if (packet[1] == ';') {
		p = gdb_parse_hex(&args, &pid) && pid <= INT32_MAX ? gdb_find_process(s, (int)pid) : NULL;
		if (p)
			gdb_detach_process(s, p);
		fputs(p ? "OK" : "E01", out);
		return;
	}
	while (s->processes)
		gdb_detach_process(s, s->processes);
	fputs("OK", out);
}

/* ---- questions ---- */

/* `monitor': the text goes to gdb's console in as many packets as it takes. */
static void monitor(struct gdb_server *s, const char *packet, size_t n, FILE *out)
{
	const size_t step = (GDB_PACKET - 8) / 2;
	size_t len, size;
	char *reply, *text;
	FILE *f;

	reply = gdb_current(s) ? gdb_ask(s, gdb_current(s), s->tid, packet, n, &len) : NULL;
	if (!reply) {
		fputs("E01", out);
		return;
	}
	for (size_t at = 0; at < len; at += step) {
		f = open_memstream(&text, &size);
		if (!f)
			break;
		putc('O', f);
		gdb_put_hex(f, reply + at, min_t(size_t, step, len - at));
		fclose(f);
		gdb_send_packet(s, text, size);
		free(text);
	}
	free(reply);
	fputs("OK", out);
}

static void ask_about(struct gdb_server *s, const char *id, const char *packet, size_t n, FILE *out)
{
	int tid = 0;
	struct gdb_process *p = parse_place(s, id, &tid);

	pass_on(s, p, tid, packet, n, out);
}

static void ask(struct gdb_server *s, const char *packet, size_t n, FILE *out)
{
	struct gdb_process *p = gdb_current(s);
	const char *args = strrchr(packet, ':');
	u64 pid;

	if (gdb_starts(packet, "qSupported")) {
		gdb_put_features(s, packet, out);
	} else if (!strcmp(packet, "qC")) {
		if (p) {
			fputs("QC", out);
			gdb_put_thread(out, s->shared->multiprocess, p->pid, s->tid ? s->tid : first_thread(s, p));
		}
	} else if (gdb_starts(packet, "qAttached")) {
		putc('0', out);
	} else if (!strcmp(packet, "qfThreadInfo")) {
		thread_list(s, out);
	} else if (!strcmp(packet, "qsThreadInfo")) {
		putc('l', out);
	} else if (gdb_starts(packet, "qSymbol:")) {
		fputs("OK", out);
	} else if (gdb_starts(packet, "qXfer:threads:read::")) {
		xfer_threads(s, packet + 20, out);
	} else if (gdb_starts(packet, "qXfer:exec-file:read:")) {
		const char *id = packet + 21;

		if (gdb_parse_hex(&id, &pid) && pid <= INT32_MAX)
			p = gdb_find_process(s, (int)pid);
		pass_on(s, args ? p : NULL, 0, packet, n, out);
	} else if (gdb_starts(packet, "qRcmd,")) {
		monitor(s, packet, n, out);
	} else if (gdb_starts(packet, "qThreadExtraInfo,")) {
		ask_about(s, packet + 17, packet, n, out);
	} else if (gdb_starts(packet, "qGetTLSAddr:")) {
		ask_about(s, packet + 12, packet, n, out);
	} else if (gdb_starts(packet, "qXfer:") || gdb_starts(packet, "qSearch:memory:")) {
		pass_on(s, p, s->tid, packet, n, out);
	}
}

static void verbose(struct gdb_server *s, const char *packet, size_t n, FILE *out, bool *silent)
{
	if (!strcmp(packet, "vCont?")) {
		fputs("vCont;c;C;s;S;t;r", out);
	} else if (gdb_starts(packet, "vCont;")) {
		resume(s, packet, out);
		*silent = s->waiting;
	} else if (gdb_starts(packet, "vFile:")) {
		gdb_host_file(s, packet + 6, n - 6, out);
	} else if (gdb_starts(packet, "vKill;")) {
		kill_one(s, packet + 6, out);
	} else if (gdb_starts(packet, "vRun") && s->extended) {
		run(s, packet + 4, out);
	}
}

/* Those that one process answers, when it stands still. */
static bool of_one_process(char c)
{
	return c && strchr("gGpPmMXZz", c);
}

static bool handle(struct gdb_server *s, const char *packet, size_t n, FILE *out)
{
	bool silent = false;

	switch (*packet) {
	case '?':
		why_stopped(s, out);
		break;
	case '!':
		s->extended = true;
		fputs("OK", out);
		break;
	case 'H':
		select_thread(s, packet, out);
		break;
	case 'T':
		ask_about(s, packet + 1, "T", 1, out);
		break;
	case 'q':
		ask(s, packet, n, out);
		break;
	case 'Q':
		gdb_set(s, packet, n, out);
		break;
	case 'v':
		verbose(s, packet, n, out, &silent);
		break;
	case 'c':
	case 's':
	case 'C':
	case 'S':
		resume_old(s, packet, out);
		silent = s->waiting;
		break;
	case 'D':
		detach(s, packet, out);
		break;
	case 'k':
		kill_all(s);
		silent = true;
		break;
	case 'R':
		if (s->extended) {
			kill_all(s);
			gdb_start(s, s->argv);
		}
		silent = s->extended;
		break;
	default:
		if (of_one_process(*packet))
			pass_on(s, gdb_current(s), s->tid, packet, n, out);
	}
	return !silent;
}

void gdb_handle_packet(struct gdb_server *s, char *packet, size_t n)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	bool says;

	if (!out)
		return;
	says = handle(s, packet, n, out);
	fclose(out);
	if (says)
		gdb_send_packet(s, text, size);
	free(text);
	/* What vCont was to wait for may have happened before. */
	gdb_report(s);
}
