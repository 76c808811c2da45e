// SPDX-License-Identifier: GPL-2.0-or-later
// Every system call that takes an address, with each of its addresses bad in six ways: NULL, not mapped, the
// kernel's, ending with its page, read-only, and just below the end of user space. Errno and success are shown.
// TEST: files -- 0
// TEST: descriptors -- 1
// TEST: sockets -- 2
// TEST: processes -- 3
#include "files.h"
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static char area[8][8192] __attribute__((aligned(4096)));
static int fd_file, fd_dir, fd_pipe[2], fd_sock[2], fd_udp, fd_epoll, fd_inotify, fd_timer, fd_event;

enum { A0 = 0x7000, A1, A2, A3, A4, FILE_ = 0x7100, DIR_, PIPE0, PIPE1, SOCK0, SOCK1, UDP, EPOLL, INOTIFY, TIMER,
       PATH = 0x7200, PATH2, NAME, CWD = AT_FDCWD };

/* What an area holds before each call: the kind of structure that makes the call otherwise good. */
enum what { NONE, ZERO, TIMESPEC, IOV, MSG, MMSG, SIGSET, ADDRLEN, UNADDR, POLLFD, BYTES, ONE };

struct call {
	int nr;
	const char *name;
	long args[6];
	unsigned ptrs;           /* bit per argument that is an address */
	enum what in[6];
};

#define C(name, ptrs, ...) { SYS_##name, #name, { __VA_ARGS__ }, ptrs, { 0 } }
#define CI(name, ptrs, in, ...) { SYS_##name, #name, { __VA_ARGS__ }, ptrs, in }
#define IN(...) { __VA_ARGS__ }

static const struct call files[] = {
	C(open, 1, PATH, O_RDONLY), C(openat, 2, CWD, PATH, O_RDONLY), C(openat2, 2 | 4, CWD, PATH, A1, 24),
	C(creat, 1, PATH2, 0600), C(stat, 3, PATH, A1), C(lstat, 3, PATH, A1), C(fstat, 2, FILE_, A1),
	C(newfstatat, 6, CWD, PATH, A1, 0), C(newfstatat, 6, FILE_, PATH, A1, AT_EMPTY_PATH),
	C(statx, 2 | 16, CWD, PATH, 0, 0xfff, A1), C(statx, 2 | 16, FILE_, A2, AT_EMPTY_PATH, 0xfff, A1),
	C(access, 1, PATH, 4), C(faccessat, 2, CWD, PATH, 4), C(faccessat2, 2, CWD, PATH, 4, 0),
	C(truncate, 1, PATH, 100), C(getcwd, 1, A0, 4096), C(chdir, 1, A1 /* "" */), C(rename, 3, PATH, PATH2),
	C(renameat, 10, CWD, PATH2, CWD, PATH), C(renameat2, 10, CWD, PATH, CWD, PATH2, 1), C(mkdir, 1, PATH2, 0700),
	C(rmdir, 1, PATH2), C(mkdirat, 2, CWD, PATH2, 0700), C(unlinkat, 2, CWD, PATH2, AT_REMOVEDIR),
	C(link, 3, PATH, PATH2), C(unlink, 1, PATH2), C(linkat, 10, CWD, PATH, CWD, PATH2, 0),
	C(unlinkat, 2, CWD, PATH2, 0), C(symlink, 3, PATH, PATH2), C(readlink, 3, PATH2, A1, 100),
	C(readlinkat, 6, CWD, PATH2, A1, 100), C(unlink, 1, PATH2), C(symlinkat, 5, PATH, CWD, PATH2), C(unlink, 1, PATH2),
	C(chmod, 1, PATH, 0644), C(fchmodat, 2, CWD, PATH, 0644), C(fchmodat2, 2, CWD, PATH, 0644, 0),
	C(chown, 1, PATH, -1, -1), C(lchown, 1, PATH, -1, -1), C(fchownat, 2, CWD, PATH, -1, -1, 0),
	C(utime, 3, PATH, A1), C(utimes, 3, PATH, A1), C(futimesat, 6, CWD, PATH, A1), C(utimensat, 6, CWD, PATH, A1, 0),
	C(utimensat, 4, FILE_, 0, A1, 0), C(mknod, 1, PATH2, S_IFIFO | 0600, 0), C(unlink, 1, PATH2),
	C(mknodat, 2, CWD, PATH2, S_IFREG | 0600, 0), C(unlink, 1, PATH2), C(statfs, 3, PATH, A1), C(fstatfs, 2, FILE_, A1),
	C(setxattr, 7, PATH, NAME, A2, 5, 0), C(lsetxattr, 7, PATH, NAME, A2, 5, 0), C(fsetxattr, 6, FILE_, NAME, A2, 5, 0),
	C(getxattr, 7, PATH, NAME, A2, 50), C(lgetxattr, 7, PATH, NAME, A2, 50), C(fgetxattr, 6, FILE_, NAME, A2, 50),
	C(listxattr, 3, PATH, A1, 100), C(llistxattr, 3, PATH, A1, 100), C(flistxattr, 2, FILE_, A1, 100),
	C(removexattr, 3, PATH, NAME), C(lremovexattr, 3, PATH, NAME), C(fremovexattr, 2, FILE_, NAME),
	C(getdents, 2, DIR_, A1, 4096), C(getdents64, 2, DIR_, A1, 4096), C(name_to_handle_at, 2 | 4 | 8, CWD, PATH, A1, A2, 0),
	C(open_by_handle_at, 2, CWD, A1, 0), C(inotify_add_watch, 2, INOTIFY, PATH, IN_MODIFY), C(chroot, 1, A1),
	C(mount, 1 | 2 | 4 | 16, PATH, PATH, NAME, 0, A1), C(umount2, 1, PATH, 0), C(pivot_root, 3, PATH, PATH2),
	C(swapon, 1, PATH, 0), C(swapoff, 1, PATH), C(acct, 1, PATH2), C(fsopen, 1, PATH, 0), C(open_tree, 2, CWD, PATH2, 0),
	C(move_mount, 10, CWD, PATH, CWD, PATH2, 0), C(fspick, 2, CWD, PATH2, 0), C(mount_setattr, 2 | 8, CWD, PATH, 0, A1, 32),
	C(quotactl, 2 | 8, 0x80000700, PATH, 0, A1), C(memfd_create, 1, NAME, 0), C(fanotify_mark, 16, FILE_, 1, 1, CWD, PATH),
	C(execve, 1, PATH2, 0, 0), C(execveat, 2, CWD, PATH2, 0, 0, 0), C(uselib, 1, PATH), C(ustat, 2, 0, A1),
};

static const struct call descriptors[] = {
	CI(read, 2, IN(0), FILE_, A1, 100), CI(write, 2, IN(0, BYTES), FILE_, A1, 100), C(pread64, 2, FILE_, A1, 100, 0),
	C(pwrite64, 2, FILE_, A1, 100, 0), CI(readv, 2, IN(0, IOV), FILE_, A1, 2), CI(writev, 2, IN(0, IOV), FILE_, A1, 2),
	CI(preadv, 2, IN(0, IOV), FILE_, A1, 2, 0), CI(pwritev, 2, IN(0, IOV), FILE_, A1, 2, 0),
	CI(preadv2, 2, IN(0, IOV), FILE_, A1, 2, 0, 0, 0), CI(pwritev2, 2, IN(0, IOV), FILE_, A1, 2, 0, 0, 0),
	C(pipe, 1, A0), C(pipe2, 1, A0, 0), CI(poll, 1, IN(POLLFD), A0, 1, 0), CI(ppoll, 13, IN(POLLFD, 0, TIMESPEC, SIGSET), A0, 1, A2, A3, 8),
	CI(select, 2 | 4 | 8 | 16, IN(0, ZERO, ONE, ZERO, ZERO), 5, A1, A2, A3, A4),
	CI(pselect6, 2 | 4 | 8 | 16 | 32, IN(0, ZERO, ONE, ZERO, ZERO, ZERO), 5, A1, A2, A3, A4, 0),
	C(epoll_ctl, 8, EPOLL, EPOLL_CTL_ADD, PIPE0, A1), C(epoll_wait, 2, EPOLL, A1, 4, 0), C(epoll_pwait, 2 | 16, EPOLL, A1, 4, 0, A2, 8),
	CI(epoll_pwait2, 2 | 8 | 16, IN(0, 0, 0, TIMESPEC, SIGSET), EPOLL, A1, 4, A3, A4, 8),
	C(timerfd_settime, 4 | 8, TIMER, 0, A1, A2), C(timerfd_gettime, 2, TIMER, A1),
	CI(signalfd, 2, IN(0, SIGSET), -1, A1, 8), CI(signalfd4, 2, IN(0, SIGSET), -1, A1, 8, 0),
	C(sendfile, 4, PIPE1, FILE_, A1, 4), C(splice, 2 | 8, FILE_, A1, PIPE1, 0, 4, 0), CI(vmsplice, 2, IN(0, IOV), PIPE1, A1, 1, 0),
	C(copy_file_range, 2 | 8, FILE_, A1, FILE_, A2, 4, 0), C(fcntl, 4, FILE_, F_GETLK, A1), C(fcntl, 4, FILE_, F_SETLK, A1),
	C(fcntl, 4, FILE_, F_OFD_GETLK, A1), C(fcntl, 4, FILE_, F_GETOWN_EX, A1), C(fcntl, 4, FILE_, F_SETOWN_EX, A1),
	C(fcntl, 4, FILE_, F_GET_RW_HINT, A1), C(fcntl, 4, FILE_, F_SET_RW_HINT, A1), C(ioctl, 4, PIPE0, 0x541b, A1),
	C(ioctl, 4, PIPE0, 0x5421, A1), C(ioctl, 4, FILE_, 0x80086601, A1), C(ioctl, 4, SOCK0, 0x8905, A1),
	C(ioctl, 4, UDP, 0x8913, A1), C(ioctl, 4, UDP, 0x8912, A1), C(ioctl, 4, FILE_, 0xc020660b, A1), C(ioctl, 4, FILE_, 0x801c581f, A1),
	C(cachestat, 2 | 4, FILE_, A1, A2, 0), C(io_setup, 2, 1, A1), C(quotactl_fd, 8, FILE_, 0x80000700, 0, A1),
	C(mq_open, 1 | 8, NAME, O_RDWR, 0, A1), C(mq_unlink, 1, NAME),
};

static const struct call sockets[] = {
	CI(bind, 2, IN(0, UNADDR), SOCK0, A1, 20), CI(connect, 2, IN(0, UNADDR), SOCK0, A1, 20), C(accept, 2 | 4, SOCK0, A1, A2),
	C(accept4, 2 | 4, SOCK0, A1, A2, 0), CI(getsockname, 2 | 4, IN(0, 0, ADDRLEN), SOCK0, A1, A2),
	CI(getpeername, 2 | 4, IN(0, 0, ADDRLEN), SOCK0, A1, A2), CI(sendto, 2 | 16, IN(0, 0, 0, 0, UNADDR), SOCK0, A1, 5, MSG_DONTWAIT, A2, 20),
	CI(recvfrom, 2 | 16 | 32, IN(0, 0, 0, 0, 0, ADDRLEN), SOCK1, A1, 5, MSG_DONTWAIT, A2, A3), CI(sendmsg, 2, IN(0, MSG), SOCK0, A1, MSG_DONTWAIT),
	CI(recvmsg, 2, IN(0, MSG), SOCK1, A1, MSG_DONTWAIT), CI(sendmmsg, 2, IN(0, MMSG), SOCK0, A1, 1, MSG_DONTWAIT),
	CI(recvmmsg, 2 | 16, IN(0, MMSG, 0, 0, TIMESPEC), SOCK1, A1, 1, MSG_DONTWAIT, A4), C(socketpair, 8, AF_UNIX, SOCK_STREAM, 0, A1),
	C(setsockopt, 8, SOCK0, SOL_SOCKET, SO_PASSCRED, A1, 4), CI(getsockopt, 8 | 16, IN(0, 0, 0, 0, ADDRLEN), SOCK0, SOL_SOCKET, SO_TYPE, A1, A2),
	CI(getsockopt, 8 | 16, IN(0, 0, 0, 0, ADDRLEN), SOCK0, SOL_SOCKET, SO_PEERCRED, A1, A2), C(setsockopt, 8, UDP, SOL_SOCKET, SO_RCVTIMEO, A1, 16),
	C(setsockopt, 8, UDP, 0, 2, A1, 4), CI(getsockopt, 8 | 16, IN(0, 0, 0, 0, ADDRLEN), UDP, 0, 2, A1, A2),
	C(setsockopt, 8, SOCK0, SOL_SOCKET, SO_LINGER, A1, 8),
};

static const struct call processes[] = {
	CI(nanosleep, 3, IN(ZERO), A0, A1), CI(clock_nanosleep, 12, IN(0), 1, 0, A2, A3), C(clock_gettime, 2, 1, A1), C(clock_getres, 2, 1, A1),
	C(clock_settime, 2, 1, A1), C(gettimeofday, 3, A0, A1), C(time, 1, A0), C(times, 1, A0), C(getitimer, 2, 0, A1), C(setitimer, 6, 0, A1, A2),
	C(getrusage, 2, 0, A1), C(getrlimit, 2, 7, A1), C(prlimit64, 4 | 8, 0, 7, 0, A3), C(sysinfo, 1, A0), C(uname, 1, A0),
	C(getgroups, 2, 100, A1), C(getresuid, 7, A0, A1, A2), C(getresgid, 7, A0, A1, A2), C(sched_getparam, 2, 0, A1), C(sched_setparam, 2, 0, A1),
	C(sched_setscheduler, 4, 0, SCHED_OTHER, A1), C(sched_getaffinity, 4, 0, 128, A1), C(sched_rr_get_interval, 2, 0, A1),
	C(sched_getattr, 2, 0, A1, 56, 0), C(sched_setattr, 2, 0, A1, 0), C(getcpu, 3, A0, A1, 0), C(getrandom, 1, A0, 8, 0),
	C(capget, 3, A0, A1), C(capset, 3, A0, A1), C(rt_sigaction, 6, 10, A1, A2, 8), CI(rt_sigprocmask, 6, IN(0, SIGSET), SIG_BLOCK, A1, A2, 8),
	C(rt_sigpending, 1, A0, 8), C(rt_sigtimedwait, 3, A0, A1, A2, 8), C(sigaltstack, 2, 0, A1), C(rt_sigqueueinfo, 4, 0x7ffffff0, 10, A1),
	C(timer_create, 6, 1, A1, A2), C(adjtimex, 1, A0), C(clock_adjtime, 2, 0, A1), C(wait4, 2 | 8, -1, A1, WNOHANG, A2),
	C(waitid, 4 | 16, P_ALL, 0, A1, WNOHANG | WEXITED, A2), C(prctl, 2, 2, A1), C(prctl, 2, 16, A1), C(prctl, 2, 15, A1), C(prctl, 2, 37, A1),
	C(semop, 2, 0x7fffffff, A1, 1), C(semtimedop, 2 | 8, 0x7fffffff, A1, 1, A2), C(semctl, 8, 0, 0, 3 /* IPC_INFO */, A1),
	C(msgsnd, 2, 0x7fffffff, A1, 8, 0), C(msgrcv, 2, 0x7fffffff, A1, 8, 0, 0), C(msgctl, 4, 0, 3, A1), C(get_robust_list, 6, 0, A1, A2),
	C(syslog, 2, 3, A1, 10), C(sethostname, 1, A0, -1), C(setdomainname, 1, A0, -1), C(io_getevents, 8 | 16, 0x7000000, 0, 1, A1, A2),
	C(sysfs, 2, 1, A1), C(sysfs, 4, 2, 0, A1), C(setgroups, 2, -1, A1), C(settimeofday, 2, 0, A1), C(kcmp, 0, 0, 0, 99, 0, 0),
	C(ioprio_get, 0, 1, 0), C(landlock_create_ruleset, 1, A0, 8, 0),
	C(keyctl, 4, 1, A1, 0, 0, 0), C(add_key, 7, NAME, NAME, A2, 5, -3), C(request_key, 7, NAME, PATH, PATH2, 0), C(seccomp, 4, 2, 0, A1),
};

static void fill(char *p, enum what what)
{
	struct iovec *iov = (void *)p;
	struct msghdr *m = (void *)p;

	switch (what) {
	case TIMESPEC:
		((struct timespec *)p)->tv_nsec = 1;
		break;
	case IOV:
		iov[0] = (struct iovec){ area[6], 4 };
		iov[1] = (struct iovec){ area[6] + 8, 4 };
		break;
	case MSG:
	case MMSG:
		m->msg_iov = (void *)area[5];
		m->msg_iovlen = 1;
		*m->msg_iov = (struct iovec){ area[6], 4 };
		break;
	case ADDRLEN:
		*(int *)p = 64;
		break;
	case UNADDR:
		*(short *)p = AF_UNIX;
		strcpy(p + 2, "nobody");
		break;
	case POLLFD:
		*(struct pollfd *)p = (struct pollfd){ fd_pipe[1], POLLOUT, 0 };
		break;
	case ONE:
		*p = 2;
		break;
	default:
		break;
	}
}

static long value(long token, const struct call *c, int i)
{
	long fds[] = { fd_file, fd_dir, fd_pipe[0], fd_pipe[1], fd_sock[0], fd_sock[1], fd_udp, fd_epoll, fd_inotify, fd_timer };

	if (token >= A0 && token <= A4) {
		fill(area[token - A0], c->in[i]);
		return (long)area[token - A0];
	}
	if (token >= FILE_ && token <= TIMER)
		return fds[token - FILE_];
	if (token == PATH)
		return (long)"file";
	if (token == PATH2)
		return (long)"other";
	if (token == NAME)
		return (long)"user.name";
	return token;
}

static const char *name_of(int err)
{
	const char *s = strerrorname_np(err);

	return s ? s : "?";
}

static void one(const struct call *c, int bad, long with, const char *how)
{
	long a[6], ret;

	memset(area, 0, sizeof(area));
	for (int i = 0; i < 6; i++)
		a[i] = value(c->args[i], c, i);
	if (bad >= 0) {
		/* What would have been there stands as far as it fits. */
		if (a[bad] && how[0] == 'e')
			memcpy((void *)with, (void *)a[bad], 4);
		a[bad] = with;
	}
	ret = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	printf(" %s:%s", how, ret == -1 ? name_of(errno) : "ok");
	if (ret > 2 && ret < 100 && fcntl((int)ret, F_GETFD) >= 0 && ret > fd_event)
		close((int)ret);
	lseek(fd_file, 0, SEEK_SET);
	lseek(fd_dir, 0, SEEK_SET);
}

/* Addresses that the call would take for a string end with the page in a string that goes on. */
static void all(const struct call *calls, size_t n)
{
	char *p = pages();

	for (size_t i = 0; i < n; i++) {
		const struct call *c = &calls[i];

		printf("%s:", c->name);
		fflush(stdout);
		one(c, -1, 0, "good");
		for (int k = 0; k < 6; k++) {
			if (!(c->ptrs & 1u << k))
				continue;
			printf(" [%d]", k);
			memset(p + 4096, 'x', 4096);
			one(c, k, 0, "null");
			one(c, k, (long)NOWHERE, "nowhere");
			one(c, k, (long)KERNEL, "kernel");
			one(c, k, (long)p + 3 * 4096, "none");
			one(c, k, (long)p + 3 * 4096 - 4, "ro-end");
			mprotect(p + 8192, 4096, PROT_NONE);
			one(c, k, (long)p + 2 * 4096 - 4, "end");
			mprotect(p + 8192, 4096, PROT_READ);
			one(c, k, (long)p + 2 * 4096, "ro");
			one(c, k, 0x7ffffffff000 - 4, "top");
		}
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	fd_file = file_of("file", 5000);
	fd_dir = open(".", O_RDONLY | O_DIRECTORY);
	pipe2(fd_pipe, O_NONBLOCK);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, fd_sock);
	fd_udp = socket(AF_INET, SOCK_DGRAM, 0);
	fd_epoll = epoll_create1(0);
	fd_inotify = inotify_init1(0);
	fd_timer = timerfd_create(CLOCK_MONOTONIC, 0);
	fd_event = eventfd(0, 0);
	epoll_ctl(fd_epoll, EPOLL_CTL_ADD, fd_pipe[1], &(struct epoll_event){ EPOLLOUT, { 0 } });
	switch (argc > 1 ? argv[1][0] : '0') {
	case '0':
		all(files, sizeof(files) / sizeof(*files));
		break;
	case '1':
		all(descriptors, sizeof(descriptors) / sizeof(*descriptors));
		break;
	case '2':
		all(sockets, sizeof(sockets) / sizeof(*sockets));
		break;
	case '3':
		all(processes, sizeof(processes) / sizeof(*processes));
		break;
	}
	return 0;
}
