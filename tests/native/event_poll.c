// SPDX-License-Identifier: GPL-2.0-or-later
// poll: what each kind of descriptor reports when idle, when it has data, when its other end is gone.
#include "net.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#define ALL (POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND)

static void look(const char *what, int fd)
{
	struct pollfd p = { fd, ALL, 0 }, none = { fd, 0, 0 };
	int n = poll(&p, 1, 0), m = poll(&none, 1, 0);

	printf("%-24s %d %04x %d %04x\n", what, n, p.revents, m, none.revents);
}

int main(void)
{
	int p[2], s[2], d[2], l = socket(AF_UNIX, SOCK_STREAM, 0), ptm = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	struct sockaddr_in a;

	pipe(p);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, d);
	look("file", file_of("f", 1));
	look("directory", open(".", O_RDONLY));
	look("null", open("/dev/null", O_RDWR));
	look("zero", open("/dev/zero", O_RDWR));
	look("random", open("/dev/urandom", O_RDWR));
	look("proc", open("/proc/self/stat", O_RDONLY));
	look("mounts", open("/proc/self/mounts", O_RDONLY));
	look("closed", 99);
	look("negative", -1);
	look("pipe read", p[0]);
	look("pipe write", p[1]);
	write(p[1], "x", 1);
	look("pipe data", p[0]);
	close(p[1]);
	look("pipe closed", p[0]);
	pipe(p);
	close(p[0]);
	look("pipe no reader", p[1]);
	look("stream", s[0]);
	write(s[1], "x", 1);
	look("stream data", s[0]);
	shutdown(s[1], SHUT_WR);
	look("stream half", s[0]);
	close(s[1]);
	look("stream closed", s[0]);
	look("dgram", d[0]);
	close(d[1]);
	look("dgram closed", d[0]);
	look("unbound", l);
	bind(l, (void *)&(struct sockaddr_un){ AF_UNIX, "s" }, 4);
	listen(l, 1);
	look("listening", l);
	connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&(struct sockaddr_un){ AF_UNIX, "s" }, 4);
	look("connection", l);
	look("tcp", socket(AF_INET, SOCK_STREAM, 0));
	look("udp", bound(SOCK_DGRAM, &a));
	look("eventfd", eventfd(1, 0));
	look("epoll", epoll_create1(0));
	look("inotify", inotify_init());
	look("ptmx", ptm);
	look("memfd", S(memfd_create, "m", 0));
	return 0;
}
