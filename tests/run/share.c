// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * share ROLE MEMORY ARGUMENT...: one of several processes that map the same memory. share.py starts them,
 * natively and under ulk, and says what must come out.
 *
 * MEMORY: a path; "fd:N", a socket on which a descriptor arrives; "shm:ID", a System V segment.
 *
 *   turn MEMORY WHO ROUNDS     two of these pass a block to and fro: WHO 0 begins; each must see what the
 * other wrote, whole load MEMORY WHO            stores to all pages until told to stop; pages past the end
 * are recovered from by a SIGBUS handler, and what was stored to the first KEPT pages must be there ever
 * after truncate MEMORY CYCLES     the file shrinks to KEPT pages and grows again, over and over, while the
 * others load shmget                     print the id of a new segment shmrm shm:ID
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE  4096UL
#define PAGES 1024UL /* two windows of ulk's */
#define KEPT  16UL
#define WORDS 64

/* The first page. */
struct head {
	_Atomic uint32_t turn;	  /* even: process 0 may write the block */
	uint64_t block[WORDS];	  /* all words are made from the turn */
	_Atomic uint32_t loading; /* processes that load */
	_Atomic uint32_t stop;
};

static sigjmp_buf recovery;
static volatile sig_atomic_t nr_sigbus;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int receive_fd(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int fd;

	if (recvmsg(sock, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		fail("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static int open_memory(const char *name)
{
	int fd = strncmp(name, "fd:", 3) ? open(name, O_RDWR) : receive_fd(atoi(name + 3));

	if (fd < 0)
		fail(name);
	return fd;
}

static struct head *map_memory(const char *name)
{
	void *p = strncmp(name, "shm:", 4)
			  ? mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, open_memory(name), 0)
			  : shmat(atoi(name + 4), NULL, 0);

	if (p == MAP_FAILED)
		fail("map");
	return p;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint64_t word(uint32_t turn, int i)
{
	return (turn + 1) * 0x9e3779b97f4a7c15u + i;
}

static int take_turns(struct head *h, uint32_t who, uint32_t rounds)
{
	double patience = seconds() + 15;

	for (uint32_t turn = who; turn < 2 * rounds; turn += 2) {
		while (h->turn != turn) {
			if (seconds() > patience) {
				printf("%u: turn %u does not come, it is %u\n", who, turn, h->turn);
				return 1;
			}
			usleep(1);
		}
		for (int i = 0; i < WORDS && turn; i++)
			if (h->block[i] != word(turn - 1, i)) {
				printf("%u: turn %u: word %d is not what was written\n", who, turn, i);
				return 1;
			}
		for (int i = 0; i < WORDS; i++)
			h->block[i] = word(turn, i);
		h->turn = turn + 1;
	}
	printf("%u: %u rounds\n", who, rounds);
	return 0;
}

static void on_sigbus(int sig)
{
	nr_sigbus++;
	siglongjmp(recovery, 1);
}

static int load(struct head *h, uint32_t who)
{
	volatile uint64_t *const base = (volatile uint64_t *)h;
	static volatile uint64_t stored[KEPT], rounds, page;
	struct sigaction sa = {.sa_handler = on_sigbus};
	double patience = seconds() + 15;

	sigaction(SIGBUS, &sa, NULL);
	h->loading++;
	sigsetjmp(recovery, 1);
	while (!h->stop && seconds() < patience) {
		for (page = 1; page < KEPT; page++) {
			volatile uint64_t *p = base + page * (PAGE / 8) + who;
			uint64_t is = *p, want = stored[page];

			/* A SIGBUS may have come between the store and the note of it. */
			if (is != want && is != want + 1) {
				printf("%u: page %lu has %lu, should have %lu\n", who, (unsigned long)page,
				       (unsigned long)is, (unsigned long)want);
				return 1;
			}
			*p = is + 1;
			stored[page] = is + 1;
		}
		for (page = KEPT; page < PAGES; page += 7)
			base[page * (PAGE / 8) + who] = rounds;
		rounds++;
	}
	if (!h->stop) {
		printf("%u: nobody said stop\n", who);
		return 1;
	}
	fprintf(stderr, "%u: %lu rounds, %d SIGBUS\n", who, (unsigned long)rounds, (int)nr_sigbus);
	printf("%u: nothing lost%s\n", who, rounds || nr_sigbus ? "" : ", nothing done");
	return 0;
}

static int truncate_it(const char *name, unsigned cycles)
{
	int fd = open_memory(name);
	struct head *h = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct stat st;

	for (int i = 0; i < 10000 && h->loading < 2; i++)
		usleep(1000);
	for (unsigned i = 0; i < cycles; i++) {
		if (ftruncate(fd, KEPT * PAGE) || ftruncate(fd, PAGES * PAGE))
			fail("ftruncate");
		if (i % 8 == 0)
			usleep(1000);
	}
	h->stop = 1;
	fstat(fd, &st);
	printf("%u cycles, %lu pages\n", cycles, (unsigned long)st.st_size / PAGE);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "turn"))
		return take_turns(map_memory(argv[2]), atoi(argv[3]), atoi(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "load"))
		return load(map_memory(argv[2]), atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "truncate"))
		return truncate_it(argv[2], atoi(argv[3]));
	if (argc == 2 && !strcmp(argv[1], "shmget"))
		return printf("%d\n", shmget(IPC_PRIVATE, PAGES * PAGE, IPC_CREAT | 0600)) < 0;
	if (argc == 3 && !strcmp(argv[1], "shmrm"))
		return shmctl(atoi(argv[2] + 4), IPC_RMID, NULL);
	fprintf(stderr, "usage: see share.c\n");
	return 2;
}
