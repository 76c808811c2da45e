// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk mm: every field of the mm_struct, with its value, what it means and where it points. */
#include <json-c/json.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "loader/binfmt.h"

// clang-format off
enum field_kind {
	K_ADDR,        /* a guest address */
	K_PHYS,        /* a guest physical address */
	K_PAGES,       /* a number of pages */
	K_U64, K_U32, K_INT, K_BOOL,
	K_HEX,         /* flags */
	K_VMA,         /* a pointer to a VMA */
	K_SET,         /* a pointer of which only "set or not" means something */
	K_ABSENT,      /* Linux has it, nothing here uses it */
	K_LAYOUT, K_MUTEX, K_RWLOCK, K_TREE, K_FILE, K_AUXV, K_RSS, K_VDSO, K_BINFMT,
};

struct mm_field {
	const char *name;
	size_t offset;
	enum field_kind kind;
	const char *meaning;
};

#define ABSENT(name, meaning) { name, 0, K_ABSENT, meaning }
#define FIELD(f, kind, meaning) { #f, offsetof(struct mm_struct, f), kind, meaning }
// clang-format on

static const struct mm_field fields[] = {
	FIELD(mmap, K_VMA, "first VMA of the list, which is in address order"),
	FIELD(mm_rb, K_TREE, "the same VMAs as a red-black tree that knows the largest gap below each node"),
	FIELD(vmacache_seqnum, K_U64, "goes up when a cached VMA may have gone"),
	FIELD(vmacache, K_VMA, "the VMA found last"),
	FIELD(get_unmapped_area, K_LAYOUT, "picks the place of a mapping without MAP_FIXED"),
	FIELD(mmap_base, K_ADDR, "where mmap starts looking: down from here, below the stack and its gap"),
	FIELD(mmap_legacy_base, K_ADDR, "the same for the bottom-up layout: TASK_SIZE / 3"),
	FIELD(task_size, K_ADDR, "first address that user space can never have"),
	FIELD(highest_vm_end, K_ADDR, "end of the last VMA"),
	FIELD(pgd, K_PHYS, "top-level page table, in guest physical memory (CR3)"),
	FIELD(mm_users, K_U32, "threads and CLONE_VM processes that use this mm"),
	FIELD(mm_count, K_U32, "references to the structure; all users count as one"),
	FIELD(nr_ptes, K_U64, "page-table pages of the last level"),
	FIELD(nr_pmds, K_U64, "page-table pages of the middle level"),
	FIELD(nr_puds, K_U64, "page-table pages of the upper level (VmPTE is the sum of the three)"),
	FIELD(map_count, K_INT, "VMAs; vm.max_map_count bounds them"),
	FIELD(page_table_lock, K_MUTEX, "protects the page tables and rss_stat"),
	FIELD(mmap_sem, K_RWLOCK, "protects the VMAs and the fields below"),
	{"mmlist", offsetof(struct mm_struct, mmlist_next), K_SET,
	 "next of all address spaces in this machine"},
	FIELD(hiwater_rss, K_PAGES, "largest rss before it shrank (VmHWM)"),
	FIELD(hiwater_vm, K_PAGES, "largest total_vm before it shrank (VmPeak)"),
	FIELD(total_vm, K_PAGES, "pages mapped (VmSize; RLIMIT_AS)"),
	FIELD(locked_vm, K_PAGES, "pages locked by mlock (VmLck; RLIMIT_MEMLOCK)"),
	FIELD(pinned_vm, K_PAGES, "pages pinned for devices (VmPin)"),
	FIELD(shared_vm, K_PAGES, "pages of shared mappings (files and shared memory)"),
	FIELD(exec_vm, K_PAGES, "pages that are executable and not writable (VmExe + VmLib)"),
	FIELD(stack_vm, K_PAGES, "pages of areas that grow (VmStk)"),
	FIELD(data_vm, K_PAGES, "pages private, writable and not stack (VmData; RLIMIT_DATA)"),
	FIELD(def_flags, K_HEX, "VM_* flags that each new VMA gets (mlockall(MCL_FUTURE))"),
	FIELD(start_code, K_ADDR, "first byte of the program's code segment"),
	FIELD(end_code, K_ADDR, "end of its code segment"),
	FIELD(start_data, K_ADDR, "first byte of its data segment"),
	FIELD(end_data, K_ADDR, "end of its data segment, where .bss begins"),
	FIELD(start_brk, K_ADDR, "where the heap starts"),
	FIELD(brk, K_ADDR, "where the heap ends now"),
	FIELD(start_stack, K_ADDR, "stack pointer at entry: argc is there"),
	FIELD(arg_start, K_ADDR, "first byte of the argument strings"),
	FIELD(arg_end, K_ADDR, "end of the argument strings"),
	FIELD(env_start, K_ADDR, "first byte of the environment strings"),
	FIELD(env_end, K_ADDR, "end of the environment strings"),
	FIELD(saved_auxv, K_AUXV, "the auxiliary vector as execve made it (/proc/PID/auxv)"),
	FIELD(rss_stat, K_RSS, "pages in memory, by kind"),
	FIELD(binfmt, K_BINFMT, "the format that loaded the program"),
	FIELD(cpu_vm_mask_var, K_HEX, "CPUs that have this mm loaded, a bit each"),
	FIELD(context, K_VDSO, "the x86 part: where the vDSO is"),
	FIELD(flags, K_HEX, "MMF_*: dumpable in bits 0 and 1, the core dump's filter above"),
	FIELD(core_state, K_SET, "set while a core file is written"),
	FIELD(owner, K_SET, "the task that owns this mm"),
	FIELD(exe_file, K_FILE, "the program (/proc/PID/exe)"),
	FIELD(mmu_notifier_mm, K_SET, "who hears of changed translations: the CPU engine"),
	FIELD(tlb_flush_pending, K_BOOL, "a flush of cached translations is owed"),
	FIELD(uprobes_state, K_SET, "breakpoints placed in the code"),
	ABSENT("ioctx_lock", "protects ioctx_table"),
	ABSENT("ioctx_table", "AIO contexts: those of io_setup() are the host's"),
	ABSENT("numa_next_scan", "NUMA balancing: one node, nothing to balance"),
	ABSENT("numa_scan_offset", "where it would go on"),
	ABSENT("numa_scan_seq", "how often it went round"),
	ABSENT("pmd_huge_pte", "tables put by for huge pages that may be split"),
	ABSENT("bd_addr", "MPX's bounds directory: the CPU has no MPX"),
	ABSENT("cpumask_allocation", "room for cpu_vm_mask_var, which is one word here"),
};

/* A field ready to be shown. */
struct shown {
	char value[64];
	char points[PATH_MAX + 64];
	bool number; /* value is a decimal number */
};

static const void *at(const struct mm_struct *mm, const struct mm_field *f)
{
	return (const char *)mm + f->offset;
}

static u64 word(const struct mm_struct *mm, const struct mm_field *f)
{
	return *(const u64 *)at(mm, f);
}

static void show_number(struct shown *s, u64 value)
{
	snprintf(s->value, sizeof(s->value), "%lu", value);
	s->number = true;
}

static void show_vma(struct shown *s, const struct vm_area_struct *vma)
{
	char name[PATH_MAX + 16];

	if (!vma) {
		strcpy(s->value, "none");
		return;
	}
	snprintf(s->value, sizeof(s->value), "0x%lx-0x%lx", vma->vm_start, vma->vm_end);
	vma_name(vma, name, sizeof(name));
	snprintf(s->points, sizeof(s->points), "%s", *name ? name : "anonymous memory");
}

static void show_auxv(struct shown *s, const struct mm_struct *mm)
{
	unsigned n = 0;

	while (n < AT_VECTOR_SIZE / 2 && mm->saved_auxv[2 * n])
		n++;
	snprintf(s->value, sizeof(s->value), "%u entries", n);
	strcpy(s->points, "`ulk stack' lists them");
}

static void show_other(struct shown *s, struct task_struct *t, const struct mm_field *f)
{
	const struct mm_struct *mm = t->mm;

	switch (f->kind) {
	case K_TREE:
		show_vma(s, mm->mm_rb.rbh_root);
		break;
	case K_LAYOUT:
		/* The only thing the choice changes is where the search starts. */
		strcpy(s->value, mm->mmap_base == mm->mmap_legacy_base ? "bottom-up" : "top-down");
		break;
	case K_MUTEX:
		if (pthread_mutex_trylock(&t->mm->page_table_lock)) {
			strcpy(s->value, "held");
			break;
		}
		pthread_mutex_unlock(&t->mm->page_table_lock);
		strcpy(s->value, "free");
		break;
	case K_RWLOCK:
		if (pthread_rwlock_trywrlock(&t->mm->mmap_sem)) {
			strcpy(s->value, "held");
			break;
		}
		pthread_rwlock_unlock(&t->mm->mmap_sem);
		strcpy(s->value, "free");
		break;
	case K_FILE:
		if (!mm->exe_file || file_path(mm->exe_file, s->points, sizeof(s->points)) < 0)
			strcpy(s->value, "none");
		else
			snprintf(s->value, sizeof(s->value), "inode %lu", mm->exe_file->ino);
		break;
	case K_AUXV:
		show_auxv(s, mm);
		break;
	case K_RSS:
		snprintf(s->value, sizeof(s->value), "file %ld anon %ld swap %ld shmem %ld",
			 mm->rss_stat[MM_FILEPAGES], mm->rss_stat[MM_ANONPAGES], mm->rss_stat[MM_SWAPENTS],
			 mm->rss_stat[MM_SHMEMPAGES]);
		snprintf(s->points, sizeof(s->points), "%lu kB in all", get_mm_rss_sum(mm) << (PAGE_SHIFT - 10));
		break;
	case K_VDSO:
		snprintf(s->value, sizeof(s->value), "0x%lx", mm->context.vdso);
		describe_address(t, mm->context.vdso, s->points, sizeof(s->points));
		break;
	case K_BINFMT:
		snprintf(s->value, sizeof(s->value), "%s", binfmt_name(mm) ? binfmt_name(mm) : "none");
		break;
	default:
		strcpy(s->value, *(void *const *)at(mm, f) ? "set" : "none");
	}
}

static void show_field(struct shown *s, struct task_struct *t, const struct mm_field *f)
{
	const struct mm_struct *mm = t->mm;

	memset(s, 0, sizeof(*s));
	switch (f->kind) {
	case K_ADDR:
		snprintf(s->value, sizeof(s->value), "0x%lx", word(mm, f));
		describe_address(t, word(mm, f), s->points, sizeof(s->points));
		break;
	case K_PHYS:
	case K_HEX:
		snprintf(s->value, sizeof(s->value), "0x%lx", word(mm, f));
		break;
	case K_PAGES:
		show_number(s, word(mm, f));
		snprintf(s->points, sizeof(s->points), "%lu kB", word(mm, f) << (PAGE_SHIFT - 10));
		break;
	case K_U64:
		show_number(s, word(mm, f));
		break;
	case K_U32:
		show_number(s, *(const u32 *)at(mm, f));
		break;
	case K_INT:
		show_number(s, (u64)(*(const int *)at(mm, f)));
		break;
	case K_ABSENT:
		strcpy(s->value, "not kept");
		break;
	case K_BOOL:
		strcpy(s->value, *(const bool *)at(mm, f) ? "yes" : "no");
		break;
	case K_VMA:
		show_vma(s, *(struct vm_area_struct *const *)at(mm, f));
		break;
	default:
		show_other(s, t, f);
	}
}

static int mm_json(const struct launch *l)
{
	struct json_object *root = json_report(l), *all = json_object_new_object();
	struct shown s;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct json_object *o = json_object_new_object();

		show_field(&s, launch_task(l), &fields[i]);
		json_object_object_add(o, "value",
				       s.number ? json_object_new_uint64(strtoul(s.value, NULL, 10))
						: json_text(s.value, strlen(s.value)));
		json_object_object_add(o, "points_to",
				       *s.points ? json_text(s.points, strlen(s.points)) : NULL);
		json_object_object_add(o, "meaning", json_object_new_string(fields[i].meaning));
		json_object_object_add(all, fields[i].name, o);
	}
	json_object_object_add(root, "mm", all);
	return json_finish(root);
}

static void put_changed(FILE *out, const char *indent, const struct mm_field *f, const struct shown *was,
			const struct shown *now)
{
	fprintf(out, "%s%-18s %-30s -> %s\n", indent, f->name, was->value, now->value);
}

/* --at A,B: only the fields that differ there, as they were and as they are. */
static int mm_changes(struct launch *l, char *first, const char *second)
{
	struct shown before[ARRAY_SIZE(fields)], now;
	int status = launch_load(l);

	if (!status)
		status = launch_go(l, first);
	for (size_t i = 0; !status && i < ARRAY_SIZE(fields); i++)
		show_field(&before[i], launch_task(l), &fields[i]);
	if (!status)
		status = launch_go(l, second);
	for (size_t i = 0; !status && i < ARRAY_SIZE(fields); i++) {
		show_field(&now, launch_task(l), &fields[i]);
		if (strcmp(now.value, before[i].value))
			put_changed(stdout, "", &fields[i], &before[i], &now);
	}
	return status ? status : cli_close_stdout();
}

/* --watch */
struct mm_watch {
	struct changes changes;
	struct shown last[ARRAY_SIZE(fields)];
};

/* Which area was found last is not for the program to change. */
static bool is_memory(const struct mm_field *f)
{
	return f->offset != offsetof(struct mm_struct, vmacache) && f->offset != offsetof(struct mm_struct, vmacache_seqnum);
}

static void put_changed_fields(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e)
{
	struct mm_watch *w = container_of(ch, struct mm_watch, changes);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct shown now;

		show_field(&now, t, &fields[i]);
		if (strcmp(now.value, w->last[i].value) && is_memory(&fields[i]))
			put_changed(out, "  ", &fields[i], &w->last[i], &now);
		w->last[i] = now;
	}
}

static void put_fields_json(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e)
{
	struct mm_watch *w = container_of(ch, struct mm_watch, changes);
	struct json_object *o = json_event(t, e), *changed = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct shown now;

		show_field(&now, t, &fields[i]);
		if (strcmp(now.value, w->last[i].value) && is_memory(&fields[i])) {
			struct json_object *f = json_object_new_object();

			json_object_object_add(f, "field", json_object_new_string(fields[i].name));
			json_object_object_add(f, "was", json_object_new_string(w->last[i].value));
			json_object_object_add(f, "now", json_object_new_string(now.value));
			json_object_array_add(changed, f);
		}
		w->last[i] = now;
	}
	json_object_object_add(o, "changed", changed);
	json_line(out, o);
}

static int mm_watch(struct launch *l)
{
	struct mm_watch *w = calloc(1, sizeof(*w));
	int status = w ? launch_changes(l, &w->changes, l->json ? put_fields_json : put_changed_fields) : EXIT_ULK;

	if (!status)
		status = launch_load(l);
	for (size_t i = 0; !status && i < ARRAY_SIZE(fields); i++)
		show_field(&w->last[i], launch_task(l), &fields[i]);
	if (!status)
		status = launch_go(l, l->at);
	changes_close(&w->changes);
	status = launch_free(l, status);
	free(w);
	return status;
}

void put_mm(FILE *out, struct task_struct *t)
{
	struct shown s;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		show_field(&s, t, &fields[i]);
		fprintf(out, "%-18s %-30s %-28s %s\n", fields[i].name, s.value, s.points, fields[i].meaning);
	}
}

static int mm_main(int argc, char **argv)
{
	struct launch l = {};
	char *comma, *first;
	int status;

	launch_parse(&l, argc, argv, LAUNCH_LOOK_MM,
		"Load PROGRAM as execve does and print every field of its mm_struct: value, where it points, "
		"meaning. With --at=WHERE,WHERE: what changes from the first place to the second.");
	if (l.watch)
		return mm_watch(&l);
	comma = strchr(l.at, ',');
	if (comma) {
		first = strndup(l.at, (size_t)(comma - l.at));
		if (l.json || !first) {
			cli_err("%s", first ? "--json shows one place" : "out of memory");
			status = EXIT_ULK;
		} else {
			status = mm_changes(&l, first, comma + 1);
		}
		free(first);
		return launch_free(&l, status);
	}
	status = launch_look(&l);
	if (status)
		return launch_free(&l, status);
	if (l.json)
		return launch_free(&l, mm_json(&l));
	put_mm(stdout, launch_task(&l));
	return launch_free(&l, cli_close_stdout());
}

const struct verb verb_mm = {"mm", "print every field of a program's mm_struct", mm_main};
