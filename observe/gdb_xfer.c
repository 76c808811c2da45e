// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: what is read by pieces: the description of the registers, auxv, siginfo, the program's path, files of /proc. */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "observe/gdb_internal.h"
#include "procfs/procfs.h"

static int status_text(struct task_struct *t, FILE *out)
{
	return proc_status_text(t, out);
}

static int cmdline_text(struct task_struct *t, FILE *out)
{
	char buf[256];
	u64 addr = t->mm->arg_start;

	while (addr < t->mm->arg_end) {
		size_t n = mm_peek(t->mm, addr, buf, min_t(u64, sizeof(buf), t->mm->arg_end - addr));

		if (!n)
			break;
		fwrite(buf, 1, n, out);
		addr += n;
	}
	return 0;
}

static int exe_text(struct task_struct *t, FILE *out)
{
	char path[PATH_MAX];

	if (!t->mm->exe_file || file_path(t->mm->exe_file, path, sizeof(path)) < 0)
		return -ENOENT;
	fputs(path, out);
	return 0;
}

static int target_text(struct task_struct *t, FILE *out)
{
	gdb_target_xml(out);
	return 0;
}

struct source {
	const char *name;
	int (*text)(struct task_struct *t, FILE *out);
};

/* Made anew when it is read from its beginning, so that its pieces fit together. */
static void put_source(struct gdb *g, struct task_struct *t, const struct source *s, const char *range, FILE *out)
{
	FILE *f;

	if (!g->file_name || strcmp(g->file_name, s->name) || !strncmp(range, "0,", 2)) {
		free(g->file_name);
		free(g->file);
		g->file = NULL;
		g->file_name = strdup(s->name);
		f = open_memstream(&g->file, &g->file_size);
		if (!f || s->text(t, f)) {
			if (f)
				fclose(f);
			free(g->file_name);
			g->file_name = NULL;
			fputs("E02", out);
			return;
		}
		fclose(f);
	}
	gdb_put_piece(out, g->file, g->file_size, range);
}

void gdb_read_proc(struct gdb *g, struct task_struct *t, const char *what, FILE *out)
{
	static const struct source sources[] = {
		{"maps", proc_maps_text},     {"smaps", proc_smaps_text},   {"stat", proc_stat_text},
		{"statm", proc_statm_text},   {"status", status_text},	    {"auxv", proc_auxv_bytes},
		{"limits", proc_limits_text}, {"cmdline", cmdline_text},    {"exe", exe_text},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		size_t len = strlen(sources[i].name);

		if (!strncmp(what, sources[i].name, len) && what[len] == ':') {
			put_source(g, t, &sources[i], what + len + 1, out);
			return;
		}
	}
	fputs("E02", out);
}

static void write_siginfo(struct gdb_thread *th, const char *args, const char *end, FILE *out)
{
	u8 *at = (u8 *)&th->info;
	u64 offset;

	if (!th->signal || !gdb_parse_hex(&args, &offset) || *args++ != ':') {
		fputs("E01", out);
		return;
	}
	for (; args < end && offset < sizeof(th->info); args++) {
		bool escaped = *args == '}' && args + 1 < end;

		args += escaped;
		at[offset++] = (u8)*args ^ (escaped ? 0x20 : 0);
	}
	fprintf(out, "%lx", sizeof(th->info));
}

void gdb_xfer(struct gdb *g, struct task_struct *t, const char *packet, size_t n, FILE *out)
{
	static const struct source target = {"target.xml", target_text}, auxv = {"auxv", proc_auxv_bytes},
				   exe = {"exe", exe_text};
	struct gdb_thread *th = gdb_thread(t);
	const char *range = strrchr(packet, ':') + 1;

	if (!strncmp(packet, "qXfer:features:read:target.xml:", 31)) {
		put_source(g, t, &target, range, out);
	} else if (!strncmp(packet, "qXfer:auxv:read::", 17)) {
		put_source(g, t, &auxv, range, out);
	} else if (!strncmp(packet, "qXfer:exec-file:read:", 21)) {
		put_source(g, t, &exe, range, out);
	} else if (!strncmp(packet, "qXfer:siginfo:read::", 20)) {
		if (th && th->info.si_signo)
			gdb_put_piece(out, &th->info, sizeof(th->info), range);
		else
			fputs("E01", out);
	} else if (!strncmp(packet, "qXfer:siginfo:write::", 21)) {
		if (th)
			write_siginfo(th, packet + 21, packet + n, out);
		else
			fputs("E01", out);
	} else if (!strncmp(packet, "qXfer:features:read:", 20)) {
		fputs("E00", out);
	}
}

/* ---- thread-local storage of the program itself: below the thread pointer, as the ABI's variant II has it ---- */

static u64 auxv_value(const struct mm_struct *mm, u64 type)
{
	for (size_t i = 0; i + 1 < AT_VECTOR_SIZE && mm->saved_auxv[i]; i += 2) {
		if (mm->saved_auxv[i] == type)
			return mm->saved_auxv[i + 1];
	}
	return 0;
}

/* Is @module a struct link_map of the program's? Its name is empty; where the others are only libthread_db knows. */
static bool of_program(const struct task_struct *t, u64 module)
{
	u64 name;
	char first;

	if (!auxv_value(t->mm, AT_BASE) || !module)
		return true;
	return mm_peek(t->mm, module + 8, &name, sizeof(name)) == sizeof(name) && mm_peek(t->mm, name, &first, 1) == 1 && !first;
}

void gdb_tls_address(struct task_struct *t, u64 offset, u64 module, FILE *out)
{
	u64 at = auxv_value(t->mm, AT_PHDR), n = min_t(u64, auxv_value(t->mm, AT_PHNUM), 64);
	u64 fs_base = t->cpu_released ? t->regs.fs_base : task_regs(t)->fs_base;
	Elf64_Phdr ph;

	for (u64 i = 0; i < n && of_program(t, module); i++) {
		if (mm_peek(t->mm, at + i * sizeof(ph), &ph, sizeof(ph)) != sizeof(ph) || ph.p_type != PT_TLS)
			continue;
		u64 align = ph.p_align ? ph.p_align : 1;
		u64 size = (ph.p_memsz + align - 1) / align * align;

		fprintf(out, "%lx", fs_base - size + offset);
		return;
	}
	fputs("E01", out);
}
