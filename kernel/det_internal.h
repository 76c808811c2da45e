/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of deterministic runs share. All of it lies in memory that the processes of a run share. */
#ifndef ULK_KERNEL_DET_INTERNAL_H
#define ULK_KERNEL_DET_INTERNAL_H

#include <pthread.h>
#include "kernel/determin.h"

#define DET_QUANTUM 20000          /* blocks in a turn, on average */
#define DET_BLOCK_NS 2
#define DET_SYSCALL_NS 300
#define DET_CYCLES_PER_NS 3
#define DET_EPOCH 1700000000UL     /* CLOCK_REALTIME when the program begins, s, where nothing else was asked for */
#define DET_UPTIME 1000UL          /* CLOCK_MONOTONIC */
#define DET_SLOTS 32768            /* threads of all processes */
#define DET_TIMERS 1024
#define DET_PORTS 1024             /* remembered */
#define DET_PORT_FIRST 49152

/* A thread that takes part. */
struct det_slot {
	u32 next, prev;                /* in the order of birth: numbers of slots; 0 is the list's head */
	u32 turn;                      /* futex: it has the turn */
	int pid, tid;
	bool outside;                  /* waits in the host */
	bool asleep;                   /* ... for its process's end (a leader that has ended) */
	bool gone;                     /* its process has ended */
	bool stops;                    /* outside, to stop itself */
	bool interrupted;              /* its call was, by a signal */
	bool stopped;                  /* by a signal, when its turn had not come */
	bool waiting, woken, polls;    /* would block; was woken by FUTEX_WAKE; must look for itself whether it can go on */
	bool shared;                   /* word: other processes may wake it */
	u32 signalled;                 /* a signal came */
	u64 deadline;                  /* virtual time, ns; 0 none */
	u64 tried, signals;            /* what it has seen of those counts */
	const u32 *word;               /* the futex, host address */
	u32 bitset;
	u64 seq;
	u64 cpu;                       /* ns it has run; of a leader: with its process's threads that have ended */
};

enum det_timer_kind { DET_TIMER_NONE, DET_TIMER_ITIMER, DET_TIMER_POSIX, DET_TIMER_FD };

struct det_timer {
	enum det_timer_kind kind;
	int pid;
	int id;                        /* ITIMER: which; POSIX: of timer_create; FD: the guest's descriptor */
	int clock;
	bool cpu_time;                 /* at is of the process's CPU time */
	int tid, signo;                /* POSIX: the thread, 0 any; the signal, 0 none */
	u64 value;                     /* POSIX: sigev_value */
	u64 at, interval;              /* ns; at 0: off */
	u64 missed;                    /* POSIX: went off while its signal was waiting */
	int overrun;
};

struct determin {
	u64 now;                       /* ns */
	u64 epoch;                     /* CLOCK_REALTIME at its beginning, s */
	u64 quantum;                   /* blocks left of this turn */
	bool turn_over;
	bool looked_outside;
	bool real_time;                /* who waits for the outside is given the time he would have */
	u64 waited;                    /* ... and has had this much of it, ns */
	int aborted;                   /* 1 + the status with which all end; 0 no */
	u64 seed, rng;
	u64 progress;                  /* counts what may have changed somebody's chances */
	u64 signals;                   /* counts what may have sent a signal */
	u64 futex_seq;
	u64 began;                     /* what now was when this turn began */
	u32 pause;                     /* of who has nobody to give the turn to, us */
	u32 returned;                  /* futex: counts who comes back from outside, and signals */
	int dying;                     /* process that gave the turn away for good, to be waited for; 0 none */
	pthread_mutex_t lock;          /* over current and slots: who comes back from outside has no turn */
	struct {                       /* the next signal from outside: det_foretell_signal() */
		int tid;               /* 0: none is known */
		bool in_call;
		u64 at;
		siginfo_t info;
	} foretold;
	u64 kick_at;                   /* leave the engine at this time; ~0 never */
	u32 current;                   /* slot; 0: all are outside */
	u32 nr, nr_procs;              /* slots, and processes, that take part */
	u32 top, freed;                /* slots ever used; those that are free again, by next */
	struct { u16 real, shown; } ports[DET_PORTS];   /* shown 0: unused */
	u32 nr_ports;                  /* ever */
	struct det_timer timers[DET_TIMERS];
	u32 nr_timers;                 /* ever used */
	struct det_slot slots[DET_SLOTS];
};

static inline struct det_slot *det_first(const struct determin *d)
{
	return (struct det_slot *)&d->slots[d->slots[0].next];
}

static inline struct det_slot *det_next(const struct determin *d, const struct det_slot *s)
{
	return (struct det_slot *)&d->slots[s->next];
}

/* for (struct det_slot *s ...) over all that take part */
#define det_for_each(d, s) for (struct det_slot *s = det_first(d); s != &(d)->slots[0]; s = det_next(d, s))

/* Make a slot for a thread of process @pid. NULL: none left. */
struct det_slot *det_slot_new(struct determin *d, int pid);
void det_slot_free(struct determin *d, struct det_slot *s);
/* Give the turn away, for @t waits as its slot says; back at its next turn. */
void det_wait(struct task_struct *t);
/* Back when @t has its turn. */
void det_wait_turn(struct task_struct *t);
/* Virtual time goes on without anybody running. */
void det_jump(struct determin *d, u64 to);
/* Carry out what timers are due. @t has the turn. */
void det_check_timers(struct task_struct *t);
/* A process begins without its parent's timers, and its timers end with it. */
void det_timers_drop(struct determin *d, int pid);
/* The signal of the POSIX timer @id is taken: how often it went off meanwhile. */
int det_timer_taken(struct task_struct *t, int id);
/* Each signal that was sent is in its receiver's hands, and who died of one is dead. @t has the turn. */
void det_settle(struct task_struct *t);
/* @t takes no signal until host_mask_open(); false: it takes none as it is. */
bool det_hold_signals(struct task_struct *t);
/* The host killed process @pid. */
void det_process_died(struct task_struct *t, int pid);
/* det_signal_due(), or another signal came: the call that @t is in is over. */
bool det_interrupted(struct task_struct *t);
/* ns that @s has run. */
u64 det_slot_cpu(const struct determin *d, const struct det_slot *s);

#endif
