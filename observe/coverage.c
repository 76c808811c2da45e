// SPDX-License-Identifier: GPL-2.0-or-later
/* Coverage while the program runs: the blocks, in memory that the processes share; and when the files are written. */
#include <elf.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "observe/coverage_internal.h"
#include "observe/functions.h"
#include "observe/observe.h"

#define MAX_MODULES 4096
#define NAMES_SIZE  (1u << 20)
/* 32 MiB of addresses; memory is taken where there are blocks. */
#define TABLE_SIZE  (1u << 22)
/* Beyond this many, searching would take long. */
#define MAX_BLOCKS  (TABLE_SIZE / 4 * 3)
#define CHUNK	    256

struct shared {
	pthread_mutex_t lock;      /* robust; adding modules */
	u32 nr_modules, names_used;
	_Atomic u32 nr_blocks;
	_Atomic u32 nr_written;    /* as many were there when the files were last written */
	_Atomic bool full;
	struct module modules[MAX_MODULES];
	char names[NAMES_SIZE];
	_Atomic bool used[TABLE_SIZE / CHUNK];   /* there is something in the chunk: to look into all would take memory */
	_Atomic u64 table[TABLE_SIZE];
};

struct output {
	struct replace file;
	int (*merge)(const struct coverage_data *data, const char *old, size_t size, FILE *out);
	const struct coverage_data *data;
};

struct coverage {
	struct shared *shared;
	struct output *outputs;
	size_t nr_outputs;
	u32 last;                  /* module of the last block */
	struct stat root;          /* of the run, and */
	uid_t uid, euid;           /* its user, at the start */
};

/* ---- modules ---- */

static void lock(struct shared *sh)
{
	if (pthread_mutex_lock(&sh->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&sh->lock);
}

static u64 end_of(const struct vm_area_struct *first)
{
	u64 end = first->vm_end;

	/* As far as areas of the file follow each other. */
	for (const struct vm_area_struct *v = first->vm_next;
	     v && v->vm_file && first->vm_file && v->vm_file->dev == first->vm_file->dev &&
	     v->vm_file->ino == first->vm_file->ino && v->vm_pgoff > first->vm_pgoff;
	     v = v->vm_next)
		end = v->vm_end;
	return end;
}

static u64 entry_of(const struct vm_area_struct *first)
{
	Elf64_Ehdr h;

	if (!first->vm_file || pread(first->vm_file->fd, &h, sizeof(h), 0) != sizeof(h) ||
	    memcmp(h.e_ident, ELFMAG, SELFMAG))
		return 0;
	return h.e_entry + (h.e_type == ET_DYN ? first->vm_start : 0);
}

static bool is_module(const struct module *m, const struct vm_area_struct *vma)
{
	return vma->vm_file ? m->dev == vma->vm_file->dev && m->ino == vma->vm_file->ino : !m->dev && !m->ino;
}

/* Under the lock. The number, or MAX_MODULES when there is no room. */
static u32 add_module(struct shared *sh, const struct vm_area_struct *first)
{
	struct module *m = &sh->modules[sh->nr_modules];
	u64 room = NAMES_SIZE - sh->names_used;
	int len;

	if (sh->nr_modules == MAX_MODULES || room < 2)
		return MAX_MODULES;
	*m = (struct module){.base = first->vm_start, .end = end_of(first), .entry = entry_of(first)};
	m->name = sh->names_used;
	if (first->vm_file)
		len = file_path(first->vm_file, sh->names + m->name, room);
	else
		len = snprintf(sh->names + m->name, room, "[vdso]");
	if (len <= 0 || (u64)len >= room)
		return MAX_MODULES;
	if (first->vm_file) {
		m->dev = first->vm_file->dev;
		m->ino = first->vm_file->ino;
	}
	sh->names_used += (u32)len + 1;
	__atomic_store_n(&sh->nr_modules, sh->nr_modules + 1, __ATOMIC_RELEASE);
	return sh->nr_modules - 1;
}

static u32 find_module(struct shared *sh, const struct vm_area_struct *vma, u32 from)
{
	u32 n = __atomic_load_n(&sh->nr_modules, __ATOMIC_ACQUIRE);

	for (u32 i = from; i < n; i++)
		if (is_module(&sh->modules[i], vma))
			return i;
	return n;
}

static u32 module_of(struct coverage *c, const struct vm_area_struct *vma, const struct vm_area_struct *first)
{
	struct shared *sh = c->shared;
	u32 i;

	if (c->last < sh->nr_modules && is_module(&sh->modules[c->last], vma))
		return c->last;
	i = find_module(sh, vma, 0);
	if (i == sh->nr_modules) {
		lock(sh);
		i = find_module(sh, vma, 0);
		if (i == sh->nr_modules)
			i = add_module(sh, first);
		pthread_mutex_unlock(&sh->lock);
	}
	c->last = i;
	return i;
}

/* ---- blocks ---- */

/* Blocks that are near each other in the program are so in the table, which then takes little memory. */
static u32 first_slot(const struct block *b)
{
	u64 page = ((u64)b->module << 32 | b->start) >> 10;

	return (u32)((page * 0x9e3779b97f4a7c15UL) >> 32 << 8 | (b->start >> 2 & (CHUNK - 1))) & (TABLE_SIZE - 1);
}

static void add_block(struct shared *sh, const struct block *b)
{
	u64 word, there;
	u32 i = first_slot(b);

	memcpy(&word, b, sizeof(word));
	if (atomic_load_explicit(&sh->nr_blocks, memory_order_relaxed) >= MAX_BLOCKS) {
		atomic_store(&sh->full, true);
		return;
	}
	for (;; i = (i + 1) & (TABLE_SIZE - 1)) {
		there = atomic_load_explicit(&sh->table[i], memory_order_relaxed);
		if (!there && atomic_compare_exchange_strong(&sh->table[i], &there, word)) {
			atomic_store_explicit(&sh->used[i / CHUNK], true, memory_order_relaxed);
			atomic_fetch_add(&sh->nr_blocks, 1);
			return;
		}
		if (there == word)
			return;
	}
}

static void on_new_block(struct task_struct *t, u64 pc, u32 size)
{
	struct coverage *c = observers_of(t)->coverage;
	struct vm_area_struct *vma = find_vma(t->mm, pc), *first;
	struct block b = {.size = (u16)size};
	u32 module;

	/* Code that is in no file (made by the program itself) has no place in these formats. */
	if (!vma || vma->vm_start > pc || (!vma->vm_file && !module_is_vdso(vma)))
		return;
	first = module_first_area(vma);
	module = module_of(c, vma, first);
	if (module >= MAX_MODULES || pc - first->vm_start > ~0u || !size) {
		atomic_store(&c->shared->full, true);
		return;
	}
	b.module = (u16)module;
	b.start = (u32)(pc - first->vm_start);
	add_block(c->shared, &b);
}

/* ---- writing ---- */

int block_compare(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->size > y->size) - (x->size < y->size);
}

static bool collect(struct shared *sh, struct coverage_data *data)
{
	u32 max = atomic_load(&sh->nr_blocks);
	u32 nr_modules = __atomic_load_n(&sh->nr_modules, __ATOMIC_ACQUIRE);

	data->modules = calloc(nr_modules + 1, sizeof(*data->modules));
	data->blocks = calloc(max + 1, sizeof(*data->blocks));
	if (!data->modules || !data->blocks)
		return false;
	for (size_t i = 0; i < TABLE_SIZE && data->nr_blocks < max; i++) {
		struct block *b = &data->blocks[data->nr_blocks];
		u64 word;

		if (!(i % CHUNK) && !atomic_load(&sh->used[i / CHUNK])) {
			i += CHUNK - 1;
			continue;
		}
		word = atomic_load_explicit(&sh->table[i], memory_order_relaxed);
		memcpy(b, &word, sizeof(word));
		data->nr_blocks += word && b->module < nr_modules;
	}
	for (u32 i = 0; i < nr_modules; i++) {
		data->modules[i] = sh->modules[i];
		data->modules[i].path = sh->names + sh->modules[i].name;
		data->modules[i].shared = &sh->modules[i];
	}
	data->nr_modules = nr_modules;
	qsort(data->blocks, data->nr_blocks, sizeof(*data->blocks), block_compare);
	return true;
}

static int merge_output(void *arg, const char *old, size_t size, FILE *out)
{
	const struct output *o = arg;

	return o->merge(o->data, old, size, out);
}

static bool sees_all(const struct coverage *c)
{
	struct stat root;

	return !stat("/", &root) && root.st_dev == c->root.st_dev && root.st_ino == c->root.st_ino && getuid() == c->uid &&
	       geteuid() == c->euid;
}

static void write_outputs(struct coverage *c)
{
	u32 n = atomic_load(&c->shared->nr_blocks);
	struct coverage_data data = {.sees_all = sees_all(c)};
	bool ok = collect(c->shared, &data);

	for (size_t i = 0; i < c->nr_outputs; i++) {
		struct output *o = &c->outputs[i];
		int err;

		o->data = &data;
		err = ok ? replace_update(&o->file, merge_output, o) : -ENOMEM;
		if (err)
			observer_error("coverage: %s: %s", o->file.path,
				       err == -EINVAL ? "not a file that coverage can be added to" : strerror(-err));
	}
	if (atomic_load(&c->shared->full))
		observer_error("coverage: the program has more blocks or files than there is room for; the rest is missing");
	atomic_store(&c->shared->nr_written, n);
	free(data.modules);
	free(data.blocks);
}

void coverage_task_end(struct coverage *c, struct task_struct *t)
{
	struct shared *sh = c->shared;

	if (t->signal->exiting && atomic_load(&sh->nr_blocks) != atomic_load(&sh->nr_written))
		write_outputs(c);
}

/* ---- beginning and end ---- */

static int add_output(struct coverage *c, const char *spec, char *why)
{
	struct output *grown = reallocarray(c->outputs, c->nr_outputs + 1, sizeof(*grown)), *o;
	size_t len = strlen(spec), size;
	bool lcov = len >= 5 && !strcmp(spec + len - 5, ".info"), valid;
	char *text;
	int err;

	if (!grown)
		return -ENOMEM;
	c->outputs = grown;
	o = &grown[c->nr_outputs];
	*o = (struct output){};
	if (!strncmp(spec, "lcov:", 5) || !strncmp(spec, "drcov:", 6)) {
		lcov = *spec == 'l';
		spec = strchr(spec, ':') + 1;
	}
	o->merge = lcov ? lcov_merge : drcov_merge;
	err = replace_init(&o->file, spec, why);
	c->nr_outputs++;
	if (err || (err = replace_read(&o->file, &text, &size)))
		return err;
	valid = lcov ? lcov_valid(text, size) : drcov_valid(text, size);
	free(text);
	if (!valid)
		snprintf(why, 160, "%.90s: exists, and is no %s file that ulk can add to", spec, lcov ? "lcov" : "drcov");
	return valid ? 0 : -EINVAL;
}

int coverage_create(const char *const *specs, struct coverage **out, char *why)
{
	struct coverage *c = calloc(1, sizeof(*c));
	pthread_mutexattr_t attr;
	int err = 0;

	snprintf(why, 160, "out of memory");
	if (!c)
		return -ENOMEM;
	c->shared = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);
	if (c->shared == MAP_FAILED) {
		free(c);
		return -ENOMEM;
	}
	err = stat("/", &c->root) ? -errno : 0;
	c->uid = getuid();
	c->euid = geteuid();
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	/* A process may be killed while it adds a module. */
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	err = err ?: -pthread_mutex_init(&c->shared->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	while (!err && *specs)
		err = add_output(c, *specs++, why);
	if (err) {
		coverage_destroy(c);
		return err;
	}
	*out = c;
	return 0;
}

void coverage_destroy(struct coverage *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nr_outputs; i++)
		replace_free(&c->outputs[i].file);
	free(c->outputs);
	munmap(c->shared, sizeof(*c->shared));
	free(c);
}

int coverage_attach(struct coverage *c, struct ulk *ulk)
{
	if (!cpu_watch_new_code(ulk->cpu, true))
		return -EOPNOTSUPP;
	for (size_t i = 0; i < c->nr_outputs; i++)
		replace_attach(&c->outputs[i].file, ulk);
	ulk->hooks.new_block = on_new_block;
	return 0;
}
