// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A snapshot in a file: a header with the length and a sum of what follows, then process, memory and descriptors, one after the
 * other (mm/stream.h). The file may have gone through anybody's hands: what a register, a mask or a mapping may be is
 * asked here as it is of a program.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/engine.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/snapshot_internal.h"

#define MAGIC "ULKSNAP"
#define VERSION 1UL
#define USER_FLAGS 0x254dd5UL /* of RFLAGS: what a program may change itself */
#define MXCSR_BITS 0xffffU
#define MAX_SIZE (1UL << 40)

struct header {
	char magic[8];
	u64 version, vdso, size, sum; /* size and sum: of what follows the header */
};

static int fail(char *why, int err, const char *what)
{
	snprintf(why, TASK_SNAPSHOT_WHY, "%s", what);
	return err;
}

/* ---- the process ---- */

#define TASK_FIELDS(F)                                                                                                        \
	F(blocked) F(saved_sigmask) F(sas.ss_sp) F(sas.ss_size) F(cr2) F(trapno) F(error_code) F(orig_rax) F(set_child_tid)   \
	F(clear_child_tid) F(robust_list) F(robust_list_len) F(rseq) F(rseq_len) F(rseq_sig) F(min_flt) F(maj_flt)           \
	F(personality) F(dispatch.offset) F(dispatch.len) F(dispatch.selector)

static int refuse(const struct task_snapshot *s, char *why)
{
	if (s->task.seccomp_mode)
		return fail(why, -EOPNOTSUPP, "a seccomp filter cannot be saved");
	if (s->signal.nr_posix_timers)
		return fail(why, -EOPNOTSUPP, "timers of timer_create() cannot be saved");
	if (s->task.restart_fn && s->task.regs.rax == SYS_restart_syscall)
		return fail(why, -EOPNOTSUPP, "the program stands within an interrupted call that is to go on");
	return 0;
}

static void write_task(const struct task_snapshot *s, struct stream_out *out)
{
	const struct task_struct *t = &s->task;

	put_bytes(out, &t->regs, offsetof(struct cpu_regs, cs));
	put_bytes(out, &s->fx, sizeof(s->fx));
	put_bytes(out, t->comm, sizeof(t->comm));
#define PUT(field) put_u64(out, t->field);
	TASK_FIELDS(PUT)
#undef PUT
	put_u64(out, (u64)t->restore_sigmask | (u64)t->dispatch.on << 1 | (u64)(u32)t->sas.ss_flags << 32);
	put_bytes(out, s->signal.action, sizeof(s->signal.action));
	put_bytes(out, s->signal.rlim, sizeof(s->signal.rlim));
	put_u64(out, s->signal.maxrss);
}

static bool canonical(u64 addr)
{
	return addr < TASK_SIZE_MAX;
}

static int read_regs(struct task_struct *t, struct stream_in *in, char *why)
{
	struct cpu_regs regs = {.cs = 0x33, .ss = 0x2b};

	get_into(in, &regs, offsetof(struct cpu_regs, cs));
	get_into(in, &t->fx, sizeof(t->fx));
	if (in->bad || !canonical(regs.fs_base) || !canonical(regs.gs_base) || !canonical(regs.rip) || t->fx.mxcsr & ~MXCSR_BITS)
		return fail(why, -EINVAL, "the registers are none that a program can have");
	regs.rflags = (regs.rflags & USER_FLAGS) | 0x202;
	t->fx.mxcsr_mask = 0xffff;
	t->regs = regs;
	return 0;
}

static int read_signals(struct task_struct *t, struct stream_in *in, char *why)
{
	struct signal_struct *sig = t->signal;
	struct k_sigaction action[ULK_NSIG + 1];
	struct rlimit rlim[RLIM_NLIMITS];

	get_into(in, action, sizeof(action));
	get_into(in, rlim, sizeof(rlim));
	sig->maxrss = get_u64(in);
	if (in->bad)
		return fail(why, -EINVAL, "the file ends too early");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		/* A limit that was given up does not come back with a file. */
		if (rlim[i].rlim_cur > rlim[i].rlim_max)
			return fail(why, -EINVAL, "a limit is above itself");
		sig->rlim[i].rlim_max = min_t(u64, rlim[i].rlim_max, sig->rlim[i].rlim_max);
		sig->rlim[i].rlim_cur = min_t(u64, rlim[i].rlim_cur, sig->rlim[i].rlim_max);
		limit_to_host(t, i);
	}
	for (int i = 1; i <= ULK_NSIG; i++) {
		if (i == SIGKILL || i == SIGSTOP || !memcmp(&sig->action[i], &action[i], sizeof(action[i])))
			continue;
		action[i].mask &= ~SIG_KERNEL_ONLY;
		sig->action[i] = action[i];
		host_signal_mirror(t, i);
	}
	return 0;
}

static int read_task(struct task_struct *t, struct stream_in *in, char *why)
{
	u64 bits, blocked;
	int err = read_regs(t, in, why);

	if (err)
		return err;
	blocked = t->blocked;
	get_into(in, t->comm, sizeof(t->comm));
	t->comm[sizeof(t->comm) - 1] = '\0';
#define GET(field) t->field = (__typeof__(t->field))get_u64(in);
	TASK_FIELDS(GET)
#undef GET
	bits = get_u64(in);
	t->restore_sigmask = bits & 1;
	t->dispatch.on = bits >> 1 & 1;
	t->sas.ss_flags = (int)(bits >> 32);
	if (in->bad || bits & 0xfffffffcUL || (u32)t->sas.ss_flags & ~(1u << 31 | 7u) || t->robust_list_len > 1 << 16 ||
	    t->rseq_len > 1 << 16 || (t->rseq && (t->rseq & 31 || t->rseq_len < 32)) || !canonical(t->rseq) ||
	    !canonical(t->robust_list))
		return fail(why, -EINVAL, "the process's fields contradict each other");
	t->personality &= 0x0fff00ff | 0xf000000;
	t->saved_sigmask &= ~SIG_KERNEL_ONLY;
	bits = t->blocked & ~SIG_KERNEL_ONLY;
	t->rseq_event = true;
	t->rseq_cpu = -1;
	/* The host thread of an embedded guest has the guest's mask only while it runs. */
	t->blocked = bits;
	if (!t->ulk->opt.embedded) {
		t->blocked = blocked;
		set_current_blocked(t, bits);
	}
	return read_signals(t, in, why);
}

/* ---- memory ---- */

static int read_mm(struct task_struct *t, struct stream_in *in, char *why)
{
	struct mm_struct *mm = mm_alloc(t->ulk->phys, &t->signal->mm_env);
	int err;

	if (!mm)
		return -ENOMEM;
	err = mm_snapshot_read(mm, in, vdso_mapping, why);
	if (err) {
		mmput(mm);
		return err;
	}
	binfmt_resume(mm);
	t->mm = mm;
	mm->owner = t;
	t->signal->did_exec = true;
	engine_enter_mm(t);
	cpu_power_on(t->ulk->cpu);
	cpu_set_fxstate(t->ulk->cpu, &t->fx);
	t->regs_valid = t->regs_dirty = true;
	sched_loaded(t);
	if (!t->ulk->opt.embedded) {
		HOST(SYS_prctl, PR_SET_DUMPABLE, mm->flags & MMF_DUMPABLE_MASK);
		HOST(SYS_prctl, PR_SET_NAME, t->comm);
		proctitle_publish(t);
	}
	return 0;
}

/* ---- the file ---- */

static int write_all(struct task_snapshot *s, FILE *file, char *why)
{
	struct header h = {.magic = MAGIC, .version = VERSION, .vdso = vdso_sum()};
	struct stream_out out = {.file = file};
	int err;

	fwrite(&h, sizeof(h), 1, file);
	put_text(&out, ULK_VERSION_STRING);
	write_task(s, &out);
	err = mm_snapshot_write(s->mm, &out, why);
	if (!err)
		err = fds_snapshot_write(s->fds, &out, why);
	if (err)
		return err;
	h.size = out.size;
	h.sum = out.sum;
	errno = EIO;
	if (!fflush(file) && !ferror(file) && !fseek(file, 0, SEEK_SET) && fwrite(&h, sizeof(h), 1, file) == 1 && !fflush(file))
		return 0;
	err = -errno;
	snprintf(why, TASK_SNAPSHOT_WHY, "the file cannot be written: %s", strerror(-err));
	return err;
}

int task_snapshot_write(struct task_snapshot *s, const char *path, char *why)
{
	int err, fd;
	FILE *file;
	char *temp;

	why[0] = '\0';
	err = refuse(s, why);
	if (err)
		return err;
	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temp, O_CLOEXEC);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
	} else {
		err = write_all(s, file, why);
		if (fclose(file) && !err)
			err = -errno;
		if (!err && rename(temp, path))
			err = -errno;
	}
	if (err && fd >= 0)
		unlink(temp);
	free(temp);
	return err;
}

/* The whole of it, checked as far as a sum can. */
static int read_whole(const char *path, u8 **data, struct stream_in *in, char *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct header h;
	struct stat st;
	u64 done = 0;
	ssize_t n;

	*data = NULL;
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
	} else if (!S_ISREG(st.st_mode) || read(fd, &h, sizeof(h)) != sizeof(h) || memcmp(h.magic, MAGIC, sizeof(h.magic))) {
		err = fail(why, -EINVAL, "this is not a snapshot's file");
	} else if (h.version != VERSION || h.vdso != vdso_sum()) {
		err = fail(why, -EINVAL, "another version of ulk wrote it");
	} else if (h.size > MAX_SIZE || h.size != (u64)st.st_size - sizeof(h)) {
		err = fail(why, -EINVAL, "the file is not complete");
	} else if (!(*data = malloc(h.size + 1))) {
		err = -ENOMEM;
	}
	for (; !err && done < h.size; done += (u64)n) {
		n = read(fd, *data + done, h.size - done);
		if (n <= 0)
			err = fail(why, n < 0 ? -errno : -EINVAL, "the file cannot be read");
	}
	if (!err && stream_sum(0, *data, h.size) != h.sum)
		err = fail(why, -EINVAL, "the file is damaged");
	if (fd >= 0)
		close(fd);
	*in = (struct stream_in){.at = *data, .left = err ? 0 : h.size};
	return err;
}

int task_snapshot_read(struct task_struct *t, const char *path, char *why)
{
	struct stream_in in;
	char version[64];
	u8 *data;
	int err;

	why[0] = '\0';
	err = read_whole(path, &data, &in, why);
	if (!err && (get_text(&in, version, sizeof(version)) < 0 || strcmp(version, ULK_VERSION_STRING)))
		err = fail(why, -EINVAL, "another version of ulk wrote it");
	if (!err)
		err = read_task(t, &in, why);
	if (!err)
		err = read_mm(t, &in, why);
	if (!err)
		err = fds_snapshot_read(t, &in, why);
	if (!err && (in.bad || in.left))
		err = fail(why, -EINVAL, "the file goes on behind its end");
	free(data);
	if (err && t->mm) {
		engine_leave_mm(t->ulk, t->mm);
		mmput(t->mm);
		t->mm = NULL;
	}
	return err;
}
