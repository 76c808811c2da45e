// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include "observe/picture.h"
#include "observe/text.h"
#include "observe/timeline.h"

/* Of pages; more would make the page slow. */
#define MAX_RUNS 400000
#define MAX_SAMPLES 20000

/* Made from observe/picture/: what stands before the data and behind it. */
extern const char picture_before[], picture_after[];

struct life {
	struct timeline_area area;
	u32 file;                  /* in files, + 1; 0: none */
	u32 born, died;            /* events */
};

struct moment {
	struct timeline_event event;
	u32 text, stack;           /* in texts, stacks */
};

struct look {
	u64 ns;
	const struct timeline_run *runs;
	u32 nr;
};

/* The log, sorted out. */
struct picture {
	struct life *lives;
	struct moment *moments;
	struct timeline_counters *samples;
	struct look *looks;
	u32 *by_id;                /* number in lives + 1 */
	u32 nr_lives, nr_moments, nr_samples, nr_looks;
	u32 cap_lives, cap_moments, cap_samples, cap_looks, cap_ids;
	struct intern texts, stacks, files;
	struct intern names, frames;
	struct {
		u32 *list;
		u32 nr, cap;
	} name_of, frame_of;       /* the log's numbers to ours: texts may repeat in it */
	const char *ended;
	u32 ended_len;
	bool failed;               /* no memory */
};

/* Room for one more of @size; NULL without memory. */
static void *more(struct picture *p, void **list, u32 nr, u32 *cap, size_t size)
{
	u32 room = *cap ? *cap : 256;
	void *grown;

	while (room <= nr)
		room *= 2;
	if (room != *cap) {
		grown = realloc(*list, room * size);
		if (!grown) {
			p->failed = true;
			return NULL;
		}
		memset((char *)grown + *cap * size, 0, (room - *cap) * size);
		*list = grown;
		*cap = room;
	}
	return (char *)*list + nr * size;
}
#define MORE(p, list, nr, cap) more(p, (void **)&(p)->list, nr, &(p)->cap, sizeof(*(p)->list))

static void read_text(struct picture *p, struct intern *t, const char *text, u32 len, u32 **list, u32 *nr, u32 *cap)
{
	u32 *slot = more(p, (void **)list, *nr, cap, sizeof(**list));

	if (slot) {
		*slot = intern(t, text, len);
		++*nr;
	}
}

static void read_area(struct picture *p, const struct timeline_area *a)
{
	struct life *l = MORE(p, lives, p->nr_lives, cap_lives);
	u32 *slot = a->id < 1 << 30 ? MORE(p, by_id, a->id, cap_ids) : NULL;
	char file[64];

	if (!l || !slot || a->name >= p->name_of.nr)
		return;
	*l = (struct life){.area = *a, .born = p->nr_moments, .died = ~0u};
	l->area.name = p->name_of.list[a->name];
	if (a->ino) {
		snprintf(file, sizeof(file), "%02x:%02x %lu", major(a->dev), minor(a->dev), a->ino);
		l->file = intern(&p->files, file, strlen(file)) + 1;
	}
	*slot = ++p->nr_lives;
}

static void read_gone(struct picture *p, u32 id)
{
	if (id < p->cap_ids && p->by_id[id])
		p->lives[p->by_id[id] - 1].died = p->nr_moments;
}

static void read_event(struct picture *p, const struct timeline_event *e, const char *text, u32 len)
{
	struct moment *m = MORE(p, moments, p->nr_moments, cap_moments);
	u32 stack[MEMORY_CALLERS], n = 0;

	if (!m)
		return;
	m->event = *e;
	m->text = intern(&p->texts, text, len);
	for (u32 i = 0; i < MEMORY_CALLERS; i++) {
		if (e->frames[i] && e->frames[i] <= p->frame_of.nr)
			stack[n++] = p->frame_of.list[e->frames[i] - 1];
	}
	m->stack = intern(&p->stacks, stack, n * sizeof(*stack));
	p->nr_moments++;
}

static void read_record(struct picture *p, u32 type, const char *data, u32 size)
{
	struct timeline_counters *sample;
	struct look *look;

	switch (type) {
	case TL_NAME:
		read_text(p, &p->names, data, size, &p->name_of.list, &p->name_of.nr, &p->name_of.cap);
		break;
	case TL_FRAME:
		read_text(p, &p->frames, data, size, &p->frame_of.list, &p->frame_of.nr, &p->frame_of.cap);
		break;
	case TL_AREA:
		read_area(p, (const void *)data);
		break;
	case TL_GONE:
		read_gone(p, *(const u32 *)data);
		break;
	case TL_EVENT:
		read_event(p, (const void *)data, data + sizeof(struct timeline_event), size - (u32)sizeof(struct timeline_event));
		break;
	case TL_SAMPLE:
		sample = MORE(p, samples, p->nr_samples, cap_samples);
		if (sample) {
			*sample = *(const struct timeline_counters *)data;
			p->nr_samples++;
		}
		break;
	case TL_PAGES:
		look = MORE(p, looks, p->nr_looks, cap_looks);
		if (look) {
			*look = (struct look){*(const u64 *)data, (const void *)(data + 8),
					      (size - 8) / (u32)sizeof(struct timeline_run)};
			p->nr_looks++;
		}
		break;
	case TL_END:
		p->ended = data;
		p->ended_len = size;
		break;
	}
}

static u32 least_size(u32 type)
{
	static const u32 sizes[] = {
		[TL_AREA] = sizeof(struct timeline_area), [TL_GONE] = sizeof(u32), [TL_EVENT] = sizeof(struct timeline_event),
		[TL_SAMPLE] = sizeof(struct timeline_counters), [TL_PAGES] = sizeof(u64), [TL_END] = 0};

	return type < ARRAY_SIZE(sizes) ? sizes[type] : 0;
}

static void read_log(struct picture *p, const char *log, size_t size)
{
	size_t at = 0;

	while (at + sizeof(struct timeline_record) <= size && !p->failed) {
		const struct timeline_record *r = (const void *)(log + at);

		if (r->size > size - at - sizeof(*r) || r->size < least_size(r->type))
			break;
		read_record(p, r->type, log + at + sizeof(*r), r->size);
		at += (sizeof(*r) + r->size + 7) & ~7UL;
	}
	/* What came without an event after it never was. */
	while (p->nr_lives && p->lives[p->nr_lives - 1].born == p->nr_moments)
		p->nr_lives--;
	for (u32 i = 0; i < p->nr_lives; i++)
		p->lives[i].died = min_t(u32, p->lives[i].died, p->nr_moments);
}

static int by_place(const void *x, const void *y)
{
	const struct life *a = x, *b = y;

	if (a->area.start != b->area.start)
		return a->area.start < b->area.start ? -1 : 1;
	return (a->area.id > b->area.id) - (a->area.id < b->area.id);
}

/* ---- writing ---- */

static void put_texts(FILE *out, const char *name, const struct intern *t)
{
	fprintf(out, ",\n\"%s\":[", name);
	for (u32 i = 0; i < t->nr; i++) {
		if (i)
			putc(',', out);
		put_json_string(out, t->items[i].bytes, t->items[i].len);
	}
	putc(']', out);
}

static void put_stacks(FILE *out, const struct picture *p)
{
	fputs(",\n\"stacks\":[", out);
	for (u32 i = 0; i < p->stacks.nr; i++) {
		const u32 *frames = (const void *)p->stacks.items[i].bytes;

		fputs(i ? ",[" : "[", out);
		for (size_t j = 0; j < p->stacks.items[i].len / sizeof(*frames); j++)
			fprintf(out, "%s%u", j ? "," : "", frames[j]);
		putc(']', out);
	}
	putc(']', out);
}

/* A column: the value of each row; @delta: its difference from the row before. */
static void put_column(FILE *out, const char *name, const struct picture *p, u32 nr, bool delta,
		       u64 (*value)(const struct picture *p, u32 i))
{
	u64 last = 0;

	fprintf(out, ",\n\"%s\":[", name);
	for (u32 i = 0; i < nr; i++) {
		u64 v = value(p, i);

		fprintf(out, i ? ",%ld" : "%ld", (s64)(delta ? v - last : v));
		last = v;
	}
	putc(']', out);
}

/* r w x s, and then the words that the page is given. */
static u64 shown_flags(u64 flags)
{
	u64 out = (flags & (VM_READ | VM_WRITE | VM_EXEC)) | (flags & VM_MAYSHARE ? 8 : 0);

	for (u32 i = 0; area_flag_words[i].word; i++) {
		if (flags & area_flag_words[i].flag)
			out |= 16UL << i;
	}
	return out;
}

// clang-format off
#define COLUMN(name, expr) static u64 name(const struct picture *p, u32 i) { return expr; }
COLUMN(life_start, p->lives[i].area.start >> PAGE_SHIFT)
COLUMN(life_pages, (p->lives[i].area.end - p->lives[i].area.start) >> PAGE_SHIFT)
COLUMN(life_flags, shown_flags(p->lives[i].area.flags))
COLUMN(life_offset, p->lives[i].area.offset >> PAGE_SHIFT)
COLUMN(life_name, p->lives[i].area.name)
COLUMN(life_file, p->lives[i].file)
COLUMN(life_born, p->lives[i].born)
COLUMN(life_died, p->lives[i].died)
COLUMN(event_time, p->moments[i].event.now.ns / 1000)
COLUMN(event_kind, p->moments[i].event.kind)
COLUMN(event_failed, p->moments[i].event.failed)
COLUMN(event_tid, p->moments[i].event.tid)
COLUMN(event_text, p->moments[i].text)
COLUMN(event_stack, p->moments[i].stack)
COLUMN(event_vm, p->moments[i].event.now.total_vm)
COLUMN(event_file, p->moments[i].event.now.rss[MM_FILEPAGES])
COLUMN(event_anon, p->moments[i].event.now.rss[MM_ANONPAGES])
COLUMN(event_shmem, p->moments[i].event.now.rss[MM_SHMEMPAGES])
COLUMN(event_brk, p->moments[i].event.now.brk)
COLUMN(event_faults, p->moments[i].event.now.minor + p->moments[i].event.now.major)
COLUMN(event_start, p->moments[i].event.range[0] < p->moments[i].event.range[1] ? p->moments[i].event.range[0] >> PAGE_SHIFT : 0)
COLUMN(event_pages, p->moments[i].event.range[0] < p->moments[i].event.range[1] ?
	(p->moments[i].event.range[1] - p->moments[i].event.range[0]) >> PAGE_SHIFT : 0)
COLUMN(sample_time, p->samples[i].ns / 1000)
COLUMN(sample_vm, p->samples[i].total_vm)
COLUMN(sample_file, p->samples[i].rss[MM_FILEPAGES])
COLUMN(sample_anon, p->samples[i].rss[MM_ANONPAGES])
COLUMN(sample_shmem, p->samples[i].rss[MM_SHMEMPAGES])
// clang-format on

static void put_lives(FILE *out, const struct picture *p)
{
	fputs(",\n\"areas\":{\"x\":0", out);
	put_column(out, "start", p, p->nr_lives, true, life_start);
	put_column(out, "pages", p, p->nr_lives, false, life_pages);
	put_column(out, "flags", p, p->nr_lives, false, life_flags);
	put_column(out, "offset", p, p->nr_lives, false, life_offset);
	put_column(out, "name", p, p->nr_lives, false, life_name);
	put_column(out, "file", p, p->nr_lives, false, life_file);
	put_column(out, "born", p, p->nr_lives, false, life_born);
	put_column(out, "died", p, p->nr_lives, false, life_died);
	putc('}', out);
}

static void put_moments(FILE *out, const struct picture *p)
{
	fputs(",\n\"events\":{\"x\":0", out);
	put_column(out, "time", p, p->nr_moments, true, event_time);
	put_column(out, "kind", p, p->nr_moments, false, event_kind);
	put_column(out, "failed", p, p->nr_moments, false, event_failed);
	put_column(out, "tid", p, p->nr_moments, true, event_tid);
	put_column(out, "text", p, p->nr_moments, true, event_text);
	put_column(out, "stack", p, p->nr_moments, false, event_stack);
	put_column(out, "vm", p, p->nr_moments, true, event_vm);
	put_column(out, "file", p, p->nr_moments, true, event_file);
	put_column(out, "anon", p, p->nr_moments, true, event_anon);
	put_column(out, "shmem", p, p->nr_moments, true, event_shmem);
	put_column(out, "brk", p, p->nr_moments, true, event_brk);
	put_column(out, "faults", p, p->nr_moments, true, event_faults);
	put_column(out, "start", p, p->nr_moments, true, event_start);
	put_column(out, "pages", p, p->nr_moments, false, event_pages);
	putc('}', out);
}

/* Drop every other one as long as there are too many. */
static void thin_samples(struct picture *p)
{
	while (p->nr_samples > MAX_SAMPLES) {
		for (u32 i = 0; i < p->nr_samples / 2; i++)
			p->samples[i] = p->samples[2 * i];
		p->nr_samples /= 2;
	}
}

static void put_samples(FILE *out, const struct picture *p)
{
	fputs(",\n\"samples\":{\"x\":0", out);
	put_column(out, "time", p, p->nr_samples, true, sample_time);
	put_column(out, "vm", p, p->nr_samples, true, sample_vm);
	put_column(out, "file", p, p->nr_samples, true, sample_file);
	put_column(out, "anon", p, p->nr_samples, true, sample_anon);
	put_column(out, "shmem", p, p->nr_samples, true, sample_shmem);
	putc('}', out);
}

static void put_look(FILE *out, const struct look *l)
{
	u64 at = 0;

	fprintf(out, "{\"time\":%lu,\"runs\":[", l->ns / 1000);
	for (u32 i = 0; i < l->nr; i++) {
		const struct timeline_run *r = &l->runs[i];

		fprintf(out, i ? ",%lu,%u,%u" : "%lu,%u,%u", (r->start >> PAGE_SHIFT) - at, r->pages, r->state);
		at = (r->start >> PAGE_SHIFT) + r->pages;
	}
	fputs("]}", out);
}

/* Of looks that found the same the first is kept. */
static void drop_same_looks(struct picture *p)
{
	u32 n = 0;

	for (u32 i = 0; i < p->nr_looks; i++) {
		const struct look *l = &p->looks[i], *last = n ? &p->looks[n - 1] : NULL;

		if (!last || last->nr != l->nr || memcmp(last->runs, l->runs, l->nr * sizeof(*l->runs)))
			p->looks[n++] = *l;
	}
	p->nr_looks = n;
}

/* The last one always; of the others as many as have room, evenly. */
static void put_looks(FILE *out, struct picture *p)
{
	u64 runs = 0, written = 0;
	const char *sep = "";
	u32 step = 1;

	drop_same_looks(p);
	for (u32 i = 0; i < p->nr_looks; i++)
		runs += p->looks[i].nr;
	while (runs / step > MAX_RUNS)
		step++;
	fputs(",\n\"pages\":[", out);
	for (u32 i = 0; i < p->nr_looks; i++) {
		bool last = i + 1 == p->nr_looks;

		if (!last && (i % step || written + p->looks[i].nr > 2 * MAX_RUNS))
			continue;
		fputs(sep, out);
		put_look(out, &p->looks[i]);
		written += p->looks[i].nr;
		sep = ",\n";
	}
	putc(']', out);
}

static void put_head(FILE *out, const struct picture *p, const struct picture_info *info)
{
	const char *ended = info->ended ? info->ended : "";

	fputs("{\"version\":\"" ULK_VERSION_STRING "\",\"argv\":[", out);
	for (u32 i = 0; info->argv[i]; i++) {
		if (i)
			putc(',', out);
		put_json_string(out, info->argv[i], strlen(info->argv[i]));
	}
	fputs("],\"ended\":", out);
	if (p->ended)
		put_json_string(out, p->ended, p->ended_len);
	else
		put_json_string(out, ended, strlen(ended));
	fputs(",\"flags\":[", out);
	for (u32 i = 0; area_flag_words[i].word; i++)
		fprintf(out, i ? ",\"%s\"" : "\"%s\"", area_flag_words[i].word);
	putc(']', out);
}

static void put_document(FILE *out, struct picture *p, const struct picture_info *info)
{
	qsort(p->lives, p->nr_lives, sizeof(*p->lives), by_place);
	thin_samples(p);
	fputs(picture_before, out);
	put_head(out, p, info);
	put_texts(out, "names", &p->names);
	put_texts(out, "files", &p->files);
	put_texts(out, "texts", &p->texts);
	put_texts(out, "frames", &p->frames);
	put_stacks(out, p);
	put_lives(out, p);
	put_moments(out, p);
	put_samples(out, p);
	put_looks(out, p);
	fputs("}\n", out);
	fputs(picture_after, out);
}

static void release(struct picture *p)
{
	struct intern *const tables[] = {&p->texts, &p->stacks, &p->files, &p->names, &p->frames};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		intern_free(tables[i]);
	free(p->lives);
	free(p->moments);
	free(p->samples);
	free(p->looks);
	free(p->by_id);
	free(p->name_of.list);
	free(p->frame_of.list);
}

int picture_write(FILE *out, const void *log, size_t size, const struct picture_info *info)
{
	struct picture p = {};
	int err = 0;

	read_log(&p, log, size);
	if (p.failed)
		err = -ENOMEM;
	else if (!p.nr_moments)
		err = -ENODATA;
	else
		put_document(out, &p, info);
	release(&p);
	return err;
}
