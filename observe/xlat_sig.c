// SPDX-License-Identifier: GPL-2.0-or-later
/* Names: signals, time and events. */
#include <signal.h>
#include <time.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include "observe/xlat.h"

const struct xlat xlat_sig_how[] = {
	XLAT(SIG_BLOCK), XLAT(SIG_UNBLOCK), XLAT(SIG_SETMASK), {0, NULL},
};

const struct xlat xlat_sa_flags[] = {
	{0x04000000, "SA_RESTORER"}, {0x08000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"},
	{0x20000000, "SA_INTERRUPT"}, {0x40000000, "SA_NODEFER"}, {0x80000000, "SA_RESETHAND"},
	{4, "SA_SIGINFO"}, {1, "SA_NOCLDSTOP"}, {2, "SA_NOCLDWAIT"}, {0, NULL},
};

const struct xlat xlat_ss_flags[] = {
	{1, "SS_ONSTACK"}, {2, "SS_DISABLE"}, {0x80000000, "SS_AUTODISARM"}, {0, NULL},
};

const struct xlat xlat_si_codes[] = {
	{0, "SI_USER"}, {0x80, "SI_KERNEL"}, {(u64)-1, "SI_QUEUE"}, {(u64)-2, "SI_TIMER"},
	{(u64)-3, "SI_MESGQ"}, {(u64)-4, "SI_ASYNCIO"}, {(u64)-5, "SI_SIGIO"}, {(u64)-6, "SI_TKILL"},
	{(u64)-7, "SI_DETHREAD"}, {(u64)-60, "SI_ASYNCNL"}, {0, NULL},
};

const struct xlat xlat_segv_codes[] = {
	XLAT(SEGV_MAPERR), XLAT(SEGV_ACCERR), {3, "SEGV_BNDERR"}, {4, "SEGV_PKUERR"}, {0, NULL},
};

const struct xlat xlat_bus_codes[] = {
	XLAT(BUS_ADRALN), XLAT(BUS_ADRERR), XLAT(BUS_OBJERR), XLAT(BUS_MCEERR_AR), XLAT(BUS_MCEERR_AO),
	{0, NULL},
};

const struct xlat xlat_fpe_codes[] = {
	XLAT(FPE_INTDIV), XLAT(FPE_INTOVF), XLAT(FPE_FLTDIV), XLAT(FPE_FLTOVF), XLAT(FPE_FLTUND),
	XLAT(FPE_FLTRES), XLAT(FPE_FLTINV), XLAT(FPE_FLTSUB), {0, NULL},
};

const struct xlat xlat_ill_codes[] = {
	XLAT(ILL_ILLOPC), XLAT(ILL_ILLOPN), XLAT(ILL_ILLADR), XLAT(ILL_ILLTRP), XLAT(ILL_PRVOPC),
	XLAT(ILL_PRVREG), XLAT(ILL_COPROC), XLAT(ILL_BADSTK), {0, NULL},
};

const struct xlat xlat_trap_codes[] = {
	XLAT(TRAP_BRKPT), XLAT(TRAP_TRACE), XLAT(TRAP_BRANCH), XLAT(TRAP_HWBKPT), {0, NULL},
};

const struct xlat xlat_cld_codes[] = {
	XLAT(CLD_EXITED), XLAT(CLD_KILLED), XLAT(CLD_DUMPED), XLAT(CLD_TRAPPED), XLAT(CLD_STOPPED),
	XLAT(CLD_CONTINUED), {0, NULL},
};

const struct xlat xlat_poll_codes[] = {
	XLAT(POLL_IN), XLAT(POLL_OUT), XLAT(POLL_MSG), XLAT(POLL_ERR), XLAT(POLL_PRI), XLAT(POLL_HUP),
	{0, NULL},
};

const struct xlat xlat_sys_codes[] = {
	{1, "SYS_SECCOMP"}, {2, "SYS_USER_DISPATCH"}, {0, NULL},
};

const struct xlat xlat_clocks[] = {
	XLAT(CLOCK_REALTIME), XLAT(CLOCK_MONOTONIC), XLAT(CLOCK_PROCESS_CPUTIME_ID),
	XLAT(CLOCK_THREAD_CPUTIME_ID), XLAT(CLOCK_MONOTONIC_RAW), XLAT(CLOCK_REALTIME_COARSE),
	XLAT(CLOCK_MONOTONIC_COARSE), XLAT(CLOCK_BOOTTIME), XLAT(CLOCK_REALTIME_ALARM),
	XLAT(CLOCK_BOOTTIME_ALARM), {10, "CLOCK_SGI_CYCLE"}, XLAT(CLOCK_TAI), {0, NULL},
};

const struct xlat xlat_timer_flags[] = {
	{1, "TIMER_ABSTIME"}, {0, NULL},
};

const struct xlat xlat_timerfd_flags[] = {
	{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}, {0, NULL},
};

const struct xlat xlat_timerfd_create[] = {
	XLAT(TFD_TIMER_ABSTIME), XLAT(TFD_CLOEXEC), XLAT(TFD_NONBLOCK), {0, NULL},
};

const struct xlat xlat_itimers[] = {
	XLAT(ITIMER_REAL), XLAT(ITIMER_VIRTUAL), XLAT(ITIMER_PROF), {0, NULL},
};

const struct xlat xlat_sigev_types[] = {
	XLAT(SIGEV_SIGNAL), XLAT(SIGEV_NONE), XLAT(SIGEV_THREAD), XLAT(SIGEV_THREAD_ID), {0, NULL},
};

const struct xlat xlat_poll_events[] = {
	XLAT(POLLIN), XLAT(POLLPRI), XLAT(POLLOUT), XLAT(POLLERR), XLAT(POLLHUP), XLAT(POLLNVAL), {0x40, "POLLRDNORM"},
	{0x80, "POLLRDBAND"}, {0x100, "POLLWRNORM"}, {0x200, "POLLWRBAND"}, {0x400, "POLLMSG"}, {0x1000, "POLLREMOVE"},
	{0x2000, "POLLRDHUP"}, {0x8000, "POLL_BUSY_LOOP"}, {0, NULL},
};

const struct xlat xlat_epoll_events[] = {
	XLAT(EPOLLIN), XLAT(EPOLLPRI), XLAT(EPOLLOUT), XLAT(EPOLLERR), XLAT(EPOLLHUP), {0x20, "EPOLLNVAL"},
	XLAT(EPOLLRDNORM), XLAT(EPOLLRDBAND), XLAT(EPOLLWRNORM), XLAT(EPOLLWRBAND), XLAT(EPOLLMSG),
	XLAT(EPOLLRDHUP), XLAT(EPOLLEXCLUSIVE), XLAT(EPOLLWAKEUP), XLAT(EPOLLONESHOT), XLAT(EPOLLET),
	{0, NULL},
};

const struct xlat xlat_epoll_ops[] = {
	XLAT(EPOLL_CTL_ADD), XLAT(EPOLL_CTL_MOD), XLAT(EPOLL_CTL_DEL), {0, NULL},
};

const struct xlat xlat_epoll_create[] = {
	XLAT(EPOLL_CLOEXEC), {0, NULL},
};

const struct xlat xlat_eventfd_flags[] = {
	XLAT(EFD_SEMAPHORE), XLAT(EFD_CLOEXEC), XLAT(EFD_NONBLOCK), {0, NULL},
};

const struct xlat xlat_signalfd_flags[] = {
	XLAT(SFD_CLOEXEC), XLAT(SFD_NONBLOCK), {0, NULL},
};
