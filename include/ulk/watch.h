/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Callbacks while a program runs. They come on the host thread that runs the guest thread they tell of, one at a time; the
 * program stands still meanwhile, and everything of ulk/state.h may be used, except where said. In a child process that the
 * program forked they go on, in that child. They must not call ulk_run(), ulk_call(), ulk_load(), ulk_restore() or
 * ulk_machine_free(); ulk_stop() is how a run ends from within.
 */
#ifndef ULK_WATCH_H
#define ULK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ulk_machine;
struct ulk_watch;

/* A system call. */
struct ulk_syscall {
	uint64_t nr;               /* on entry: may be changed, as args */
	uint64_t args[6];
	int64_t result;            /* on exit: what it returned, or -errno; may be changed */
	bool skip;                 /* on entry: set it, and result, and the call is not made */
	bool restarts;             /* on exit: a signal interrupted it, and it may begin anew; result is -EINTR */
	const char *name;          /* "openat"; NULL: no such call */
	int tid;                   /* the guest thread */
};

/* A signal that is about to have its effect, whatever that is. */
struct ulk_signal {
	int signo, code;           /* si_code */
	uint64_t addr;             /* of a fault */
	int pid;                   /* of a signal that was sent: who sent it */
	int tid;
};

enum ulk_access { ULK_READ, ULK_WRITE, ULK_FETCH };

/* A page fault. */
struct ulk_fault {
	uint64_t addr;             /* its page if it was served, else the first byte that could not be accessed */
	enum ulk_access access;
	int signo;                 /* 0: it was served; else SIGSEGV or SIGBUS comes next */
	bool major;                /* served, from a disk */
	int tid;
};

enum ulk_mm_kind { ULK_MM_MAP, ULK_MM_UNMAP, ULK_MM_PROTECT, ULK_MM_BRK, ULK_MM_MOVE, ULK_MM_ADVISE, ULK_MM_LOCK, ULK_MM_OTHER };

/* A system call has changed the memory map. */
struct ulk_mm_event {
	enum ulk_mm_kind kind;
	uint64_t start, length;    /* where; of ULK_MM_BRK: from the old break (or the new one, if lower) */
	uint64_t old_start;        /* of ULK_MM_MOVE: where it was */
	uint64_t detail;           /* protection, advice or flags, as the call had them */
	int tid;
};

/* What to be told of; any may be NULL. @arg is ulk_watch()'s. */
struct ulk_callbacks {
	void (*syscall_enter)(struct ulk_machine *m, struct ulk_syscall *call, void *arg);
	/* Not for calls that do not return (exit_group, a successful execve does return). */
	void (*syscall_exit)(struct ulk_machine *m, struct ulk_syscall *call, void *arg);
	/* True: the signal is dropped. */
	bool (*signal)(struct ulk_machine *m, const struct ulk_signal *signal, void *arg);
	/* Of one that was served: registers must be left alone, and cannot be read; memory can. */
	void (*page_fault)(struct ulk_machine *m, const struct ulk_fault *fault, void *arg);
	void (*mm_event)(struct ulk_machine *m, const struct ulk_mm_event *event, void *arg);
	/* Each basic block before it runs, @size bytes of code at @addr: costs a third of the speed. Nothing of the machine
	 * may be used but ulk_stop(). */
	void (*block)(struct ulk_machine *m, uint64_t addr, uint32_t size, void *arg);
};

/* Begin to watch; as many at a time as one likes, called in the order in which they came (eight of them, at most, with
 * blocks: -EBUSY). -ENOMEM. */
int ulk_watch(struct ulk_machine *m, const struct ulk_callbacks *callbacks, void *arg, struct ulk_watch **out);
/* Between runs, or from one of its own callbacks. NULL is nothing. What still watches ends with the machine. */
void ulk_unwatch(struct ulk_machine *m, struct ulk_watch *watch);
/* End the run, with ULK_END_STOPPED, before the next guest instruction. From any thread and from callbacks. A machine that
 * does not run stops as soon as it does. */
void ulk_stop(struct ulk_machine *m);

/*
 * Between runs: from now on each pair of basic blocks that the program executes one after the other adds one to its byte of
 * @map (which one, its addresses say; 255 is followed by 1): what AFL and its like call edge coverage. @size is a power
 * of two, at most 2^31; the map is the caller's, and is not cleared. Again with the same map: another run begins, whose first
 * block follows none. NULL ends it. -EINVAL, -ENOMEM, -EBUSY (it runs). It costs less than a callback for blocks.
 */
int ulk_count_edges(struct ulk_machine *m, uint8_t *map, uint32_t size);

/* The number of a system call, -ENOENT; and the name of a number, NULL. */
int ulk_syscall_number(const char *name);
const char *ulk_syscall_name(uint64_t nr);

#ifdef __cplusplus
}
#endif

#endif
