// SPDX-License-Identifier: GPL-2.0-or-later
// Asynchronous I/O: contexts, each kind of request, events and their order, eventfds, timeouts, mistakes.
#include "net.h"
#include <linux/aio_abi.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>

static aio_context_t ctx;
static struct iocb io[8], *list[8] = { io, io + 1, io + 2, io + 3, io + 4, io + 5, io + 6, io + 7 };
static char buf[8][4096];

static struct iocb request(int op, int fd, void *p, long n, long off, long data)
{
	return (struct iocb){ .aio_lio_opcode = op, .aio_fildes = fd, .aio_buf = (long)p, .aio_nbytes = n, .aio_offset = off, .aio_data = data };
}

static void reap(long min, long nr, long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	struct io_event e[8];
	long n = S(io_getevents, ctx, min, nr, e, ms < 0 ? NULL : &ts);

	printf("  %ld %s", n, n < 0 ? strerrorname_np(errno) : "");
	for (long i = 0; i < n; i++)
		printf(" [data %llx iocb %d res %lld %s %lld]", (long long)e[i].data, (int)((struct iocb *)e[i].obj - io), (long long)e[i].res,
		       e[i].res < 0 && e[i].res > -4096 ? strerrorname_np(-e[i].res) : "", (long long)e[i].res2);
	putchar('\n');
}

static long one(struct iocb r)
{
	io[0] = r;
	return S(io_submit, ctx, 1, list);
}

int main(void)
{
	int fd = (setvbuf(stdout, NULL, _IONBF, 0), file_of("f", 10000)), p[2], ev = eventfd(0, EFD_NONBLOCK), ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);
	struct iovec iov[2] = { { buf[0], 10 }, { buf[1], 20 } };
	aio_context_t other = 5;
	unsigned long count;
	struct io_event e;
	int st;

	pipe(p);
	P(S(io_setup, 0, &ctx));
	P(S(io_setup, 10, &other));
	P(S(io_setup, 1 << 30, &ctx));
	P(S(io_setup, 10, NULL));
	P(S(io_setup, 10, &ctx));
	P(ctx % 4096 == 0 && ctx);
	reap(0, 4, 0);
	P(one(request(IOCB_CMD_PREAD, fd, buf[0], 100, 50, 0x1234)));
	reap(1, 8, -1);
	printf("%x\n", hash(buf[0], 100));
	io[0] = request(IOCB_CMD_PWRITE, fd, "written", 7, 3, 1);
	io[1] = request(IOCB_CMD_PREADV, fd, iov, 2, 0, 2);
	io[2] = request(IOCB_CMD_PREAD, fd, buf[2], 4096, 9000, 3);
	io[3] = request(IOCB_CMD_FDSYNC, fd, NULL, 0, 0, 4);
	P(S(io_submit, ctx, 3, list));
	reap(3, 8, -1);
	printf("%.7s\n", buf[0] + 3);
	P(S(io_submit, ctx, 1, list + 3));
	reap(1, 8, -1);
	/* What io_submit itself refuses. */
	P(one(request(IOCB_CMD_PREAD, 99, buf[0], 1, 0, 0)));
	P(one(request(IOCB_CMD_PREAD, wo, buf[0], 1, 0, 0)));
	P(one(request(IOCB_CMD_PWRITE, ro, buf[0], 1, 0, 0)));
	P(one(request(IOCB_CMD_PREAD, fd, buf[0], -1, 0, 0)));
	P(one(request(IOCB_CMD_PREAD, fd, buf[0], 1, -1, 0)));
	P(one(request(IOCB_CMD_PREAD, fd, KERNEL, 1, 0, 0)));
	P(one(request(IOCB_CMD_PREAD, open(".", O_RDONLY), buf[0], 1, 0, 0)));
	P(one(request(99, fd, buf[0], 1, 0, 0)));
	P(one(request(IOCB_CMD_FSYNC, fd, buf[0], 1, 0, 0)));
	P(one(request(IOCB_CMD_FSYNC, p[0], 0, 0, 0, 0)));
	P(one(request(IOCB_CMD_NOOP, fd, 0, 0, 0, 0)));
	P(one(request(IOCB_CMD_PREADV, fd, iov, 1025, 0, 0)));
	P(one(request(IOCB_CMD_PREADV, fd, NOWHERE, 1, 0, 0)));
	P((io[0] = request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 0), io[0].aio_reserved2 = 1, S(io_submit, ctx, 1, list)));
	P((io[0] = request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 0), io[0].aio_rw_flags = 0x4000, S(io_submit, ctx, 1, list)));
	P((io[0] = request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 0), io[0].aio_flags = 1, io[0].aio_resfd = 99, S(io_submit, ctx, 1, list)));
	P((io[0] = request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 0), io[0].aio_flags = 1, io[0].aio_resfd = fd, S(io_submit, ctx, 1, list)));
	/* What its event tells. */
	P(one(request(IOCB_CMD_PREAD, fd, NOWHERE, 1, 0, 7)));
	reap(0, 8, 0);
	P(one(request(IOCB_CMD_PREAD, fd, buf[0], 10, 20000, 8)));
	reap(0, 8, 0);
	P(one(request(IOCB_CMD_PWRITE, p[1], "pipe", 4, 77, 9)));
	P(one(request(IOCB_CMD_PREAD, p[0], buf[0], 10, 0, 10)));
	reap(1, 1, -1);
	reap(1, 1, -1);
	io[1] = request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 1);
	io[2] = request(IOCB_CMD_PREAD, 99, buf[0], 1, 0, 1);
	P(S(io_submit, ctx, 3, list + 1));
	reap(1, 8, -1);
	P(S(io_submit, ctx, 1, NULL));
	P(S(io_submit, ctx, 0, NULL));
	P(S(io_submit, ctx, -1L, list));
	P(S(io_submit, ctx + 4096, 1, list));
	/* An eventfd counts them. */
	io[0] = request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 11);
	io[0].aio_flags = IOCB_FLAG_RESFD;
	io[0].aio_resfd = ev;
	io[1] = io[0];
	P(S(io_submit, ctx, 2, list));
	P(S(read, ev, &count, 8));
	P(count);
	reap(2, 2, -1);
	/* Polls wait. */
	P(one(request(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0, 12)));
	reap(1, 8, 10);
	write(p[1], "x", 1);
	reap(1, 8, 1000);
	P(one(request(IOCB_CMD_POLL, p[0], (void *)(POLLIN | POLLOUT), 0, 0, 13)));
	reap(1, 8, 1000);
	read(p[0], buf[0], 10);
	P(one(request(IOCB_CMD_POLL, p[0], (void *)0x12345, 0, 0, 0)));
	P(one(request(IOCB_CMD_POLL, p[0], (void *)POLLIN, 1, 0, 0)));
	P(one(request(IOCB_CMD_POLL, 99, (void *)POLLIN, 0, 0, 0)));
	P(one(request(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0, 14)));
	P(S(io_cancel, ctx, io + 1, &e));
	P(S(io_cancel, ctx, io, &e));
	reap(1, 8, 1000);
	P(S(io_cancel, ctx, io, &e));
	P(S(io_cancel, ctx, NOWHERE, &e));
	io[0].aio_key = 5;
	P(S(io_cancel, ctx, io, &e));
	P(S(io_getevents, ctx, 2, 1, &e, NULL));
	P(S(io_getevents, ctx, -1L, 1L, &e, NULL));
	P(S(io_getevents, 0, 0, 1, &e, NULL));
	one(request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 15));
	P(S(io_getevents, ctx, 1, 1, NOWHERE, NULL));
	reap(0, 8, 0);
	one(request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 16));
	P(S(io_pgetevents, ctx, 1, 1, &e, NULL, NULL));
	P(S(io_pgetevents, ctx, 0, 1, &e, &(struct timespec){ 0, 0 }, &(struct { void *p; long n; }){ &(long){ 0 }, 8 }));
	P(S(io_pgetevents, ctx, 0, 1, &e, &(struct timespec){ 0, 0 }, &(struct { void *p; long n; }){ &(long){ 0 }, 4 }));
	fflush(stdout);
	if (!fork()) {
		reap(0, 1, 0);
		P(one(request(IOCB_CMD_PREAD, fd, buf[0], 1, 0, 15)));
		P(S(io_destroy, ctx));
		fflush(stdout);
		_exit(0);
	}
	wait(&st);
	one(request(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0, 14));
	P(S(io_destroy, ctx));
	P(S(io_destroy, ctx));
	reap(0, 1, 0);
	return 0;
}
