// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every call that blocks, in three ways: a handler with SA_RESTART comes first, one without, or the process is
 * stopped and goes on. Later comes a handler that ends whatever was begun again. All at the same time, a child each,
 * and each gets its signals when it sleeps.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include "asleep.h"
#include "show.h"

/* What parent and child tell each other. */
static struct shared {
	volatile int calls, first, last, over;
} *all, *me;

static int fds[2], sp[2], helper, sem, msg, lockfd;
static char buf[1 << 17];
static struct timespec rel = {20, 0}, absolute;
static struct timeval tv = {20, 0};
static unsigned word;
static unsigned long none;

static void on_first(int sig) { (void)sig; me->first++; }
static void on_last(int sig) { (void)sig; me->last++; }

static void fill(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, buf, sizeof(buf)) > 0 || write(fd, buf, 1) > 0)
		;
	fcntl(fd, F_SETFL, 0);
}

/* ---- the calls ---- */

static long c_read(void) { return read(fds[0], buf, 10); }
static long c_readv(void) { return readv(fds[0], &(struct iovec){buf, 10}, 1); }
static long c_write(void) { fill(fds[1]); return write(fds[1], buf, 100); }
static long c_write_part(void) { return write(fds[1], buf, 100000); }
static long c_recv(void) { return recv(sp[0], buf, 10, 0); }
static long c_recv_all(void) { send(sp[1], buf, 5, 0); return recv(sp[0], buf, 10, MSG_WAITALL); }
static long c_recvtimeo(void) { setsockopt(sp[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)); return recv(sp[0], buf, 10, 0); }
static long c_recvmsg(void)
{
	struct iovec iov = {buf, 10};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	return recvmsg(sp[0], &m, 0);
}
static long c_recvmmsg(void)
{
	struct iovec iov = {buf, 10};
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}};

	return recvmmsg(sp[0], &m, 1, 0, &rel);
}
static long c_send(void) { fill(sp[0]); return send(sp[0], buf, 100000, 0); }
static int listener(struct sockaddr_un *un)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	un->sun_family = AF_UNIX;
	snprintf(un->sun_path, sizeof(un->sun_path), "s%d", getpid());
	bind(s, (void *)un, sizeof(*un));
	listen(s, 0);
	return s;
}
static long c_accept(void)
{
	struct sockaddr_un un = {0};
	int s = listener(&un);
	long r = accept(s, NULL, NULL), e = errno;

	unlink(un.sun_path);
	errno = (int)e;
	return r;
}
static long c_connect(void)
{
	struct sockaddr_un un = {0};
	int a = socket(AF_UNIX, SOCK_STREAM, 0), b = socket(AF_UNIX, SOCK_STREAM, 0), s = listener(&un);
	long r, e;

	(void)s;
	connect(a, (void *)&un, sizeof(un));
	r = connect(b, (void *)&un, sizeof(un));
	e = errno;
	unlink(un.sun_path);
	errno = (int)e;
	return r;
}
static long c_poll(void) { return poll(&(struct pollfd){fds[0], POLLIN, 0}, 1, 20000); }
static long c_poll_forever(void) { return poll(&(struct pollfd){fds[0], POLLIN, 0}, 1, -1); }
static long c_ppoll(void) { return ppoll(&(struct pollfd){fds[0], POLLIN, 0}, 1, &rel, NULL); }
static long c_ppoll_mask(void) { return ppoll(&(struct pollfd){fds[0], POLLIN, 0}, 1, &rel, (sigset_t *)&none); }
static long c_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	return select(fds[0] + 1, &set, NULL, NULL, &tv);
}
static long c_pselect(void) { return pselect(0, NULL, NULL, NULL, &rel, (sigset_t *)&none); }
static long epoll(void)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int ep = epoll_create1(0);

	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev);
	return ep;
}
static long c_epoll_wait(void) { struct epoll_event ev; return epoll_wait((int)epoll(), &ev, 1, 20000); }
static long c_epoll_pwait(void) { struct epoll_event ev; return epoll_pwait((int)epoll(), &ev, 1, -1, (sigset_t *)&none); }
static long c_epoll_pwait2(void) { struct epoll_event ev; return syscall(441, epoll(), &ev, 1, &rel, &none, 8); }
static long c_nanosleep(void)
{
	struct timespec left = {-1, -1};
	long r = nanosleep(&rel, &left);

	printf("(left %ld) ", (long)left.tv_sec);
	return r;
}
static long c_clock_nanosleep(void) { return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &rel, NULL); }
static long c_clock_nanosleep_abs(void) { return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &absolute, NULL); }
static long c_futex(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0); }
static long c_futex_timeout(void) { return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &rel, NULL, 0); }
static long c_futex_bitset(void) { return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &absolute, NULL, 1); }
static long c_futex_bitset_forever(void) { return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1); }
/* Interrupted by nothing, so they get a time. */
static struct timespec *soon(int clock)
{
	static struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_sec += 2;
	return &ts;
}
static long c_futex_pi(void) { word = (unsigned)helper; return syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, soon(CLOCK_REALTIME), NULL, 0); }
static long c_futex_requeue_pi(void)
{
	static unsigned pi;

	return syscall(SYS_futex, &word, FUTEX_WAIT_REQUEUE_PI, 0, soon(CLOCK_MONOTONIC), &pi, 0);
}
static long c_futex_waitv(void)
{
	struct { unsigned long val, addr; unsigned flags, pad; } w = {0, (unsigned long)&word, 2, 0};

	return syscall(449, &w, 1, 0, NULL, 0);
}
static long c_futex2_wait(void) { return syscall(455, &word, 0, ~0U, 2, NULL, 0); }
static long c_wait4(void) { return wait4(helper, NULL, 0, NULL); }
static long c_waitid(void) { return waitid(P_PID, (id_t)helper, NULL, WEXITED); }
static long c_msgrcv(void) { return msgrcv(msg, buf, 10, 0, 0); }
static long c_semop(void) { return semop(sem, &(struct sembuf){0, -1, 0}, 1); }
static long c_semtimedop(void) { return semtimedop(sem, &(struct sembuf){0, -1, 0}, 1, &rel); }
static long c_mq_receive(void)
{
	struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
	char name[32];
	mqd_t q;

	snprintf(name, sizeof(name), "/ulk-restart-%d", getpid());
	q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	mq_unlink(name);
	return mq_receive(q, buf, 8, NULL);
}
static long c_flock(void) { return flock(open("lock", O_RDWR), LOCK_EX); }
static long c_setlkw(void) { return fcntl(lockfd, F_SETLKW, &(struct flock){.l_type = F_WRLCK}); }
static long c_ofd_setlkw(void) { return fcntl(open("lock", O_RDWR), F_OFD_SETLKW, &(struct flock){.l_type = F_WRLCK}); }
static long c_pause(void) { return pause(); }
static long c_sigsuspend(void) { return sigsuspend((sigset_t *)&none); }
static long sigtimed(struct timespec *ts)
{
	unsigned long set = 1UL << (SIGWINCH - 1);

	return syscall(SYS_rt_sigtimedwait, &set, NULL, ts, 8);
}
static long c_sigtimedwait(void) { return sigtimed(&rel); }
static long c_sigwaitinfo(void) { return sigtimed(NULL); }
static long c_open_fifo(void)
{
	char name[32];
	long r, e;

	snprintf(name, sizeof(name), "f%d", getpid());
	mkfifo(name, 0600);
	r = open(name, O_RDONLY);
	e = errno;
	unlink(name);
	errno = (int)e;
	return r;
}
static long c_inotify(void) { return read(inotify_init(), buf, sizeof(buf)); }
static long c_eventfd(void) { return read(eventfd(0, 0), buf, 8); }
static long c_timerfd(void) { return read(timerfd_create(CLOCK_MONOTONIC, 0), buf, 8); }
static long c_signalfd(void) { return read(signalfd(-1, (sigset_t *)&none, 0), buf, 128); }
static long c_splice(void) { return splice(fds[0], NULL, sp[1], NULL, 10, 0); }
static long c_tee(void) { int p[2]; pipe(p); return tee(fds[0], p[1], 10, 0); }
static long c_vmsplice(void) { fill(fds[1]); return vmsplice(fds[1], &(struct iovec){buf, 10}, 1, 0); }
static long c_tty(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY);

	grantpt(m);
	unlockpt(m);
	return read(open(ptsname(m), O_RDWR | O_NOCTTY), buf, 10);
}

static long c_io_getevents(void)
{
	unsigned long ctx = 0, event[4];

	syscall(SYS_io_setup, 1, &ctx);
	return syscall(SYS_io_getevents, ctx, 1, 1, event, NULL);
}

static const struct {
	const char *name;
	long (*call)(void);
} calls[] = {
#define C(x) {#x, c_##x}
	C(read), C(readv), C(write), C(write_part), C(recv), C(recv_all), C(recvtimeo), C(recvmsg), C(recvmmsg), C(send), C(accept),
	C(connect), C(poll), C(poll_forever), C(ppoll), C(ppoll_mask), C(select), C(pselect), C(epoll_wait), C(epoll_pwait),
	C(epoll_pwait2), C(nanosleep), C(clock_nanosleep), C(clock_nanosleep_abs), C(futex), C(futex_timeout),
	C(futex_bitset), C(futex_bitset_forever), C(futex_pi), C(futex_requeue_pi), C(futex_waitv), C(futex2_wait), C(wait4), C(waitid),
	C(msgrcv), C(semop), C(semtimedop), C(mq_receive), C(flock), C(setlkw), C(ofd_setlkw), C(pause),
	C(sigsuspend), C(sigtimedwait), C(sigwaitinfo), C(open_fifo), C(inotify), C(eventfd), C(timerfd), C(signalfd),
	C(splice), C(tee), C(vmsplice), C(tty), C(io_getevents),
};
#define NR ((int)(sizeof(calls) / sizeof(*calls)))

static int go[2];

static void run(int i, int mode)
{
	struct sigaction sa = {.sa_handler = on_first, .sa_flags = mode == 0 ? SA_RESTART : 0};
	long ret;

	me = &all[i];
	pipe(fds);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sp);
	lockfd = open("lock", O_RDWR);
	helper = fork();
	if (!helper) {
		close(go[1]);
		pause();
		_exit(0);
	}
	sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = on_last;
	sa.sa_flags = 0;
	sigaction(SIGUSR2, &sa, NULL);
	/* All begin together, however long it takes to make them. */
	close(go[1]);
	read(go[0], buf, 1);
	clock_gettime(CLOCK_MONOTONIC, &absolute);
	absolute.tv_sec += 20;
	errno = 0;
	me->calls = 1;
	ret = calls[i].call();
	me->over = 1;
	if (ret < 0)
		printf("%s: %s", calls[i].name, strerrorname_np(errno));
	else
		printf("%s: %ld", calls[i].name, ret);
	printf(" first %d last %d\n", me->first, me->last > 0);
	fflush(stdout);
	kill(helper, SIGKILL);
	waitpid(helper, NULL, 0);
	_exit(0);
}

/* It has made its call, and sleeps there; or it does not any more. */
static void until_waits(const struct shared *child, int pid)
{
	int seen = 0;

	UNTIL(child->over || (seen = child->calls && state_of(pid, pid) == 'S' ? seen + 1 : 0) >= 2);
}

static void mode(const char *what, int m)
{
	static int out[NR], pid[NR];
	int p[2], n;

	puts(what);
	fflush(stdout);
	memset(all, 0, NR * sizeof(*all));
	pipe(go);
	for (int i = 0; i < NR; i++) {
		pipe(p);
		pid[i] = fork();
		if (!pid[i]) {
			dup2(p[1], 1);
			run(i, m);
		}
		close(p[1]);
		out[i] = p[0];
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < NR; i++)
		until_waits(&all[i], pid[i]);
	for (int i = 0; i < NR; i++)
		kill(pid[i], m == 2 ? SIGSTOP : SIGALRM);
	for (int i = 0; i < NR; i++) {
		if (m < 2)
			UNTIL(all[i].first);
		else
			UNTIL(state_of(pid[i], pid[i]) == 'T');
	}
	if (m == 2)
		for (int i = 0; i < NR; i++)
			kill(pid[i], SIGCONT);
	for (int i = 0; i < NR; i++)
		until_waits(&all[i], pid[i]);
	for (int i = 0; i < NR; i++)
		if (!all[i].over)
			kill(pid[i], SIGUSR2);
	for (int i = 0; i < NR; i++) {
		n = (int)read(out[i], buf, sizeof(buf));
		printf("  %.*s", n, buf);
		close(out[i]);
		waitpid(pid[i], NULL, 0);
	}
}

int main(void)
{
	struct flock fl = {.l_type = F_WRLCK};
	int fd = open("lock", O_CREAT | O_RDWR, 0600), fd2 = open("lock", O_RDWR);

	setvbuf(stdout, NULL, _IOFBF, 4096);
	all = mmap(NULL, NR * sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	flock(fd, LOCK_EX);
	fcntl(fd2, F_SETLK, &fl);
	sem = semget(IPC_PRIVATE, 1, 0600);
	msg = msgget(IPC_PRIVATE, 0600);
	mode("a handler with SA_RESTART", 0);
	mode("a handler without", 1);
	mode("stopped and continued", 2);
	semctl(sem, 0, IPC_RMID);
	msgctl(msg, IPC_RMID, NULL);
	unlink("lock");
	return 0;
}
