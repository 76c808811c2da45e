// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel counts: statm, the memory lines of status, getrusage, mincore of each area. Each line is
// printed when it is not what it was the last time, so a difference shows after the operation that made it.
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "stream.h"

#define MAX_AREAS  1024
#define MAX_FIELDS 64

static char text[1 << 20];
static unsigned char vec[32768]; // the largest area a stream makes has 16384 pages

struct line {
	u64 key, sum;
};

// What was said the last time: of a name, and of an area.
struct said {
	struct line lines[2][MAX_AREAS];
	unsigned count[2], turn;
};

static struct line fields[MAX_FIELDS];
static struct said resident, mapped;
static unsigned long round; // how often the counters were looked at
static long last_minflt, last_majflt;

static u64 add_sum(u64 sum, const void *data, size_t n)
{
	const unsigned char *p = data;

	while (n--)
		sum = (sum ^ *p++) * 0x100000001b3UL;
	return sum;
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

	read_text(text, sizeof(text), "/proc/self/status");
	for (; (end = strchr(p, '\n')); p = end + 1) {
		if (strncmp(p, "Vm", 2) && strncmp(p, "Rss", 3) && strncmp(p, "Huge", 4))
			continue;
		if (!same_field(p, (size_t)(strchr(p, ':') - p), p, (size_t)(end - p)))
			print_line("A", p, (size_t)(end - p));
	}
}

static void print_statm(void)
{
	size_t len = read_text(text, sizeof(text), "/proc/self/statm");

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

static void begin_round(struct said *said)
{
	said->turn = !said->turn;
	said->count[said->turn] = 0;
}

// Was this said of the area in the last round? It is noted for the next.
static int was_said(struct said *said, u64 key, u64 sum)
{
	unsigned turn = said->turn;

	if (said->count[turn] < MAX_AREAS)
		said->lines[turn][said->count[turn]++] = (struct line){key, sum};
	for (unsigned i = 0; i < said->count[!turn]; i++) {
		if (said->lines[!turn][i].key == key)
			return said->lines[!turn][i].sum == sum;
	}
	return 0;
}

static void print_area(u64 start, u64 end)
{
	u64 pages = (end - start) / PAGE;
	long ret;

	if (pages > sizeof(vec))
		return;
	ret = call(SYS_mincore, start, end - start, (u64)vec, 0, 0, 0);
	if (ret) {
		out("R %x-%x = %d\n", start, end, ret);
		return;
	}
	for (u64 i = 0; i < pages; i++)
		vec[i] &= 1;
	if (!was_said(&resident, start, add_sum(end, vec, pages)))
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

// What is there changes with time, or is none of the program's.
static int is_kernels(u64 start, u64 end)
{
	return (start >= vvar && start < vvar + 20 * PAGE) || end > 1UL << 47;
}

static void print_areas(void)
{
	const char *p = text;

	read_text(text, sizeof(text), "/proc/self/maps");
	begin_round(&resident);
	for (; *p; p = strchr(p, '\n') + 1) {
		u64 start = parse_hex(&p), end;

		p++;
		end = parse_hex(&p);
		if (!is_kernels(start, end))
			print_area(start, end);
	}
}

// Lines of smaps that are left out, README.md says why: those of the LRU lists, and, of pages that others map
// as well, the shares.
static int left_out(const char *name, int shared)
{
	static const char *const names[] = {"Referenced", "LazyFree", "Pss", "Shared_", "Private_", "Locked"};

	for (unsigned i = 0; i < (shared ? ARRAY_SIZE(names) : 2); i++) {
		if (!strncmp(name, names[i], strlen(names[i])))
			return 1;
	}
	return 0;
}

// One area of smaps (a capital begins a field, a digit or small letter the next area), from its second line
// on, in one line of what is not zero. Returns where the next begins.
static const char *print_smap(const char *p, u64 start, u64 end, int shared)
{
	static char line[1024];
	size_t len = 0;
	const char *eol;

	for (; *p >= 'A' && *p <= 'Z'; p = eol + 1) {
		eol = strchr(p, '\n');
		if (left_out(p, shared) || strstr(p, " 0 kB\n") == eol - 5 || len + 80 > sizeof(line))
			continue;
		line[len++] = ' ';
		for (; p < eol; p++) {
			if (*p != ' ' || p[-1] != ':')
				line[len++] = *p;
			while (*p == ' ' && p[1] == ' ')
				p++;
		}
	}
	line[len] = '\0';
	if (!was_said(&mapped, start, add_sum(end, line, len)))
		out("S %x-%x%s\n", start, end, line);
	return p;
}

static void print_smaps(void)
{
	const char *p = text, *eol, *slash;

	read_text(text, sizeof(text), "/proc/self/smaps");
	begin_round(&mapped);
	while (*p) {
		u64 start = parse_hex(&p), end;

		p++;
		end = parse_hex(&p);
		eol = strchr(p, '\n');
		slash = memchr(p, '/', (size_t)(eol - p));
		if (is_kernels(start, end)) {
			for (p = eol + 1; *p >= 'A' && *p <= 'Z'; p = strchr(p, '\n') + 1)
				;
			continue;
		}
		p = print_smap(eol + 1, start, end, slash || geteuid());
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
	// smaps takes longer than all else together.
	if (++round < 40 || round % 8 == 0)
		print_smaps();
}

void setup_accounting(void)
{
	struct rusage ru;

	// All buffers are the process's own from here on: how full they get shall not matter.
	memset(text, 1, sizeof(text));
	memset(vec, 1, sizeof(vec));
	memset(&resident, 0, sizeof(resident));
	memset(&mapped, 0, sizeof(mapped));
	memset(fields, 0, sizeof(fields));
	own_buffers();
	getrusage(RUSAGE_SELF, &ru);
	last_minflt = ru.ru_minflt;
	last_majflt = ru.ru_majflt;
	print_accounting();
}
