// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel counts: statm, the memory lines of status, getrusage, mincore of each area. Each line is
// printed when it is not what it was the last time, so a difference shows after the operation that made it.
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "stream.h"

#define MAX_AREAS 1024
#define MAX_FIELDS 64

static char text[1 << 18];
static unsigned char vec[32768];        // the largest area a stream makes has 16384 pages

struct line {
	u64 key, sum;
};

static struct line fields[MAX_FIELDS], areas[2][MAX_AREAS];
static unsigned nr_areas[2], turn;
static long last_minflt, last_majflt;

static u64 add_sum(u64 sum, const void *data, size_t n)
{
	const unsigned char *p = data;

	while (n--)
		sum = (sum ^ *p++) * 0x100000001b3UL;
	return sum;
}

static size_t read_text(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	return len;
}

// Was the value of this name the same the last time?
static int same_field(const char *name, size_t name_len, const void *value, size_t len)
{
	u64 key = add_sum(1, name, name_len), sum = add_sum(1, value, len);
	unsigned i = 0;

	while (i < MAX_FIELDS - 1 && fields[i].key && fields[i].key != key)
		i++;
	if (fields[i].key == key && fields[i].sum == sum)
		return 1;
	fields[i] = (struct line){key, sum};
	return 0;
}

static void print_line(const char *what, const char *line, size_t len)
{
	out("%s ", what);
	for (size_t i = 0; i < len; i++) {
		char c[2] = {line[i] == '\t' ? ' ' : line[i], '\0'};

		if (i && line[i] == ' ' && line[i - 1] == ' ')
			continue;
		out("%s", c);
	}
	out("\n");
}

static void print_status(void)
{
	char *p = text, *end;

	read_text("/proc/self/status");
	for (; (end = strchr(p, '\n')); p = end + 1) {
		if (strncmp(p, "Vm", 2) && strncmp(p, "Rss", 3) && strncmp(p, "Huge", 4))
			continue;
		if (!same_field(p, (size_t)(strchr(p, ':') - p), p, (size_t)(end - p)))
			print_line("A", p, (size_t)(end - p));
	}
}

static void print_statm(void)
{
	size_t len = read_text("/proc/self/statm");

	if (len && !same_field("statm", 5, text, len))
		print_line("A statm", text, len - 1);
}

// Runs of equal residency: 1*5 0*3
static void print_runs(u64 start, u64 end, u64 pages)
{
	out("R %x-%x", start, end);
	for (u64 i = 0, n; i < pages; i += n) {
		for (n = 1; i + n < pages && vec[i + n] == vec[i]; n++)
			;
		out(" %d*%d", (long)vec[i], (long)n);
	}
	out("\n");
}

static void print_area(u64 start, u64 end)
{
	u64 pages = (end - start) / PAGE, sum;
	struct line *now_at = &areas[turn][nr_areas[turn]];
	long ret;

	if (pages > sizeof(vec) || nr_areas[turn] == MAX_AREAS)
		return;
	ret = call(SYS_mincore, start, end - start, (u64)vec, 0, 0, 0);
	if (ret) {
		out("R %x-%x = %d\n", start, end, ret);
		return;
	}
	for (u64 i = 0; i < pages; i++)
		vec[i] &= 1;
	sum = add_sum(end, vec, pages);
	*now_at = (struct line){start, sum};
	nr_areas[turn]++;
	for (unsigned i = 0; i < nr_areas[!turn]; i++) {
		if (areas[!turn][i].key == start && areas[!turn][i].sum == sum)
			return;
	}
	print_runs(start, end, pages);
}

static u64 parse_hex(const char **p)
{
	u64 v = 0;

	for (;; (*p)++) {
		if (**p >= '0' && **p <= '9')
			v = v * 16 + (u64)(**p - '0');
		else if (**p >= 'a' && **p <= 'f')
			v = v * 16 + (u64)(**p - 'a') + 10;
		else
			return v;
	}
}

static void print_areas(void)
{
	const char *p = text;

	read_text("/proc/self/maps");
	turn = !turn;
	nr_areas[turn] = 0;
	for (; *p; p = strchr(p, '\n') + 1) {
		u64 start = parse_hex(&p), end;

		p++;
		end = parse_hex(&p);
		// What is there changes with time, or is none of the program's.
		if ((start >= vvar && start < vvar + 20 * PAGE) || end > 1UL << 47)
			continue;
		print_area(start, end);
	}
}

void print_accounting(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	if (ru.ru_minflt != last_minflt || ru.ru_majflt != last_majflt)
		out("A faults %d %d\n", ru.ru_minflt - last_minflt, ru.ru_majflt - last_majflt);
	last_minflt = ru.ru_minflt;
	last_majflt = ru.ru_majflt;
	if (!same_field("maxrss", 6, &ru.ru_maxrss, sizeof(ru.ru_maxrss)))
		out("A maxrss %d\n", ru.ru_maxrss);
	print_statm();
	print_status();
	print_areas();
}

void setup_accounting(void)
{
	struct rusage ru;

	// All buffers are the process's own from here on: how full they get shall not matter.
	memset(text, 1, sizeof(text));
	memset(vec, 1, sizeof(vec));
	memset(areas, 0, sizeof(areas));
	nr_areas[0] = nr_areas[1] = 0;
	memset(fields, 0, sizeof(fields));
	own_buffers();
	getrusage(RUSAGE_SELF, &ru);
	last_minflt = ru.ru_minflt;
	last_majflt = ru.ru_majflt;
	print_accounting();
}
