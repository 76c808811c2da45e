// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: numbers, bytes, threads and signals as the protocol writes them. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "observe/gdb_internal.h"

int gdb_hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool gdb_parse_hex(const char **s, u64 *value)
{
	const char *p = *s;

	for (*value = 0; gdb_hex_digit(*p) >= 0; p++) {
		if (*value >> 60)
			return false;
		*value = *value << 4 | (u64)gdb_hex_digit(*p);
	}
	if (p == *s)
		return false;
	*s = p;
	return true;
}

static bool parse_id(const char **s, int *id)
{
	u64 value;

	if (!strncmp(*s, "-1", 2)) {
		*s += 2;
		*id = -1;
		return true;
	}
	if (!gdb_parse_hex(s, &value) || value > INT32_MAX)
		return false;
	*id = (int)value;
	return true;
}

bool gdb_parse_thread(const char **s, int *pid, int *tid)
{
	*pid = *tid = 0;
	if (**s != 'p')
		return parse_id(s, tid);
	++*s;
	if (!parse_id(s, pid))
		return false;
	*tid = -1;
	if (**s != '.')
		return true;
	++*s;
	return parse_id(s, tid);
}

bool gdb_unhex(const char *hex, size_t n, u8 *out)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		int high = gdb_hex_digit(hex[i]), low = gdb_hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (u8)(high << 4 | low);
	}
	return !(n & 1);
}

void gdb_put_hex(FILE *out, const void *data, size_t n)
{
	for (const u8 *p = data; n--; p++)
		fprintf(out, "%02x", *p);
}

void gdb_put_binary(FILE *out, const void *data, size_t n)
{
	for (const u8 *p = data; n--; p++) {
		if (*p == '#' || *p == '$' || *p == '}' || *p == '*') {
			putc('}', out);
			putc(*p ^ 0x20, out);
		} else {
			putc(*p, out);
		}
	}
}

void gdb_put_thread(FILE *out, bool multiprocess, int pid, int tid)
{
	if (multiprocess)
		fprintf(out, "p%x.%x", (unsigned)pid, (unsigned)tid);
	else
		fprintf(out, "%x", (unsigned)tid);
}

void gdb_put_piece(FILE *out, const void *data, size_t n, const char *range)
{
	u64 offset, len;

	if (!gdb_parse_hex(&range, &offset) || *range++ != ',' || !gdb_parse_hex(&range, &len) || offset > n) {
		fputs("E01", out);
		return;
	}
	/* Twice that fits into a packet, whatever has to be escaped. */
	len = min_t(u64, len, (GDB_PACKET - 16) / 2);
	putc(offset + len < n ? 'm' : 'l', out);
	gdb_put_binary(out, (const u8 *)data + offset, min_t(size_t, len, n - offset));
}

/* ---- signals ---- */

/* gdb's numbers of the host's signals 1 to 31: those of the BSDs. */
static const u8 numbers[32] = {0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15,
			       0, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12};

#define GDB_REALTIME_33 45
#define GDB_REALTIME_32 77
#define GDB_REALTIME_64 78
#define GDB_UNKNOWN	143

int gdb_signal_to(int host)
{
	if (host < 32)
		return host > 0 && numbers[host] ? numbers[host] : GDB_UNKNOWN;
	if (host == 32)
		return GDB_REALTIME_32;
	return host < 64 ? GDB_REALTIME_33 + host - 33 : GDB_REALTIME_64;
}

int gdb_signal_from(int number)
{
	for (int sig = 1; number && sig < 32; sig++) {
		if (numbers[sig] == number)
			return sig;
	}
	if (number >= GDB_REALTIME_33 && number < GDB_REALTIME_33 + 31)
		return number - GDB_REALTIME_33 + 33;
	return number == GDB_REALTIME_32 ? 32 : number == GDB_REALTIME_64 ? 64 : 0;
}

/* ---- messages between the server and an agent ---- */

union control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

bool gdb_send(int fd, const struct gdb_header *h, const void *data, size_t n, int pass)
{
	struct iovec iov[2] = {{(void *)(uintptr_t)h, sizeof(*h)}, {(void *)(uintptr_t)data, n}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	union control control = {};
	struct cmsghdr *c;
	ssize_t done;

	if (pass >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(pass));
	}
	do
		done = HOST(SYS_sendmsg, fd, &msg, MSG_NOSIGNAL);
	while (done == -EINTR);
	return done >= 0;
}

ssize_t gdb_receive(int fd, struct gdb_header *h, void *data, size_t size, int *passed)
{
	struct iovec iov[2] = {{h, sizeof(*h)}, {data, size}};
	union control control;
	struct msghdr msg = {.msg_iov = iov,
			     .msg_iovlen = 2,
			     .msg_control = passed ? control.buf : NULL,
			     .msg_controllen = passed ? sizeof(control.buf) : 0};
	struct cmsghdr *c;
	ssize_t n;

	n = HOST(SYS_recvmsg, fd, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return n;
	if ((size_t)n < sizeof(*h))
		return -EPIPE;
	if (passed) {
		*passed = -1;
		c = CMSG_FIRSTHDR(&msg);
		if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(passed, CMSG_DATA(c), sizeof(*passed));
	}
	return n - (ssize_t)sizeof(*h);
}
