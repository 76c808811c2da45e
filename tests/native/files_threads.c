// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that wait for each other through pipes, sockets, epoll, locks; one unmaps what another reads into.
#include "files.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>

#define ROUNDS 2000

static int ping[2], pong[2], sp[2];

static void *echo(void *arg)
{
	int n;

	(void)arg;
	while (read(ping[0], &n, sizeof(n)) == sizeof(n)) {
		n = n * 2 + 1;
		write(pong[1], &n, sizeof(n));
	}
	return NULL;
}

static void ping_pong(void)
{
	pthread_t t;
	long sum = 0;

	pipe(ping);
	pipe(pong);
	pthread_create(&t, NULL, echo, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		int n = i;

		write(ping[1], &n, sizeof(n));
		read(pong[0], &n, sizeof(n));
		sum += n;
	}
	close(ping[1]);
	pthread_join(t, NULL);
	printf("ping-pong %ld\n", sum);
}

/* Larger than a pipe or a socket buffer: writer and reader must both wait, again and again. */
static void *pour(void *arg)
{
	static unsigned char data[1 << 20];
	size_t at = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + (i >> 8));
	while (at < sizeof(data)) {
		long n = write(*(int *)arg, data + at, sizeof(data) - at);

		if (n <= 0)
			break;
		at += n;
	}
	shutdown(*(int *)arg, SHUT_WR);
	close(*(int *)arg);
	return NULL;
}

static void streams(void)
{
	static unsigned char got[1 << 20];
	int fds[2][2];

	pipe(fds[0]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, fds[1]);
	for (int i = 0; i < 2; i++) {
		pthread_t t;
		size_t at = 0;
		long n;

		pthread_create(&t, NULL, pour, &fds[i][1]);
		while ((n = read(fds[i][0], got + at, sizeof(got) - at < 70000 ? sizeof(got) - at : 70000)) > 0)
			at += n;
		pthread_join(t, NULL);
		printf("stream %zu %08x\n", at, hash(got, at));
	}
}

static int evs[8];

static void *post(void *arg)
{
	uint64_t n = (uint64_t)(long)arg + 1;

	for (int i = 0; i < 200; i++)
		write(evs[(long)arg], &n, 8);
	return NULL;
}

static void gather(void)
{
	int ep = epoll_create1(0);
	pthread_t t[8];
	long sum = 0, want = 0;

	for (long i = 0; i < 8; i++) {
		struct epoll_event e = { EPOLLIN, { .u32 = (unsigned)i } };

		evs[i] = eventfd(0, EFD_NONBLOCK);
		epoll_ctl(ep, EPOLL_CTL_ADD, evs[i], &e);
		want += (i + 1) * 200;
	}
	for (long i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, post, (void *)i);
	while (sum < want) {
		struct epoll_event out[3];
		int n = epoll_wait(ep, out, 3, 5000);

		if (n <= 0)
			break;
		for (int i = 0; i < n; i++) {
			uint64_t got;

			if (read(evs[out[i].data.u32], &got, 8) == 8)
				sum += (long)got;
		}
	}
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	printf("gather %ld of %ld\n", sum, want);
}

static char *volatile target;

static void *reader(void *arg)
{
	char *to = target;

	(void)arg;
	return (void *)read(sp[0], to, 100);
}

/* The buffer of a read that waits is unmapped and replaced before the data comes: the new one gets it. */
static void unmapped(void)
{
	for (int again = 0; again < 20; again++) {
		pthread_t t;
		void *ret;
		int fill[4096 / 4];

		socketpair(AF_UNIX, SOCK_STREAM, 0, sp);
		target = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		target[0] = 1;
		pthread_create(&t, NULL, reader, NULL);
		usleep(2000);
		munmap(target, 8192);
		char *fresh = mmap(target - 32 * 4096, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (int i = 0; i < 64; i++)
			fresh[i * 4096 + 50] = 'f';
		memset(fill, 'x', sizeof(fill));
		write(sp[1], fill, 100);
		pthread_join(t, &ret);
		int bad = 0;

		for (int i = 0; i < 64 * 4096; i++)
			bad += fresh[i] != 0 && !(i % 4096 == 50 && fresh[i] == 'f');
		if (bad)
			printf("%d bytes at %ld\n", bad, (long)(target - fresh));
		munmap(fresh, 64 * 4096);
		close(sp[0]);
		close(sp[1]);
	}
	printf("unmapped\n");
}

static int counter;

static void *add(void *arg)
{
	int fd = open("lock", O_RDWR);

	(void)arg;
	for (int i = 0; i < 300; i++) {
		flock(fd, LOCK_EX);
		int n = counter;

		usleep(1);
		counter = n + 1;
		flock(fd, LOCK_UN);
	}
	close(fd);
	return NULL;
}

static void locks(void)
{
	pthread_t t[4];

	close(creat("lock", 0600));
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, add, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("locks %d\n", counter);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	ping_pong();
	streams();
	gather();
	unmapped();
	locks();
	return 0;
}
