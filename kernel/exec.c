// SPDX-License-Identifier: GPL-2.0-or-later
/* execve, the task's side: the loader builds a new mm, this puts it in place of the old. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "kernel/ahead.h"
#include "kernel/engine.h"
#include "kernel/fds.h"
#include "kernel/aio.h"
#include "kernel/posix_timers.h"
#include "kernel/rseq.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/thread.h"

#define CPUID7_EBX_FSGSBASE (1U << 0)
#define HWCAP2_FSGSBASE     (1UL << 1)

static void fill_random(const struct task_struct *t, u8 bytes[16])
{
	/* A given seed repeats the whole run's placement, so it repeats these as well. */
	if (t->ulk->opt.aslr && t->ulk->opt.aslr_seed) {
		u64 x = t->ulk->opt.aslr_seed;
		for (int i = 0; i < 16; i++) {
			x = x * 6364136223846793005UL + 1442695040888963407UL;
			bytes[i] = (u8)(x >> 56);
		}
		return;
	}
	if (t->ulk->det)
		det_random(t->ulk, bytes, 16);
	else if (getrandom(bytes, 16, 0) != 16)
		memset(bytes, 0, 16);
}

static void fill_bprm(struct task_struct *t, struct linux_binprm *bprm)
{
	u32 leaf[4];

	bprm->phys = t->ulk->phys;
	bprm->env = &t->signal->mm_env;
	bprm->uid = getuid();
	bprm->euid = geteuid();
	bprm->gid = getgid();
	bprm->egid = getegid();
	bprm->secure = false; /* set-id programs run without their privilege, as under a debugger */
	cpu_cpuid(t->ulk->cpu, 1, 0, leaf);
	bprm->hwcap = leaf[3];
	cpu_cpuid(t->ulk->cpu, 7, 0, leaf);
	bprm->hwcap2 = leaf[1] & CPUID7_EBX_FSGSBASE ? HWCAP2_FSGSBASE : 0;
	bprm->minsigstksz = sigframe_max_size();
	fill_random(t, bprm->at_random);
}

static void close_if_cloexec(u64 fd)
{
	if (HOST(SYS_fcntl, fd, F_GETFD) == FD_CLOEXEC)
		HOST(SYS_close, fd);
}

/*
 * The guest's descriptors that end with its program; ulk's own, all close-on-exec for the case that the
 * host's execve is called, stay.
 */
static void close_on_exec(struct task_struct *t)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;

	if (!dir) {
		u32 end = fd_limit(t);

		for (u32 fd = 0; fd < end; fd++)
			if (fd_visible(t, fd))
				close_if_cloexec(fd);
		return;
	}
	while ((de = readdir(dir))) {
		long fd = de->d_name[0] == '.' ? -1 : atol(de->d_name);

		if (fd >= 0 && fd_visible(t, (u64)fd) && fd != dirfd(dir))
			close_if_cloexec((u64)fd);
	}
	closedir(dir);
}

int do_execve(struct task_struct *t, const char *filename, int fd, char *const argv[], char *const envp[],
	      char *why, int *fatal_signo)
{
	struct linux_binprm bprm = {.filename = filename, .fd = fd, .argv = argv, .envp = envp};
	struct cpu_regs regs = {.cs = 0x33, .ss = 0x2b, .rflags = 0x202};
	int err;

	*fatal_signo = 0;
	fill_bprm(t, &bprm);
	err = load_program(&bprm, fatal_signo);
	if (why) {
		strncpy(why, bprm.why, sizeof(bprm.why) - 1);
		why[sizeof(bprm.why) - 1] = '\0';
	}
	free(bprm.interp_name);
	if (err)
		return err;

	de_thread(t);
	if (t->mm) {
		mm_release(t);
		vfork_done(t);
		ahead_report(t, true);
		update_hiwater_rss(t->mm);
		t->signal->maxrss = max_t(u64, t->signal->maxrss, t->mm->hiwater_rss);
		/* While the engine still listens: it must forget the code of pages that are now freed. */
		if (__atomic_load_n(&t->mm->mm_users, __ATOMIC_ACQUIRE) == 1)
			exit_mmap(t->mm);
		exit_itimers(t->signal);
		if (t->ulk->det)
			det_timers_exec(t);
		exit_aio(t->signal);
		t->signal->keys_stale = true;
		/* A program does not share its table with another process. */
		unshare_files(t);
		close_on_exec(t);
		engine_leave_mm(t->ulk, t->mm);
		mmput(t->mm);
	}
	t->mm = bprm.mm;
	t->mm->owner = t;
	t->signal->did_exec = true;
	memcpy(t->comm, bprm.comm, sizeof(t->comm));
	if (!t->ulk->opt.embedded) {
		prctl(PR_SET_DUMPABLE, t->mm->flags & MMF_DUMPABLE_MASK);
		prctl(PR_SET_NAME, t->comm);   /* the host's ps and /proc show the guest's name */
		proctitle_publish(t);
	}
	engine_enter_mm(t);
	cpu_power_on(t->ulk->cpu);
	regs.rip = bprm.entry;
	regs.rsp = bprm.sp;
	t->regs = regs;
	t->regs_valid = t->regs_dirty = true;
	t->orig_rax = (u64)-1;
	t->clear_child_tid = t->set_child_tid = 0;
	t->dispatch.on = false;
	t->robust_list = t->robust_list_len = 0;
	rseq_forget(t);
	t->cr2 = t->trapno = t->error_code = 0;
	signals_exec(t);
	sched_loaded(t);
	t->hand_over = t->ulk->main_task && t != t->ulk->main_task;
	return 0;
}
