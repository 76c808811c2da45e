// SPDX-License-Identifier: GPL-2.0-or-later
/* Making and ending machines and tasks. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>
#include "kernel/ahead.h"
#include "kernel/aio.h"
#include "kernel/determin.h"
#include "kernel/engine.h"
#include "kernel/errand.h"
#include "kernel/fds.h"
#include "kernel/files.h"
#include "kernel/posix_timers.h"
#include "kernel/seccomp.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/robust.h"
#include "kernel/thread.h"
#include "kernel/usage.h"

/* Limits of the host process that would starve ulk itself; the guest's own are kept in signal->rlim. */
static void lift_own_limits(void)
{
	static const int which[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK};

	for (size_t i = 0; i < ARRAY_SIZE(which); i++) {
		struct rlimit r, up;

		if (getrlimit(which[i], &r) || r.rlim_cur == RLIM_INFINITY)
			continue;
		up = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
		if (setrlimit(which[i], &up)) {
			up = (struct rlimit){r.rlim_max, r.rlim_max};
			setrlimit(which[i], &up);
		}
	}
}

int ulk_create(const struct ulk_options *opt, const struct ulk_hooks *hooks, struct ulk **out, const char **why)
{
	struct ulk *ulk = calloc(1, sizeof(*ulk));
	struct stat self;
	int err;

	*why = NULL;
	if (!ulk)
		return -ENOMEM;
	ulk->opt = *opt;
	ulk->hooks = *hooks;
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit(i, &ulk->host_rlim[i]);
	if (getrandom(&ulk->cookie, sizeof(ulk->cookie), 0) < 0)
		ulk->cookie = (u64)(uintptr_t)ulk;
	ulk->fd_floor = fds_choose_floor();
	if (!stat("/proc/self/exe", &self)) {
		ulk->self_dev = self.st_dev;
		ulk->self_ino = self.st_ino;
	}
	lift_own_limits();
	err = phys_create(&ulk->phys, opt->memory, ulk->fd_floor);
	if (!err)
		ulk->phys->soft_dirty = opt->soft_dirty;
	if (err) {
		*why = "cannot reserve guest memory";
		goto fail;
	}
	ulk->sched = sched_create();
	err = ulk->sched ? engine_attach(ulk, why) : -ENOMEM;
	if (err)
		goto fail;
	*out = ulk;
	return 0;
fail:
	ulk_destroy(ulk);
	return err;
}

void ulk_destroy(struct ulk *ulk)
{
	if (!ulk)
		return;
	while (ulk->tasks)
		task_free(ulk->tasks);
	ahead_exit(ulk);
	usage_exit(ulk);
	errand_exit(ulk);
	robust_done(ulk);
	engine_detach(ulk);
	det_destroy(ulk);
	sched_destroy(ulk->sched);
	if (ulk->phys)
		phys_destroy(ulk->phys);
	free(ulk);
}

static u64 read_sysctl(const char *path, u64 fallback)
{
	char buf[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return fallback;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return fallback;
	buf[n] = '\0';
	return strtoull(buf, NULL, 10);
}

/* A capability (CAP_*) in the effective set of the host process. */
static bool host_capable(int cap)
{
	struct { u32 version; int pid; } header = {0x20080522, 0};
	struct { u32 effective, permitted, inheritable; } data[2] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[cap / 32].effective & (1U << cap % 32);
}

void task_creds_changed(struct task_struct *t)
{
	struct mm_env *env = &t->signal->mm_env;

	env->root = geteuid() == 0;
	env->capable_ipc_lock = host_capable(CAP_IPC_LOCK);
	env->dac_mmap_min_addr =
		host_capable(CAP_SYS_RAWIO) ? 0 : read_sysctl("/proc/sys/vm/mmap_min_addr", 65536);
}

void task_faults(struct task_struct *t, bool thread, u64 *minor, u64 *major)
{
	/* Those of the present call are still the mm's. */
	if (t->mm)
		mm_take_faults(t->mm, &t->min_flt, &t->maj_flt);
	*minor = t->min_flt;
	*major = t->maj_flt;
	if (thread)
		return;
	*minor += t->signal->min_flt;
	*major += t->signal->maj_flt;
	for (const struct task_struct *p = t->ulk->tasks; p; p = p->next) {
		if (p == t || p->signal != t->signal)
			continue;
		*minor += p->min_flt;
		*major += p->maj_flt;
	}
}

/* What of the memory goes into a core file: inherited, as the host process has it. */
static unsigned long dump_filter(void)
{
	char text[16];

	return host_read_text("/proc/self/coredump_filter", text, sizeof(text)) > 0 ? strtoul(text, NULL, 16) : MMF_DUMP_FILTER_DEFAULT >> MMF_DUMP_FILTER_SHIFT;
}

/* vm_commit_limit(), as the host shows it, and the reserves of __vm_enough_memory(). */
static void init_commit_limit(struct mm_env *env)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kib = 0, admin = read_sysctl("/proc/sys/vm/admin_reserve_kbytes", 8192);
	char line[128];

	while (f && fgets(line, sizeof(line), f) && sscanf(line, "CommitLimit: %lu", &kib) != 1)
		;
	if (f)
		fclose(f);
	if (host_capable(CAP_SYS_ADMIN))
		admin = 0;
	env->commit_limit_pages = (kib - min_t(u64, kib, admin)) >> (PAGE_SHIFT - 10);
	env->user_reserve_pages =
		read_sysctl("/proc/sys/vm/user_reserve_kbytes", 131072) >> (PAGE_SHIFT - 10);
}

static void init_mm_env(struct ulk *ulk, struct signal_struct *sig)
{
	struct mm_env *env = &sig->mm_env;
	struct sysinfo si;

	env->rlim = sig->rlim;
	env->init_flags = dump_filter() << MMF_DUMP_FILTER_SHIFT;
	env->max_map_count = (int)read_sysctl("/proc/sys/vm/max_map_count", 65530);
	/* Two limits in the kernel: the second one, CONFIG_LSM_MMAP_MIN_ADDR, cannot be read; x86's default. */
	env->dac_mmap_min_addr = read_sysctl("/proc/sys/vm/mmap_min_addr", 65536);
	env->mmap_min_addr = max_t(u64, env->dac_mmap_min_addr, 65536);
	if (host_capable(CAP_SYS_RAWIO))
		env->dac_mmap_min_addr = 0;
	env->rss_batch = (int)max_t(long, 32, 2 * sysconf(_SC_NPROCESSORS_ONLN));
	env->overcommit_memory = (int)read_sysctl("/proc/sys/vm/overcommit_memory", 0);
	env->root = geteuid() == 0;
	env->capable_ipc_lock = host_capable(CAP_IPC_LOCK);
	env->aslr_seed = ulk->opt.aslr ? ulk->opt.aslr_seed : 0;
	if (sysinfo(&si) == 0) {
		u64 unit = si.mem_unit ? si.mem_unit : 1;

		env->total_ram_pages = (si.totalram * unit + si.totalswap * unit) >> PAGE_SHIFT;
	}
	if (env->overcommit_memory == 2)
		init_commit_limit(env);
}

static void inherit_from_host(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	struct timespec now;
	u64 mask = 0;

	memcpy(sig->rlim, t->ulk->host_rlim, sizeof(sig->rlim));
	init_mm_env(t->ulk, sig);
	host_signals_inherit(sig);
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof(mask));
	t->blocked = mask;
	t->personality = (u32)personality(0xffffffff);
	/* Whether the guest is randomised is ulk's option; a referee under setarch -R says the same. */
	if (t->ulk->opt.aslr)
		t->personality &= ~ADDR_NO_RANDOMIZE;
	else
		t->personality |= ADDR_NO_RANDOMIZE;
	sig->mm_env.personality = t->personality;
	if (task_clock(t, CLOCK_BOOTTIME, &now) == 0)
		sig->start_time_ns = (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

int task_create_init(struct ulk *ulk, struct task_struct **out)
{
	struct task_struct *t = calloc(1, sizeof(*t));
	struct signal_struct *sig = calloc(1, sizeof(*sig));
	struct files_struct *files = files_create();

	if (!t || !sig || !files) {
		free(t);
		free(sig);
		if (files)
			files_put(files);
		return -ENOMEM;
	}
	t->ulk = ulk;
	t->signal = sig;
	t->files = files;
	sig->refcount = sig->nr_threads = 1;
	sig->ulk = ulk;
	t->pid = (int)HOST(SYS_getpid);
	t->tid = (int)HOST(SYS_gettid);
	t->orig_rax = (u64)-1;
	t->vfork_fd = t->vfork_wait_fd = t->vfork_pidfd = -1;
	inherit_from_host(t);
	t->next = ulk->tasks;
	ulk->tasks = t;
	ulk->main_task = t;
	if (ulk->det && det_attach(t))
		return -EAGAIN;
	host_signals_attach(t);
	/* Death by a signal comes in a turn, as all else. */
	if (ulk->det)
		host_signals_take_deaths(t);
	for (int s = 1; ulk->opt.observe_signals && s <= ULK_NSIG; s++)
		host_signal_mirror(t, s);
	*out = t;
	return 0;
}

void task_unlink(struct task_struct *t)
{
	for (struct task_struct **p = &t->ulk->tasks; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
}

void task_free(struct task_struct *t)
{
	struct ulk *ulk = t->ulk;

	task_unlink(t);
	host_signals_detach(t);
	if (t->tid == (int)HOST(SYS_gettid))
		robust_withdraw(t);
	if (t->mm) {
		engine_leave_mm(ulk, t->mm);
		mmput(t->mm);
	}
	if (--t->signal->refcount == 0) {
		exit_itimers(t->signal);
		exit_aio(t->signal);
		host_signals_give_back(t->signal);
		seccomp_free(t->signal);
		free(t->signal);
	}
	files_put(t->files);
	free(t);
}

void do_group_exit(struct task_struct *t, int exit_code)
{
	if (t->signal->exiting)
		return;
	threads_release_mm(t);
	vfork_done(t);
	ahead_report(t, false);
	usage_note(t);
	t->signal->exit_code = exit_code;
	t->signal->exiting = true;
	threads_kick(t);
}
