// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls that wait for descriptors; what came stands behind the result. */
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include "observe/decode.h"
#include "observe/xlat.h"
#include "observe/aux.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(pollfds)
{
	u64 n = (u32)c->a[i + 1];
	struct pollfd p;

	if (!c->a[i] || (n && !peek(c, c->a[i], &p, sizeof(p)))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (u64 k = 0; k < n; k++) {
		if (k)
			fputs(", ", c->out);
		if (k == c->strlen_max) {
			fputs("...", c->out);
			break;
		}
		if (!peek(c, c->a[i] + k * sizeof(p), &p, sizeof(p))) {
			fprintf(c->out, "... /* %#lx */", c->a[i] + k * sizeof(p));
			break;
		}
		fprintf(c->out, "{fd=%d", p.fd);
		if (p.fd >= 0) {
			fputs(", events=", c->out);
			put_flags(c, (u16)p.events, xlat_poll_events, "POLL???");
		}
		putc('}', c->out);
	}
	putc(']', c->out);
}

/* Print flags into the note behind the result. */
static void aux_flags(struct tcb *c, u64 flags, const struct xlat *names)
{
	const char *sep = "";

	for (; names->name; names++) {
		if (flags & names->value) {
			put_aux(c, "%s%s", sep, names->name);
			flags &= ~names->value;
			sep = "|";
		}
	}
	if (flags)
		put_aux(c, "%s%#lx", sep, flags);
}

/* "left {tv_sec=0, tv_nsec=5}": what a call that counts its time limit down wrote there. */
static void aux_left(struct tcb *c, u64 addr, const char *unit)
{
	s64 t[2];

	if (addr && peek(c, addr, t, sizeof(t)))
		put_aux(c, "%sleft {tv_sec=%ld, tv_%s=%ld}", *c->aux ? ", " : "", t[0], unit, t[1]);
}

void aux_poll(struct tcb *c)
{
	u64 n = (u32)c->a[1];
	const char *sep = "";
	struct pollfd p;

	if (syserror(c))
		return;
	if (!c->ret) {
		put_aux(c, "Timeout");
		return;
	}
	put_aux(c, "[");
	for (u64 k = 0, shown = 0; k < n && peek(c, c->a[0] + k * sizeof(p), &p, sizeof(p)); k++) {
		if (!p.revents)
			continue;
		if (shown++ == c->strlen_max) {
			put_aux(c, "%s...", sep);
			break;
		}
		put_aux(c, "%s{fd=%d, revents=", sep, p.fd);
		aux_flags(c, (u16)p.revents, xlat_poll_events);
		put_aux(c, "}");
		sep = ", ";
	}
	put_aux(c, "]");
}

void aux_ppoll(struct tcb *c)
{
	aux_poll(c);
	if (!syserror(c) && c->ret)
		aux_left(c, c->a[2], "nsec");
}

/* ---- select ---- */

static bool read_set(struct tcb *c, u64 addr, fd_set *set)
{
	size_t n = ((u32)c->a[0] + 63) / 64 * 8;

	FD_ZERO(set);
	/* More than a set can hold: it must be there all the same. */
	if (n > sizeof(*set)) {
		u8 *all = n <= 1 << 20 ? malloc(n) : NULL;
		const bool there = addr && all && peek(c, addr, all, n);

		free(all);
		if (!there)
			return false;
	}
	return addr && (int)c->a[0] > 0 && peek(c, addr, set, min_t(size_t, n, sizeof(*set)));
}

DECODE(fd_set)
{
	const char *sep = "";
	fd_set set;

	if (!read_set(c, c->a[i], &set)) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (int fd = 0; fd < (int)c->a[0] && fd < FD_SETSIZE; fd++) {
		if (FD_ISSET(fd, &set)) {
			fprintf(c->out, "%s%d", sep, fd);
			sep = " ";
		}
	}
	putc(']', c->out);
}

static void aux_sets(struct tcb *c)
{
	static const char *const names[] = {"in", "out", "except"};
	const char *sep = "";
	fd_set set;

	if (!c->ret) {
		put_aux(c, "Timeout");
		return;
	}
	for (unsigned k = 0; k < 3; k++) {
		const char *between = "";
		bool any = false;

		if (!read_set(c, c->a[k + 1], &set))
			continue;
		for (int fd = 0; fd < (int)c->a[0] && fd < FD_SETSIZE; fd++) {
			if (!FD_ISSET(fd, &set))
				continue;
			if (!any)
				put_aux(c, "%s%s [", sep, names[k]);
			put_aux(c, "%s%d", between, fd);
			between = " ";
			any = true;
		}
		if (any) {
			put_aux(c, "]");
			sep = ", ";
		}
	}
}

void aux_select(struct tcb *c)
{
	if (syserror(c))
		return;
	aux_sets(c);
	if (c->ret)
		aux_left(c, c->a[4], "usec");
}

void aux_pselect(struct tcb *c)
{
	if (syserror(c))
		return;
	aux_sets(c);
	if (c->ret)
		aux_left(c, c->a[4], "nsec");
}

/* ---- epoll ---- */

static void put_epoll_event(struct tcb *c, const struct epoll_event *ev)
{
	fputs("{events=", c->out);
	put_flags(c, ev->events, xlat_epoll_events, "EPOLL???");
	fprintf(c->out, ", data={u32=%u, u64=%lu}}", ev->data.u32, ev->data.u64);
}

DECODE(epoll_event)
{
	struct epoll_event ev;

	if (!c->a[i] || !peek(c, c->a[i], &ev, sizeof(ev)) || (int)c->a[1] == EPOLL_CTL_DEL)
		put_addr(c, c->a[i]);
	else
		put_epoll_event(c, &ev);
}

DECODE(epoll_events)
{
	struct epoll_event ev;

	if (!c->a[i] || not_filled(c, i)) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (s64 k = 0; k < c->ret && peek(c, c->a[i] + (u64)k * sizeof(ev), &ev, sizeof(ev)); k++) {
		if (k)
			fputs(", ", c->out);
		if (k == (s64)c->strlen_max) {
			fputs("...", c->out);
			break;
		}
		put_epoll_event(c, &ev);
	}
	putc(']', c->out);
}
