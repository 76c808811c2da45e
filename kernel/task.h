/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task: what a process is. struct ulk is one emulated machine; a signal_struct one process (thread
 * group); a task_struct one guest thread. Nothing here is global: a test may hold ten ulks.
 *
 * Arrows: kernel/ knows loader/, cpu/ and mm/. What lies above (system-call rows, procfs, tracing) is
 * reached through the function pointers in struct ulk_hooks.
 */
#ifndef ULK_KERNEL_TASK_H
#define ULK_KERNEL_TASK_H

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include "cpu/cpu.h"
#include "loader/binfmt.h"
#include "mm/mm.h"
#include "mm/uaccess.h"

struct task_struct;
struct ulk;

/* Error codes that never reach the guest; the signal code turns them into EINTR or a restart. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

#define ULK_NSIG 64

/* The kernel's sigaction on x86-64, as rt_sigaction passes it. */
struct k_sigaction {
	u64 handler;       /* SIG_DFL 0, SIG_IGN 1, or an address */
	u64 flags;         /* SA_* incl. SA_RESTORER 0x04000000 */
	u64 restorer;
	u64 mask;
};

/* What an `ulk` invocation asked for; filled by the command line or a library user. */
struct ulk_options {
	u64 memory;                /* bytes of guest frames, 0 = host RAM */
	bool verbose;
	bool aslr;
	u64 aslr_seed;
	bool exec_native;          /* programs that the guest executes run on the host itself */
	bool embedded;             /* the host process is not the guest's alone: a user of the library */
	bool check_mm;             /* run mm_check after every system call */
	enum soft_dirty soft_dirty;
	u64 observe_signals;       /* signals (bit signo-1) that pass through ulk even where the host would ignore
				      them, or kill or stop the process, by itself */
};

enum fork_stage { FORK_BEFORE, FORK_PARENT, FORK_VFORK_DONE, FORK_CHILD };

/* Upward calls, given by libulk when it makes a struct ulk. Any may be NULL. */
struct ulk_hooks {
	/* Carry out one system call (syscalls/table.c). Returns the result or -errno / -ERESTART*. */
	s64 (*syscall)(struct task_struct *t, u64 nr, const u64 args[6]);
	/* The process has ended and this host thread must end it, for there is none to return to (a child that
	 * a thread forked). Does not return. */
	void (*end_process)(struct task_struct *t);
	/* True when the call may be answered inside the engine. */
	bool (*syscall_is_fast)(u64 nr);
	/* A descriptor that another process put into the table: when it is a file that ulk makes, register it (kernel/files.h).
	 * 0 or -errno. */
	int (*adopt_file)(struct task_struct *t, int fd);
	/* A signal is about to have its effect on @t, whatever that is (needs opt.observe_signals). */
	void (*signal)(struct task_struct *t, const siginfo_t *info);
	/* A deterministic run: a signal that no process of it sent is about to be delivered (kernel/determin.h). An interrupted call's
	 * result is in regs.rax. */
	void (*signal_from_outside)(struct task_struct *t, const siginfo_t *info);
	/* Asked before each return to guest code, once before signals are delivered and once after: true ends the run
	 * with RUN_BREAK. */
	bool (*want_stop)(struct task_struct *t, bool signals_delivered);
	/* Code is executed for the first time, once cpu_watch_new_code() was called: inside the engine, touch nothing of it. */
	void (*new_block)(struct task_struct *t, u64 pc, u32 size);
	/* The engine was left, for whatever reason; task_regs() are those of the guest then, behind a system call with its
	 * result. */
	void (*left_engine)(struct task_struct *t, const struct cpu_exit *exit);
	/* The thread runs no more guest code. */
	void (*task_end)(struct task_struct *t);
	/* In the place of cpu_run(), for a debugger: breaks and steps are its own affair, it reports CPU_EXIT_STEP. */
	void (*run)(struct task_struct *t, struct cpu_exit *exit);
	/* Of a page that may be accessed so: may the engine do it by itself? May take some of @perms away. False: the run ends
	 * with a fault, which is for hooks.run to settle. */
	bool (*admit)(struct task_struct *t, u64 page, enum cpu_access access, u8 *perms);
	/* A signal is about to be delivered: false drops it. May change @info, its number included. */
	bool (*filter_signal)(struct task_struct *t, siginfo_t *info);
	/* Around the fork of a process; @pid: of the new one, or -errno. In the child, when it is set up. */
	void (*fork)(struct task_struct *t, enum fork_stage stage, u64 flags, s64 pid);
};

#define AHEAD_FILES 24

/* What children of this process translated and its next ones need not; see kernel/ahead.h. */
struct ahead {
	struct code_board *board;          /* of this program and the children it forks; NULL: has not forked */
	struct code_board *report;         /* where to note what was translated; NULL: nowhere */
	bool own_program;                  /* execve since the fork: the memory is not that of the report */
	u32 done;                          /* notes of the board that were looked at */
	struct file *files[AHEAD_FILES];   /* of the board that are ready, by their numbers there */
};

struct ulk {
	struct ulk_options opt;
	struct ulk_hooks hooks;
	struct phys *phys;
	struct cpu *cpu;
	struct mm_struct *mmlist;          /* all mms */
	struct task_struct *tasks;         /* all tasks of this host process */
	int fd_floor;                      /* below it no descriptor is ulk's own */
	dev_t self_dev;                    /* the program of the host process: ulk, or a user of the library; */
	ino_t self_ino;                    /* /proc/self/exe of the host is not the guest's */
	struct rlimit host_rlim[RLIM_NLIMITS];   /* as ulk was started: what the guest inherits */
	struct determin *det;              /* NULL: not a run that repeats */
	void *owner;                       /* of whoever made it, for the hooks */
	void *observer;                    /* of observe/, for the hooks */
	struct stop *stop;                 /* the same: where the run is to stop (observe/stop.h) */
	bool own_place;                    /* embedded: its working directory is not the host program's */
	u64 fd_calls;                      /* system calls so far that may have changed descriptors */
	siginfo_t held[16];                /* embedded: the guest's signals that wait while it does not run */
	u32 nr_held;
	u64 fds_hidden[64];                /* bits: of the embedding program, none of the guest's business */
	u64 fds_made[64];                  /* bits: descriptors the guest made, open or not (kernel/fds.h) */
	u32 host_threads;                  /* of guest threads but the first, till they touch nothing of ours any more */
	struct watch *watches;             /* kernel/watch.h; NULL: nobody watches */
	u32 stop_request;                  /* watch_stop() was called */
	struct sched *sched;               /* who has the CPU */
	struct task_struct *main_task;     /* whose host thread called task_run(); NULL in a child forked by another */
	struct task_struct *stopped;       /* another thread than main_task, at a break: see thread_break() */
	u32 stops_over;                    /* futex: counts those that it went on from */
	u32 main_wake;                     /* futex: the process ends, or main_task has a program to run */
	struct ahead ahead;                /* kernel/ahead.h */
	void *robust_shadow;               /* kernel/robust.h; MAP_FAILED: not to be had */
	struct usage *usage_board, *usage; /* kernel/usage.h: all slots, and this process's own */
	struct errand_board *errands;      /* kernel/errand.h; NULL: has not forked */
	bool usage_unnamed;                /* children are known by other pids to themselves: they have none */
	struct engine_notifier *notifier;  /* tells the engine what the mm changed */
	FILE *log;                         /* where messages to the user go (stderr) */
	u64 cookie;                        /* the same in all processes that come from this one by fork, and in no other */
	void *title;                       /* copy of the guest's arguments for the host, see proctitle_publish() */
	u64 title_len;
	char vsyscall_line[112];           /* procfs: the host's [vsyscall] line of maps; "" not read yet, "-" none */
};

/* One process. */
struct signal_struct {
	u32 refcount;
	struct ulk *ulk;
	struct rlimit rlim[RLIM_NLIMITS];  /* the guest's own limits; RLIMIT_NOFILE etc. mirrored to the host
					      where the host must enforce them */
	struct mm_env mm_env;
	struct k_sigaction action[ULK_NSIG + 1];
	bool did_exec;                     /* no longer what fork made: clears PF_FORKNOEXEC in stat */
	bool exiting;
	bool deaths_taken;                 /* see host_signals_take_deaths() */
	int nr_threads;                    /* that run guest code or wait to */
	int leader_exit_code;              /* of the leader's own exit, while other threads go on */
	struct task_struct *execer;        /* its execve waits for all others to end */
	int exit_code;                     /* as wait(2) shows it: status << 8, or signo */
	int *posix_timers;                 /* ids of timer_create, see kernel/posix_timers.h */
	u32 nr_posix_timers;
	u64 min_flt, maj_flt;              /* of threads that have ended */
	u64 maxrss;                        /* pages: the most that earlier programs of the process had (execve) */
	u64 cmin_flt, cmaj_flt, cmaxrss;   /* of children that were waited for */
	struct kioctx *ioctx_table;        /* contexts of asynchronous I/O: kernel/aio.h */
	bool keys_stale;                   /* execve since: syscalls/keys.c */
	u8 keys_hidden;                    /* keyrings that are the host's only */
	struct seccomp_filter *seccomp_all; /* every filter that a thread of it attached */
	u64 start_time_ns;                 /* CLOCK_BOOTTIME at exec, for stat field 22 */
};

/* Descriptors the kernel treats specially (procfs text, ...), by guest number. */
struct files_struct {
	u32 refcount;
	bool shared;                       /* other processes had, or have, the same table: there may be more than we know */
	u32 nr_special;
	struct special_fd *special;        /* small array, see kernel/files.h */
};

struct task_struct {
	struct task_struct *next;
	struct ulk *ulk;
	struct signal_struct *signal;
	struct files_struct *files;
	struct mm_struct *mm;
	int pid, tid;                      /* the host's */
	char comm[16];

	struct cpu_regs regs;              /* of the task outside cpu_run(); reach them through task_regs() */
	bool regs_valid;                   /* regs were read from the engine since it stopped */
	bool must_notify;                  /* a call was interrupted: do_notify_resume() even without a signal */
	bool regs_dirty;                   /* regs must be written to the engine before it runs */

	/* signals */
	u64 blocked;                       /* bit (signo-1) */
	u64 saved_sigmask;                 /* sigsuspend, ppoll, ...: restored after the handler's frame is built */
	bool restore_sigmask;
	struct { u64 ss_sp; int ss_flags; u64 ss_size; } sas;
	u32 put_off;                       /* how often in a row system call put_off_nr was, see put_off_call() */
	u64 put_off_nr;
	bool signal_injected;              /* its call is made nevertheless, and ends with -ERESTARTSYS where it would wait */
	u32 sigpending;                    /* set by the host's handler: leave guest code and blocking calls */
	u32 mask_full;                     /* every signal waits in the host, see host_mask_open() */
	bool sync_pending, async_pending;  /* sync_info / async_info hold a signal to deliver */
	siginfo_t sync_info, async_info;
	bool sigbus_held;                  /* a kill(SIGBUS) that must wait: the host never blocks SIGBUS */
	siginfo_t sigbus_info;
	u64 cr2, trapno, error_code;       /* of the last fault, for the frame's sigcontext */
	struct mm_fault fault;             /* what mm_translate said of the last refused access */
	u64 orig_rax;                      /* system-call number, or -1: for restarts */
	s64 (*restart_fn)(struct task_struct *t);   /* restart_syscall */
	u64 restart_data[4];

	int vfork_fd;                      /* closed to wake a vfork parent (kernel/vfork.h); -1: there is none */
	int vfork_wait_fd;                 /* the other end, while this task is such a parent; else -1 */
	int vfork_pidfd;                   /* of the child, if that shares the table of descriptors; else -1 */
	u64 set_child_tid, clear_child_tid, robust_list, robust_list_len;
	/* kernel/robust.h; the first three are the host kernel's struct robust_list_head */
	struct {
		void *next;
		long offset;
		void *pending;
		bool known;                /* to the host */
		bool shown;                /* the list is not empty */
	} host_robust;
	/* kernel/rseq.h */
	u64 rseq;                          /* the registered structure; 0: none */
	u32 rseq_len, rseq_sig;
	int rseq_cpu;                      /* the CPU's number as last stored there */
	bool rseq_event;                   /* another thread ran since this one last did */
	u64 min_flt, maj_flt;
	u32 personality;
	bool notsc;                        /* PR_SET_TSC: rdtsc faults; passed on, and kept by execve */
	bool nnp_due;                      /* TSYNC: no_new_privs, which only the thread itself can set */
	u32 seccomp_mode;                  /* SECCOMP_MODE_*, and the newest filter: kernel/seccomp.h */
	struct seccomp_filter *seccomp;
	struct { u64 offset, len, selector; bool on; } dispatch;   /* kernel/user_dispatch.h */
	/* threads, see kernel/thread.h and kernel/sched.h */
	struct cpu_fxstate fx;             /* while another thread has the CPU */
	struct det_slot *det;              /* its part in a deterministic run; NULL: none */
	struct det_slot *det_child;        /* that of the process it is about to fork */
	bool cpu_released;                 /* has given up the CPU */
	bool cpu_wanted;                   /* ... and would go on if it had it: it does not wait for anything else */
	struct thread_attrs *handed_over;  /* the leader's: of the thread whose program it takes over */
	bool hand_over;                    /* its execve is done: the leader's host thread is to run the program */
	bool running;                      /* within task_run() */
	bool exited;                       /* sys_exit in this thread: it runs no more guest code */
	void *debugged;                    /* of observe/'s gdb: what it knows of the thread */
	int exit_code;                     /* its own, as signal->exit_code is the process's */
};

/* ---- making and ending (kernel/task.c, kernel/exec.c) ---- */

/* A machine with physical memory and an engine. Returns 0 or -errno; *why says what failed. */
int ulk_create(const struct ulk_options *opt, const struct ulk_hooks *hooks, struct ulk **out, const char **why);
void ulk_destroy(struct ulk *ulk);

/* First process: a task without a program. It takes over the host process's cwd, descriptors, rlimits
 * (RLIMIT_STACK may be overridden before exec), ids and signal dispositions. */
int task_create_init(struct ulk *ulk, struct task_struct **out);
void task_free(struct task_struct *t);
/* Take the task out of its machine's list. */
void task_unlink(struct task_struct *t);
/* The host process has changed its ids or capabilities for the guest: look again what they allow
 * (RLIMIT_MEMLOCK, the lowest address of mmap). */
void task_creds_changed(struct task_struct *t);
/* The page faults so far: of @t itself (@thread), or of its process with all threads that are or were. */
void task_faults(struct task_struct *t, bool thread, u64 *minor, u64 *major);

/* execve: replace the task's mm by the program's, reset registers, dispositions, comm. On error the
 * task is as it was; why (at least 160 bytes, may be NULL) gets one clause. Returns 0, -errno, or
 * LOAD_FATAL after which the process must die of *fatal_signo. */
int do_execve(struct task_struct *t, const char *filename, int fd, char *const argv[], char *const envp[],
	      char *why, int *fatal_signo);

/* Show the host the command line and environment of the program that was just loaded (kernel/proctitle.c). */
void proctitle_publish(struct task_struct *t);

/* The process ends: status as for exit_group. The run loop returns then. */
void do_group_exit(struct task_struct *t, int exit_code);

/* ---- fork (kernel/fork.c) ---- */

/* What clone(2) and clone3(2) ask for; Linux's kernel_clone_args. Addresses are the guest's. */
struct clone_request {
	u64 flags;                         /* CLONE_*, without the exit signal */
	int exit_signal;
	u64 newsp;                         /* 0: the parent's */
	u64 pidfd, parent_tid, child_tid, tls;
	const int *set_tid;                /* clone3's, outermost last; host memory */
	size_t nr_set_tid;
	u64 cgroup;                        /* descriptor, with CLONE_INTO_CGROUP */
};

/*
 * fork, vfork, clone: the child's pid (or the thread's id) in the parent, 0 in the child, which goes on in
 * its own copy of ulk, or as another host thread. vfork's parent waits until the child ends or calls
 * vfork_done(). -ENOSYS for what is shared in other ways.
 */
s64 do_fork(struct task_struct *t, const struct clone_request *req);
/* The process has a program of its own (execve) or ends: a vfork parent gets what was stored and goes on.
 * (kernel/vfork.c) */
void vfork_done(struct task_struct *t);

/* ---- running (kernel/run.c) ---- */

/* The task's registers, read from the engine only now: most system calls need none but their arguments.
 * Who changes them sets regs_dirty. */
static inline struct cpu_regs *task_regs(struct task_struct *t)
{
	if (!t->regs_valid) {
		cpu_get_regs(t->ulk->cpu, &t->regs);
		t->regs_valid = true;
	}
	return &t->regs;
}

enum run_stop { RUN_EXITED, RUN_BREAK, RUN_ERROR, RUN_THREAD_ENDED };
/* Run until the process ends (RUN_EXITED: signal->exit_code) or reaches cpu_set_break()'s address. */
enum run_stop task_run(struct task_struct *t);

/* ---- signals (kernel/signal.c) ---- */

/* A synchronous fault: deliver @signo to the current task as force_sig_info does. */
void force_sig_fault(struct task_struct *t, int signo, int code, u64 addr, u32 trapno, u64 error_code);
/* Change the mask (blocked), mirrored to the host thread. SIGKILL and SIGSTOP are never blocked. */
void set_current_blocked(struct task_struct *t, u64 mask);
s64 sys_rt_sigaction(struct task_struct *t, const u64 *a);
s64 sys_rt_sigprocmask(struct task_struct *t, const u64 *a);
s64 sys_rt_sigreturn(struct task_struct *t, const u64 *a);
s64 sys_sigaltstack(struct task_struct *t, const u64 *a);
s64 sys_rt_sigsuspend(struct task_struct *t, const u64 *a);
/* A signal for this task is waiting and not blocked. */
bool signal_pending(struct task_struct *t);

/* ---- the host (kernel/host.c) ---- */

/*
 * A host system call, raw: returns the value or -errno, never touches errno. Use this, not libc's
 * wrappers, wherever the guest sees the result.
 */
s64 host_syscall(long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#define HOST(nr, ...) HOST_PICK_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define HOST_PICK_(nr, a, b, c, d, e, f, ...) \
	host_syscall((nr), (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f))

/*
 * The host's file @path from its start, @size - 1 bytes at most, in one read, which is all of a short file of /proc:
 * NUL-terminated into @text, which is empty if that fails. How many bytes, or -errno.
 */
s64 host_read_text(const char *path, char *text, size_t size);

/*
 * host_syscall() for a call that may block: gives up the CPU for its time, and returns -ERESTARTSYS when a
 * guest signal is pending before or arrives during it, without the race between test and call.
 */
s64 host_syscall_blocking(struct task_struct *t, long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#define HOST_BLOCKING(t, nr, ...) HOST_BLOCKING_PICK_(t, nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define HOST_BLOCKING_PICK_(t, nr, a, b, c, d, e, f, ...) \
	host_syscall_blocking((t), (nr), (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f))

/* May the guest's call @nr be made anew because a signal came before it did anything? Not too often in a row. */
bool put_off_call(struct task_struct *t, u64 nr);
/*
 * The same for a call that blocks on some files or with some flags only (open, read, wait4). A signal that is
 * pending before it is as one that came before the guest's call: -ERESTARTNOINTR, so the handler runs first and
 * then the call, which nobody expects to fail with EINTR where it never waits. Not for calls that have a signal
 * mask of their own.
 */
s64 host_syscall_after_signals(struct task_struct *t, long nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#define HOST_AFTER_SIGNALS(t, nr, ...) HOST_AFTER_SIGNALS_PICK_(t, nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define HOST_AFTER_SIGNALS_PICK_(t, nr, a, b, c, d, e, f, ...) \
	host_syscall_after_signals((t), (nr), (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f))

/* True when the guest may name this descriptor (it is not one of ulk's own). */
static inline bool fd_visible(const struct task_struct *t, u64 fd)
{
	if (fd < 4096 && unlikely(t->ulk->fds_hidden[fd / 64] >> fd % 64 & 1))
		return false;
	return (s32)fd < t->ulk->fd_floor || !own_fd_is(&t->ulk->phys->own, (s32)fd);
}

/* One line on ulk->log: "ulk: ...". */
void pr_err(struct ulk *ulk, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same under -v only. */
void pr_verbose(struct ulk *ulk, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
