// SPDX-License-Identifier: GPL-2.0-or-later
/* What speaks of the machine, or of chance, in a run that repeats (kernel/determin.h): its time is virtual, nobody else uses it, half
 * of its memory is free, and random bytes come from the seed. */
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "procfs/internal.h"
#include "procfs/procfs.h"

static u64 uptime_ns(struct task_struct *t)
{
	struct timespec ts;

	return task_clock(t, CLOCK_BOOTTIME, &ts) ? 0 : (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

static int uptime_text(struct task_struct *t, FILE *out)
{
	u64 cs = uptime_ns(t) / 10000000;

	fprintf(out, "%lu.%02lu 0.00\n", cs / 100, cs % 100);
	return 0;
}

static int loadavg_text(struct task_struct *t, FILE *out)
{
	fprintf(out, "0.00 0.00 0.00 1/%d %d\n", t->signal->nr_threads, t->pid);
	return 0;
}

static int stat_text(struct task_struct *t, FILE *out)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	u64 ticks = uptime_ns(t) / 10000000;
	struct timespec now;

	task_clock(t, CLOCK_REALTIME, &now);
	fprintf(out, "cpu  %lu 0 0 0 0 0 0 0 0 0\n", ticks);
	for (long i = 0; i < cpus; i++)
		fprintf(out, "cpu%ld %lu 0 0 0 0 0 0 0 0 0\n", i, i ? 0 : ticks);
	fprintf(out, "intr 0\nctxt 0\nbtime %lu\nprocesses %d\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
		(u64)now.tv_sec - uptime_ns(t) / 1000000000, t->pid);
	return 0;
}

static int meminfo_text(struct task_struct *t, FILE *out)
{
	struct sysinfo si;
	u64 total, swap;

	if (sysinfo(&si))
		return -errno;
	total = (u64)si.totalram * si.mem_unit >> 10;
	swap = (u64)si.totalswap * si.mem_unit >> 10;
	fprintf(out, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n", total, total / 2, total / 2);
	fprintf(out, "Buffers:        %8d kB\nCached:         %8d kB\nSwapCached:     %8d kB\n", 0, 0, 0);
	fprintf(out, "SwapTotal:      %8lu kB\nSwapFree:       %8lu kB\n", swap, swap);
	return 0;
}

static void put_uuid(struct ulk *ulk, FILE *out)
{
	u8 id[16];

	det_random(ulk, id, sizeof(id));
	id[6] = (id[6] & 0x0f) | 0x40; /* version 4 */
	id[8] = (id[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++)
		fprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
	fputc('\n', out);
}

static int uuid_text(struct task_struct *t, FILE *out)
{
	put_uuid(t->ulk, out);
	return 0;
}

static int boot_id_text(struct task_struct *t, FILE *out)
{
	fputs("00000000-0000-4000-8000-000000000000\n", out);
	return 0;
}

static int entropy_text(struct task_struct *t, FILE *out)
{
	fputs("256\n", out);
	return 0;
}

/* Who writes to it adds to what is random, which here nothing does. */
static s64 random_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write)
{
	if (!write)
		det_random(t->ulk, buf, n);
	return (s64)n;
}

static const struct {
	const char *name; /* the end of the path */
	struct special_ops ops;
} files[] = {
	{"/uptime", {.text = uptime_text}},
	{"/loadavg", {.text = loadavg_text}},
	{"/meminfo", {.text = meminfo_text}},
	{"/sys/kernel/random/uuid", {.text = uuid_text}},
	{"/sys/kernel/random/boot_id", {.text = boot_id_text}},
	{"/sys/kernel/random/entropy_avail", {.text = entropy_text}},
	{"/proc/stat", {.text = stat_text}},
};

const struct special_ops *det_proc_file(const char *link)
{
	size_t len = strlen(link);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t n = strlen(files[i].name);

		if (len >= n && !strcmp(link + len - n, files[i].name))
			return &files[i].ops;
	}
	return NULL;
}

const struct special_ops *det_device(const struct stat *st)
{
	static const struct special_ops random_ops = {.rw = random_rw};

	if (!S_ISCHR(st->st_mode) || (st->st_rdev != makedev(1, 8) && st->st_rdev != makedev(1, 9)))
		return NULL;
	return &random_ops;
}
