// SPDX-License-Identifier: GPL-2.0-or-later
// Calls that wait, interrupted by a signal: which return EINTR, which begin again, what is left behind.
#include "files.h"
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "asleep.h"

/* What the process that waits tells the one that sends the signals. */
static struct shared {
	volatile int round;  /* odd: it makes a call */
	volatile int caught;
} *sh;
static void (*volatile release)(void);

/* The second signal lets the call go on. */
static void on_alarm(int sig)
{
	int err = errno;

	(void)sig;
	if (++sh->caught == 2 && release)
		release();
	errno = err;
}

static void tick(int flags, void (*fn)(void))
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };

	sh->caught = 0;
	release = fn;
	sigaction(SIGALRM, &sa, NULL);
	sh->round++;
}

static void stop(void)
{
	sh->round++;
	printf("  caught %d\n", sh->caught);
}

/* Two signals for each call, each when it sleeps. */
static int send_signals(int pid)
{
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		int round = sh->round;

		for (int n = sh->caught; n < 2 && round % 2 && sh->round == round; n++) {
			int seen = 0;

			UNTIL(sh->round != round || (seen = state_of(pid, pid) == 'S' ? seen + 1 : 0) >= 2);
			if (sh->round != round)
				break;
			kill(pid, SIGALRM);
			UNTIL(sh->caught > n || sh->round != round);
		}
		if (sh->round == round)
			usleep(200);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

/* Once without SA_RESTART, once with. */
#define BOTH(call, fn)                      \
	do {                                \
		tick(0, fn);                \
		P(call);                    \
		stop();                     \
		tick(SA_RESTART, fn);       \
		P(call);                    \
		stop();                     \
	} while (0)

static int p[2], sp[2], lsock, ev, tfd, ino, lock1, lock2, full[2], q;
static char buf[65536];
static struct iovec iov = { buf, 100 };
static struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
static struct flock whole = { .l_type = F_WRLCK };

static void feed_pipe(void)
{
	write(p[1], "data", 4);
}

static void feed_socket(void)
{
	send(sp[1], "data", 4, 0);
}

static void drain(void)
{
	read(full[0], buf, sizeof(buf));
}

static void come(void)
{
	struct sockaddr_un a = { AF_UNIX, "sock" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	connect(s, (void *)&a, sizeof(a));
}

static void post(void)
{
	uint64_t one = 1;

	write(ev, &one, 8);
}

static void arm(void)
{
	struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };

	timerfd_settime(tfd, 0, &its, NULL);
}

static void touch_file(void)
{
	close(open("watched/f", O_CREAT | O_RDWR, 0600));
}

static void unlock(void)
{
	flock(lock1, LOCK_UN);
}

static void unlock_ofd(void)
{
	struct flock l = { .l_type = F_UNLCK };

	fcntl(lock1, F_OFD_SETLK, &l);
}

static void open_other(void)
{
	open("fifo", O_RDWR | O_NONBLOCK);
}

static void reading(void)
{
	struct pollfd pf = { 0 };
	struct epoll_event e;
	struct timeval tv = { 0, 0 };
	fd_set set;
	int ep = epoll_create1(0);

	BOTH(read(p[0], buf, 100), feed_pipe);
	BOTH(S(readv, p[0], &iov, 1), feed_pipe);
	BOTH(S(splice, p[0], NULL, full[1], NULL, 100, 0), feed_pipe);
	BOTH(S(tee, p[0], full[1], 100, 0), feed_pipe);
	read(p[0], buf, 100);
	BOTH(S(vmsplice, p[0], &iov, 1, 0), feed_pipe);
	BOTH(recv(sp[0], buf, 100, 0), feed_socket);
	BOTH(recvmsg(sp[0], &msg, 0), feed_socket);
	tv.tv_sec = 5;
	setsockopt(sp[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	BOTH(recv(sp[0], buf, 100, 0), feed_socket);
	BOTH(read(sp[0], buf, 100), feed_socket);
	BOTH(accept(lsock, NULL, NULL) > 0 ? 0 : -1, come);
	BOTH(read(ev, buf, 8), post);
	BOTH(read(tfd, buf, 8), arm);
	BOTH(read(ino, buf, 4096) > 0 ? 0 : -1, touch_file);
	BOTH(S(mq_timedreceive, q, buf, 8192, NULL, NULL), NULL);
	pf = (struct pollfd){ p[0], POLLIN, 0 };
	BOTH(poll(&pf, 1, -1), feed_pipe);
	BOTH(S(ppoll, &pf, 1, NULL, NULL, 8), feed_pipe);
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	BOTH(S(select, 100, &set, NULL, NULL, NULL), feed_pipe);
	e.events = EPOLLIN;
	epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e);
	BOTH(S(epoll_wait, ep, &e, 1, -1), feed_pipe);
}

static void writing(void)
{
	long n;

	fcntl(full[1], F_SETFL, O_NONBLOCK);
	while (write(full[1], buf, 4096) > 0)
		;
	fcntl(full[1], F_SETFL, 0);
	BOTH(write(full[1], buf, 100), drain);
	/* Half of it goes, then a signal: the count of what went. */
	drain();
	tick(0, NULL);
	n = write(full[1], buf, 65536);
	n += write(full[1], buf, 65536);
	stop();
	printf("%d\n", n > 65536 || n == 65535);
	BOTH(flock(lock2, LOCK_EX), unlock);
	flock(lock2, LOCK_UN);
	whole.l_pid = 0;
	fcntl(lock1, F_OFD_SETLK, &whole);
	BOTH(fcntl(lock2, F_OFD_SETLKW, &whole), unlock_ofd);
	BOTH(S(open, "fifo", O_RDONLY) > 0 ? 0 : -1, open_other);
}

int main(void)
{
	struct sockaddr_un a = { AF_UNIX, "sock" };
	char name[32];

	int pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = fork();
	if (pid)
		return send_signals(pid);
	close_range(3, ~0U, 0);
	pipe(p);
	pipe(full);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sp);
	lsock = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(lsock, (void *)&a, sizeof(a));
	listen(lsock, 5);
	ev = eventfd(0, 0);
	tfd = timerfd_create(CLOCK_MONOTONIC, 0);
	mkdir("watched", 0700);
	ino = inotify_init();
	inotify_add_watch(ino, "watched", IN_CLOSE_WRITE);
	mknod("fifo", S_IFIFO | 0600, 0);
	lock1 = file_of("lock", 10);
	lock2 = open("lock", O_RDWR);
	flock(lock1, LOCK_EX);
	sprintf(name, "ulk-sig-%d", getpid());
	q = (int)S(mq_open, name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, NULL);
	S(mq_unlink, name);
	reading();
	writing();
	return 0;
}
