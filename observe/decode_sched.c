// SPDX-License-Identifier: GPL-2.0-or-later
/* When a task runs: policies and their attributes, processors, priorities of input and output; the clock's discipline. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include "observe/aux.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(sched_param)
{
	int prio;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &prio, sizeof(prio)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "[%d]", prio);
}

DECODE(cpuset)
{
	const u64 size = c->exiting && c->nr == 204 ? (u64)c->ret : c->a[1];
	const char *sep = "";
	cpu_set_t set = {};

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &set, min_t(u64, size, sizeof(set)))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && cpu < size * 8; cpu++) {
		if (CPU_ISSET(cpu, &set)) {
			fprintf(c->out, "%s%u", sep, cpu);
			sep = " ";
		}
	}
	/* More bytes than the kernel's own sets have. */
	if (!c->exiting && size > sizeof(set))
		fprintf(c->out, "%s...", sep);
	putc(']', c->out);
}

/* ---- attributes ---- */

struct attributes {
	u32 size, policy;
	u64 flags;
	s32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 util_min, util_max;
};
#define ATTR_FIRST 48U   /* the first version's size */

static const struct xlat sched_flags[] = {
	{1, "SCHED_FLAG_RESET_ON_FORK"}, {2, "SCHED_FLAG_RECLAIM"}, {4, "SCHED_FLAG_DL_OVERRUN"}, {8, "SCHED_FLAG_KEEP_POLICY"},
	{0x10, "SCHED_FLAG_KEEP_PARAMS"}, {0x20, "SCHED_FLAG_UTIL_CLAMP_MIN"}, {0x40, "SCHED_FLAG_UTIL_CLAMP_MAX"}, {0, NULL},
};

static void put_attributes(struct tcb *c, u64 addr, u32 size, bool set)
{
	struct attributes a = {};

	if (!peek(c, addr, &a, min_t(u32, size, sizeof(a)))) {
		put_addr(c, addr);
		return;
	}
	fprintf(c->out, "{size=%u", a.size);
	if (size >= ATTR_FIRST) {
		fputs(", sched_policy=", c->out);
		put_val(c, a.policy, xlat_sched, "SCHED_???");
		fputs(", sched_flags=", c->out);
		put_flags(c, a.flags, sched_flags, "SCHED_FLAG_???");
		fprintf(c->out, ", sched_nice=%d, sched_priority=%u, sched_runtime=%lu, sched_deadline=%lu, sched_period=%lu",
			a.nice, a.priority, a.runtime, a.deadline, a.period);
	}
	if (size >= sizeof(a))
		fprintf(c->out, ", sched_util_min=%u, sched_util_max=%u", a.util_min, a.util_max);
	if (set && size > sizeof(a))
		fputs(", ...", c->out);
	putc('}', c->out);
}

/* The kernel writes the size it knows into one that it cannot take. */
DECODE(sched_attr_in)
{
	u32 now;

	if (!c->a[i] || !peek(c, c->a[i], &now, sizeof(now))) {
		put_addr(c, c->a[i]);
		return;
	}
	/* Of size 0 means: the first version. */
	if (now == c->kept) {
		put_attributes(c, c->a[i], c->kept ? c->kept : ATTR_FIRST, true);
		return;
	}
	if (c->kept < ATTR_FIRST) {
		fprintf(c->out, "{size=%u}", c->kept);
	} else {
		struct tcb shown = *c;
		char *text = NULL;
		size_t len;

		/* All but the size is as it was. */
		shown.out = open_memstream(&text, &len);
		if (shown.out) {
			put_attributes(&shown, c->a[i], c->kept, true);
			fclose(shown.out);
			fprintf(c->out, "{size=%u%s", c->kept, strchr(text, ','));
			free(text);
		}
	}
	fprintf(c->out, " => {size=%u}", now);
}

DECODE(sched_attr_out)
{
	u32 size;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &size, sizeof(size)))
		put_addr(c, c->a[i]);
	else
		put_attributes(c, c->a[i], min_t(u32, size, (u32)c->a[i + 1]), false);
}

/* ---- priorities of input and output ---- */

static const struct xlat io_classes[] = {
	{0, "IOPRIO_CLASS_NONE"}, {1, "IOPRIO_CLASS_RT"}, {2, "IOPRIO_CLASS_BE"}, {3, "IOPRIO_CLASS_IDLE"}, {0, NULL},
};

DECODE(ioprio)
{
	const u32 prio = (u32)c->a[i];

	fputs("IOPRIO_PRIO_VALUE(", c->out);
	put_val(c, prio >> 13, io_classes, "IOPRIO_CLASS_???");
	fprintf(c->out, ", %u)", prio & 0x1fff);
}

void aux_ioprio(struct tcb *c)
{
	const char *name = xlat_name(io_classes, (u64)c->ret >> 13);

	if (!syserror(c) && name)
		put_aux(c, "IOPRIO_PRIO_VALUE(%s, %ld)", name, c->ret & 0x1fff);
}

/* ---- the clock ---- */

static const struct xlat modes[] = {
	{0, "0"}, {0x8001, "ADJ_OFFSET_SINGLESHOT"}, {0xa001, "ADJ_OFFSET_SS_READ"}, {1, "ADJ_OFFSET"}, {2, "ADJ_FREQUENCY"},
	{4, "ADJ_MAXERROR"}, {8, "ADJ_ESTERROR"}, {0x10, "ADJ_STATUS"}, {0x20, "ADJ_TIMECONST"}, {0x80, "ADJ_TAI"},
	{0x100, "ADJ_SETOFFSET"}, {0x1000, "ADJ_MICRO"}, {0x2000, "ADJ_NANO"}, {0x4000, "ADJ_TICK"}, {0, NULL},
};

static const struct xlat states[] = {
	{1, "STA_PLL"}, {2, "STA_PPSFREQ"}, {4, "STA_PPSTIME"}, {8, "STA_FLL"}, {0x10, "STA_INS"}, {0x20, "STA_DEL"},
	{0x40, "STA_UNSYNC"}, {0x80, "STA_FREQHOLD"}, {0x100, "STA_PPSSIGNAL"}, {0x200, "STA_PPSJITTER"}, {0x400, "STA_PPSWANDER"},
	{0x800, "STA_PPSERROR"}, {0x1000, "STA_CLOCKERR"}, {0x2000, "STA_NANO"}, {0x4000, "STA_MODE"}, {0x8000, "STA_CLK"}, {0, NULL},
};

DECODE(timex)
{
	struct timex t;

	if (!c->a[i] || syserror(c) || !peek(c, c->a[i], &t, sizeof(t))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{modes=", c->out);
	put_flags(c, t.modes, modes, "ADJ_???");
	fprintf(c->out, ", offset=%ld, freq=%ld, maxerror=%lu, esterror=%lu, status=", t.offset, t.freq, (u64)t.maxerror,
		(u64)t.esterror);
	put_flags(c, (u32)t.status, states, "STA_???");
	fprintf(c->out, ", constant=%ld, precision=%lu, tolerance=%ld, time={tv_sec=%ld, tv_usec=%lu}, tick=%ld, ppsfreq=%ld, "
		"jitter=%ld", t.constant, (u64)t.precision, t.tolerance, t.time.tv_sec, (u64)t.time.tv_usec, t.tick, t.ppsfreq,
		t.jitter);
	fprintf(c->out, ", shift=%d, stabil=%ld, jitcnt=%ld, calcnt=%ld, errcnt=%ld, stbcnt=%ld, tai=%d}", t.shift, t.stabil,
		t.jitcnt, t.calcnt, t.errcnt, t.stbcnt, t.tai);
}

void aux_timex(struct tcb *c)
{
	static const char *const names[] = {"TIME_OK", "TIME_INS", "TIME_DEL", "TIME_OOP", "TIME_WAIT", "TIME_ERROR"};

	if (!syserror(c) && (u64)c->ret < ARRAY_SIZE(names))
		put_aux(c, "%s", names[c->ret]);
}
