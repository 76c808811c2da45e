// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: the connection, and packets with their checksums and acknowledgements. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "observe/gdb_server.h"
#include "observe/observe.h"

#define DEFAULT_PORT 1234
#define INTERRUPT    3

static int listen_at_path(struct gdb_server *s, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->listener < 0)
		return -errno;
	/* What an earlier run left there goes; what another one listens at does not. */
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode)) {
		if (!connect(s->listener, (struct sockaddr *)&addr, sizeof(addr)) || errno != ECONNREFUSED) {
			close(s->listener);
			s->listener = -1;
			return -EADDRINUSE;
		}
		unlink(path);
	}
	if (bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	s->path = path;
	return listen(s->listener, 1) ? -errno : 0;
}

static int listen_at_port(struct gdb_server *s, u16 port, u16 *given)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int on = 1;

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->listener < 0)
		return -errno;
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(s->listener, 1) ||
	    getsockname(s->listener, (struct sockaddr *)&addr, &len))
		return -errno;
	*given = ntohs(addr.sin_port);
	return 0;
}

int gdb_listen(struct gdb_server *s, char *shown)
{
	const char *where = s->config->where;
	unsigned long port = DEFAULT_PORT;
	u16 given = 0;
	char *end;
	int err;

	if (where && strchr(where, '/')) {
		snprintf(shown, 128, "%s", where);
		return listen_at_path(s, where);
	}
	if (where) {
		port = strtoul(*where == ':' ? where + 1 : where, &end, 10);
		if (*end || end == where || port > 65535) {
			snprintf(shown, 128, "%s", where);
			return -EINVAL;
		}
	}
	snprintf(shown, 128, "127.0.0.1:%lu", port);
	err = listen_at_port(s, (u16)port, &given);
	if (!err)
		snprintf(shown, 128, "127.0.0.1:%u", given);
	return err;
}

void gdb_accept(struct gdb_server *s)
{
	int on = 1;

	s->client = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (s->client < 0)
		return;
	setsockopt(s->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	s->nr_in = 0;
	s->no_ack = s->extended = s->waiting = s->interrupted = false;
	s->fresh = true;
	s->pid = s->tid = 0;
	gdb_default_settings(s->shared);
}

void gdb_hang_up(struct gdb_server *s)
{
	struct pollfd pfd = {.fd = s->client, .events = POLLIN};
	char rest[256];

	if (s->client < 0)
		return;
	/* What is still on its way to us must be read, or what is on its way to gdb is thrown away. */
	shutdown(s->client, SHUT_WR);
	while (poll(&pfd, 1, 500) > 0 && read(s->client, rest, sizeof(rest)) > 0)
		;
	close(s->client);
	s->client = -1;
}

/* ---- out ---- */

void gdb_send_packet(struct gdb_server *s, const char *data, size_t n)
{
	char *packet = malloc(n + 4);
	u8 sum = 0;

	if (!packet)
		return;
	*packet = '$';
	memcpy(packet + 1, data, n);
	for (size_t i = 0; i < n; i++)
		sum += (u8)data[i];
	packet[n + 1] = '#';
	packet[n + 2] = "0123456789abcdef"[sum >> 4];
	packet[n + 3] = "0123456789abcdef"[sum & 15];
	free(s->sent);
	s->sent = packet;
	s->sent_size = n + 4;
	if (s->client >= 0)
		write_fully(s->client, packet, s->sent_size);
}

static void acknowledge(struct gdb_server *s, bool good)
{
	if (!s->no_ack)
		write_fully(s->client, good ? "+" : "-", 1);
}

/* ---- in ---- */

/* The packet that begins at s->in[@at], a '$'; where the next thing begins, or 0 when it is not all there yet. */
static size_t take_packet(struct gdb_server *s, size_t at)
{
	char *start = s->in + at + 1, *hash = memchr(start, '#', s->nr_in - at - 1);
	char packet[GDB_PACKET + 1];
	size_t n, next;
	u8 sum = 0;
	int high, low;

	if (!hash || hash + 2 >= s->in + s->nr_in)
		return 0;
	n = (size_t)(hash - start);
	next = (size_t)(hash + 3 - s->in);
	for (size_t i = 0; i < n; i++)
		sum += (u8)start[i];
	high = gdb_hex_digit(hash[1]);
	low = gdb_hex_digit(hash[2]);
	if (n > GDB_PACKET || high < 0 || low < 0 || (high << 4 | low) != sum) {
		acknowledge(s, false);
		return next;
	}
	acknowledge(s, true);
	memcpy(packet, start, n);
	packet[n] = '\0';
	gdb_handle_packet(s, packet, n);
	return next;
}

void gdb_read_packets(struct gdb_server *s)
{
	ssize_t got = read(s->client, s->in + s->nr_in, sizeof(s->in) - s->nr_in);
	size_t at = 0, next;

	if (got <= 0) {
		if (got < 0 && errno == EINTR)
			return;
		close(s->client);
		s->client = -1;
		return;
	}
	s->nr_in += (size_t)got;
	while (at < s->nr_in && s->client >= 0) {
		next = at + 1;
		if (s->in[at] == '$') {
			next = take_packet(s, at);
			if (!next)
				break;
		} else if (s->in[at] == INTERRUPT) {
			gdb_interrupt(s);
		} else if (s->in[at] == '-' && s->sent && !s->no_ack) {
			write_fully(s->client, s->sent, s->sent_size);
		}
		at = next;
	}
	/* The beginning of what is longer than any packet is of no use. */
	if (!at && s->nr_in == sizeof(s->in))
		at = s->nr_in;
	memmove(s->in, s->in + at, s->nr_in - at);
	s->nr_in -= at;
}
