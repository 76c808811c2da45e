// SPDX-License-Identifier: GPL-2.0-or-later
/* Running a program to where each execution begins. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fuzz/fuzz.h"

/* ---- the first call that has to do with the input ---- */

struct input_watch {
	const char *path;          /* NULL: standard input */
	pid_t pid;                 /* children of the program go their own way */
	bool reached;
	uint64_t nr;
};

/* Which argument is a path that the call looks at, -1: none. */
static int path_argument(uint64_t nr)
{
	switch (nr) {
	case SYS_open: case SYS_stat: case SYS_lstat: case SYS_access: case SYS_creat: case SYS_truncate: case SYS_readlink:
	case SYS_unlink: case SYS_rename: case SYS_link: case SYS_execve: case SYS_chmod: case SYS_getxattr:
		return 0;
	case SYS_openat: case SYS_openat2: case SYS_newfstatat: case SYS_statx: case SYS_faccessat: case SYS_faccessat2:
	case SYS_readlinkat: case SYS_unlinkat: case SYS_renameat: case SYS_renameat2: case SYS_name_to_handle_at:
		return 1;
	default:
		return -1;
	}
}

static bool touches_stdin(const struct ulk_syscall *c)
{
	switch (c->nr) {
	case SYS_read: case SYS_readv: case SYS_pread64: case SYS_preadv: case SYS_preadv2: case SYS_lseek: case SYS_fstat:
	case SYS_ioctl: case SYS_fcntl: case SYS_dup: case SYS_dup2: case SYS_dup3: case SYS_splice: case SYS_recvfrom:
	case SYS_close: case SYS_fadvise64: case SYS_newfstatat: case SYS_statx: case SYS_copy_file_range:
		return c->args[0] == 0;
	case SYS_mmap: case SYS_poll: case SYS_ppoll: case SYS_select: case SYS_pselect6: case SYS_sendfile:
		return c->nr == SYS_mmap ? !(c->args[3] & 0x20) && c->args[4] == 0 : c->nr != SYS_sendfile || c->args[1] == 0;
	case SYS_epoll_ctl:
		return c->args[2] == 0;
	default:
		return false;
	}
}

static void look_for_input(struct ulk_machine *m, struct ulk_syscall *c, void *arg)
{
	struct input_watch *w = arg;
	char path[4096];
	int i = w->path ? path_argument(c->nr) : -1;

	if (w->reached || getpid() != w->pid)
		return;
	if (i >= 0)
		w->reached = !ulk_read_string(m, c->args[i], path, sizeof(path)) && !strcmp(path, w->path);
	else
		w->reached = !w->path && touches_stdin(c);
	if (!w->reached)
		return;
	w->nr = c->nr;
	c->skip = true;
	c->result = 0;
	ulk_stop(m);
}

static int reach_input(const struct fuzz *f, struct ulk_machine *m, struct ulk_result *result)
{
	const struct ulk_callbacks callbacks = {.syscall_enter = look_for_input};
	struct input_watch w = {.path = f->input, .pid = getpid()};
	struct ulk_watch *watch;
	struct ulk_regs r;
	int err = ulk_watch(m, &callbacks, &w, &watch);

	if (err)
		return err;
	err = ulk_run(m, result);
	ulk_unwatch(m, watch);
	if (err || result->end != ULK_END_STOPPED)
		return err;
	/* The call was not made; it is when the program goes on: back to in front of the instruction. */
	err = ulk_get_regs(m, &r);
	r.rip -= 2;
	r.rax = w.nr;
	return err ? err : ulk_set_regs(m, &r);
}

/* ---- others ---- */

/* Where the C library has finished its own start; or (there are no symbols) the dynamic linker its work. */
static int break_at_main(struct ulk_machine *m)
{
	struct ulk_mm mm;
	char entry[24];
	int err = ulk_break_at(m, "main");

	if (!err || ulk_get_mm(m, &mm))
		return err;
	for (const uint64_t *auxv = mm.saved_auxv; auxv[0]; auxv += 2) {
		if (auxv[0] != AT_ENTRY)
			continue;
		snprintf(entry, sizeof(entry), "0x%lx", (unsigned long)auxv[1]);
		return ulk_break_at(m, entry);
	}
	return err;
}

int fuzz_reach(const struct fuzz *f, struct ulk_machine *m, const char **why)
{
	struct ulk_result result;
	int err;

	*why = "the program ended before it came there";
	if (f->at && !strcmp(f->at, "entry"))
		return 0;
	if (f->at && !strcmp(f->at, "input")) {
		err = reach_input(f, m, &result);
	} else {
		err = f->at ? ulk_break_at(m, f->at) : break_at_main(m);
		if (!err)
			err = ulk_run(m, &result);
	}
	if (!err && result.end != ULK_END_BREAK && result.end != ULK_END_STOPPED)
		return -ESRCH;
	/* Each run begins there: it would cost more than the rest of a short one. */
	if (!err)
		err = ulk_break_at(m, NULL);
	if (err)
		*why = ulk_machine_error(m);
	return err;
}
