// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: the packets that one process answers by itself, while it is stopped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "mm/uaccess.h"
#include "observe/gdb_internal.h"

static void put_result(FILE *out, int err)
{
	if (err)
		fprintf(out, "E%02x", (unsigned)-err & 0xff);
	else
		fputs("OK", out);
}

/* "ADDRESS,LENGTH" at *@s, which moves behind it. */
static bool parse_range(const char **s, u64 *addr, u64 *len)
{
	if (!gdb_parse_hex(s, addr) || **s != ',')
		return false;
	++*s;
	return gdb_parse_hex(s, len);
}

/* ---- memory ---- */

static void read_memory(struct task_struct *t, const char *args, FILE *out)
{
	u8 buf[GDB_PACKET / 2];
	u64 addr, len;
	size_t n;

	if (!parse_range(&args, &addr, &len)) {
		fputs("E01", out);
		return;
	}
	len = min_t(u64, len, (GDB_PACKET - 8) / 2);
	/* Nothing the guest could notice; but a few areas are only there once they were touched. */
	n = mm_peek(t->mm, addr, buf, len);
	if (!n && len)
		n = len - access_remote_vm(t->mm, addr, buf, len, false);
	if (!n && len)
		put_result(out, -EFAULT);
	else
		gdb_put_hex(out, buf, n);
}

/* M has hexadecimal digits, X bytes. */
static void write_memory(struct task_struct *t, const char *packet, size_t size, FILE *out)
{
	const char *p = packet + 1, *end = packet + size;
	u8 buf[GDB_PACKET];
	u64 addr, len;
	size_t n = 0;

	if (!parse_range(&p, &addr, &len) || *p++ != ':' || len > sizeof(buf)) {
		fputs("E01", out);
		return;
	}
	if (*packet == 'X') {
		for (; p < end && n < sizeof(buf); p++) {
			bool escaped = *p == '}' && p + 1 < end;

			p += escaped;
			buf[n++] = (u8)*p ^ (escaped ? 0x20 : 0);
		}
	} else if (gdb_unhex(p, (size_t)(end - p), buf)) {
		n = (size_t)(end - p) / 2;
	}
	if (n != len)
		fputs("E01", out);
	else
		put_result(out, len && access_remote_vm(t->mm, addr, buf, len, true) ? -EFAULT : 0);
}

/* qSearch:memory:ADDRESS;LENGTH;BYTES */
static void search_memory(struct task_struct *t, const char *args, const char *end, FILE *out)
{
	u8 want[256], *have = NULL, *found = NULL;
	u64 addr, len, chunk;
	size_t n = 0, got;

	if (!gdb_parse_hex(&args, &addr) || *args++ != ';' || !gdb_parse_hex(&args, &len) || *args++ != ';')
		goto bad;
	for (; args < end && n < sizeof(want); args++) {
		bool escaped = *args == '}' && args + 1 < end;

		args += escaped;
		want[n++] = (u8)*args ^ (escaped ? 0x20 : 0);
	}
	have = malloc(1 << 16);
	if (!have || !n || args < end)
		goto bad;
	for (; !found && len >= n; addr += chunk, len -= chunk) {
		got = mm_peek(t->mm, addr, have, min_t(u64, len, 1 << 16));
		found = got >= n ? memmem(have, got, want, n) : NULL;
		if (found || got < n)
			break;
		chunk = got - n + 1;
	}
	if (found)
		fprintf(out, "1,%lx", addr + (u64)(found - have));
	else
		putc('0', out);
	free(have);
	return;
bad:
	free(have);
	fputs("E01", out);
}

/* ---- breakpoints ---- */

static void change_point(struct gdb *g, const char *packet, FILE *out)
{
	u64 type, addr, len;
	const char *p = packet + 1;

	if (!gdb_parse_hex(&p, &type) || *p++ != ',' || !parse_range(&p, &addr, &len)) {
		fputs("E01", out);
		return;
	}
	if (type > GDB_AWATCH)
		return; /* an empty answer: not known here */
	if (type <= GDB_HWBREAK)
		len = 1;
	if (*packet == 'Z')
		put_result(out, gdb_insert_point(g, (enum gdb_point_type)type, addr, len));
	else
		put_result(out, gdb_remove_point(g, (enum gdb_point_type)type, addr, len));
}

/* ---- threads ---- */

/* The thread with the next higher id: gdb numbers them in the order in which it gets to know them. */
static struct task_struct *next_thread(struct gdb *g, int tid)
{
	struct task_struct *next = NULL;

	for (struct task_struct *o = g->ulk->tasks; o; o = o->next) {
		if (!o->exited && o->tid > tid && (!next || o->tid < next->tid))
			next = o;
	}
	return next;
}

static void list_threads(struct gdb *g, FILE *out)
{
	for (struct task_struct *o = next_thread(g, 0); o && ftell(out) < GDB_REPLY_MAX - 256; o = next_thread(g, o->tid)) {
		fputs("<thread id=\"", out);
		gdb_put_thread(out, g->shared->multiprocess, o->pid, o->tid);
		fputs("\" name=\"", out);
		for (const char *p = o->comm; *p; p++) {
			if (strchr("<>&\"'", *p) || (unsigned char)*p < 32)
				fprintf(out, "&#%u;", (unsigned char)*p < 32 ? '?' : (unsigned char)*p);
			else
				putc(*p, out);
		}
		fputs("\"/>", out);
	}
}

/* ---- the rest ---- */

static void monitor(struct gdb *g, struct task_struct *t, const char *hex, size_t n, FILE *out)
{
	char *text = NULL, command[512];
	size_t len = 0;
	FILE *f;

	if (n / 2 >= sizeof(command) || !gdb_unhex(hex, n, (u8 *)command)) {
		fputs("E01", out);
		return;
	}
	command[n / 2] = '\0';
	f = open_memstream(&text, &len);
	if (!f) {
		put_result(out, -ENOMEM);
		return;
	}
	g->monitor(t, command, f);
	fclose(f);
	/* All in one answer: the server sends it in as many packets as are needed. What does not fit is left out by whole lines. */
	if (len <= GDB_REPLY_MAX) {
		fwrite(text, 1, len, out);
	} else {
		const char *end = memrchr(text, '\n', GDB_REPLY_MAX - 64);
		size_t shown = end ? (size_t)(end - text) + 1 : GDB_REPLY_MAX - 64;

		fwrite(text, 1, shown, out);
		fprintf(out, "... %zu bytes more are left out\n", len - shown);
	}
	free(text);
}

static void thread_extra(struct task_struct *t, FILE *out)
{
	gdb_put_hex(out, t->comm, strlen(t->comm));
}

/* qGetTLSAddr:THREAD,OFFSET,MODULE */
static void tls_address(struct task_struct *t, const char *args, FILE *out)
{
	int pid, tid;
	u64 offset, module;

	if (!gdb_parse_thread(&args, &pid, &tid) || *args++ != ',' || !gdb_parse_hex(&args, &offset) || *args++ != ',' ||
	    !gdb_parse_hex(&args, &module))
		fputs("E01", out);
	else
		gdb_tls_address(t, offset, module, out);
}

static void answer_q(struct gdb *g, struct task_struct *t, const char *packet, size_t n, FILE *out)
{
	if (!strncmp(packet, "qXfer:", 6))
		gdb_xfer(g, t, packet, n, out);
	else if (!strncmp(packet, "qRcmd,", 6))
		monitor(g, t, packet + 6, n - 6, out);
	else if (!strncmp(packet, "qThreadExtraInfo,", 17))
		thread_extra(t, out);
	else if (!strncmp(packet, "qGetTLSAddr:", 12))
		tls_address(t, packet + 12, out);
	else if (!strncmp(packet, "qSearch:memory:", 15))
		search_memory(t, packet + 15, packet + n, out);
	else if (!strncmp(packet, "qulk.proc:", 10))
		gdb_read_proc(g, t, packet + 10, out);
	else if (!strcmp(packet, "qulk.threads"))
		list_threads(g, out);
	else if (!strcmp(packet, "qulk.forget"))
		gdb_remove_points(g);
}

void gdb_answer(struct gdb *g, struct task_struct *t, const char *packet, size_t n, FILE *out)
{
	const char *args = packet + 1;
	u64 number;

	switch (*packet) {
	case 'g':
		gdb_get_registers(g, t, out);
		break;
	case 'G':
		fputs(gdb_set_registers(g, t, args, n - 1) ? "OK" : "E01", out);
		break;
	case 'p':
		if (gdb_parse_hex(&args, &number))
			gdb_get_register(g, t, number, out);
		else
			fputs("E01", out);
		break;
	case 'P':
		if (gdb_parse_hex(&args, &number) && *args++ == '=' &&
		    gdb_set_register(g, t, number, args, n - (size_t)(args - packet)))
			fputs("OK", out);
		else
			fputs("E01", out);
		break;
	case 'm':
		read_memory(t, args, out);
		break;
	case 'M':
	case 'X':
		write_memory(t, packet, n, out);
		break;
	case 'Z':
	case 'z':
		change_point(g, packet, out);
		break;
	case 'T':
		fputs("OK", out); /* there is such a thread, or it would not have come here */
		break;
	case 'q':
		answer_q(g, t, packet, n, out);
		break;
	}
}
