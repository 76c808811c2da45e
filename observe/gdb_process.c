// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: the server's view of the processes: starting, asking, stopping and ending them. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kernel/signal.h"
#include "observe/gdb_server.h"

/* How long a process is given to stop, and how often it is told to. */
#define STOP_MS 1000
#define KICK_MS 20

struct gdb_process *gdb_find_process(struct gdb_server *s, int pid)
{
	struct gdb_process *p = s->processes;

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

struct gdb_process *gdb_current(struct gdb_server *s)
{
	struct gdb_process *p = s->pid > 0 ? gdb_find_process(s, s->pid) : NULL;

	return p ? p : s->processes;
}

static struct gdb_process *add_process(struct gdb_server *s, int pid, int fd, unsigned slot)
{
	struct gdb_process *p = calloc(1, sizeof(*p)), **last = &s->processes;

	if (!p)
		return NULL;
	p->pid = pid;
	p->fd = fd;
	p->slot = slot;
	while (*last)
		last = &(*last)->next;
	*last = p;
	return p;
}

static void remove_process(struct gdb_server *s, struct gdb_process *p)
{
	struct gdb_process **at = &s->processes;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	close(p->fd);
	__atomic_store_n(&s->shared->slot[p->slot].used, 0, __ATOMIC_RELEASE);
	free(p->event);
	free(p->last);
	free(p->resumed_with);
	free(p);
}

static void reap(struct gdb_server *s, int pid)
{
	int status;

	if (s->reaped || pid != s->last_pid)
		return;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return;
	}
	s->status = status;
	s->reaped = true;
}

/* ---- starting ---- */

static int free_slot(struct gdb_server *s)
{
	for (int i = 0; i < GDB_SLOTS; i++) {
		u32 none = 0;

		if (__atomic_compare_exchange_n(&s->shared->slot[i].used, &none, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return i;
	}
	return -1;
}

static void close_others(struct gdb_server *s)
{
	gdb_close_files(s);
	if (s->listener >= 0)
		close(s->listener);
	if (s->client >= 0)
		close(s->client);
	for (struct gdb_process *p = s->processes; p; p = p->next)
		close(p->fd);
}

struct gdb_process *gdb_start(struct gdb_server *s, char **argv)
{
	struct gdb_process *p;
	int ends[2], slot = free_slot(s);
	int pid;

	s->status = 125 << 8;
	if (slot < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return NULL;
	__atomic_store_n(&s->shared->slot[slot].stop, 0, __ATOMIC_RELEASE);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		close_others(s);
		gdb_restore_signals(s);
		s->config->start(s->config->arg, argv, s->env, s->dir, s->aslr, ends[0], s->shared, (unsigned)slot);
		_exit(125);
	}
	close(ends[0]);
	p = pid > 0 ? add_process(s, pid, ends[1], (unsigned)slot) : NULL;
	if (!p) {
		close(ends[1]);
		return NULL;
	}
	s->last_pid = pid;
	s->reaped = false;
	p->ours = p->running = true;
	while (p && p->running) {
		gdb_process_event(s, p);
		p = gdb_find_process(s, pid);
	}
	if (!p)
		return NULL;
	/* That it stands at its beginning is no event. */
	free(p->event);
	p->event = NULL;
	return p;
}

/* ---- messages ---- */

char *gdb_ask(struct gdb_server *s, struct gdb_process *p, int tid, const char *packet, size_t len, size_t *n)
{
	struct gdb_header h = {.type = GDB_REQUEST, .tid = tid};
	char *reply = malloc(GDB_REPLY_MAX + 1);
	ssize_t got = -EPIPE;

	*n = 0;
	if (!reply || p->running || p->gone || !gdb_send(p->fd, &h, packet, len, -1)) {
		p->gone |= reply && !p->running;
		free(reply);
		return NULL;
	}
	do
		got = gdb_receive(p->fd, &h, reply, GDB_REPLY_MAX, NULL);
	while (got == -EINTR);
	if (got < 0 || h.type != GDB_REPLY) {
		p->gone = true;
		free(reply);
		return NULL;
	}
	reply[got] = '\0';
	*n = (size_t)got;
	return reply;
}

/* gdb gets to hear of the end of @p. */
static void process_ended(struct gdb_server *s, struct gdb_process *p)
{
	char process[32] = "", text[64];
	int status = p->ended ? p->status : SIGKILL;

	if (p->ours) {
		reap(s, p->pid);
		status = s->status;
	}
	if (s->shared->multiprocess)
		snprintf(process, sizeof(process), ";process:%x", (unsigned)p->pid);
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "X%02x%s", (unsigned)gdb_signal_to(WTERMSIG(status)), process);
	else
		snprintf(text, sizeof(text), "W%02x%s", (unsigned)WEXITSTATUS(status), process);
	free(s->dead);
	s->dead = strdup(text);
	remove_process(s, p);
}

static void process_stopped(struct gdb_server *s, struct gdb_process *p, const struct gdb_header *h, char *text, int passed)
{
	p->running = false;
	free(p->last);
	p->last = strdup(text);
	if (passed >= 0 && !add_process(s, h->pid, passed, h->slot))
		close(passed);
	/* T00: told to, for another's sake. */
	if (strncmp(text, "T00", 3)) {
		free(p->event);
		p->event = strdup(text);
	}
}

void gdb_process_event(struct gdb_server *s, struct gdb_process *p)
{
	char text[GDB_PACKET + 1];
	struct gdb_header h;
	int passed = -1;
	ssize_t n;

	do
		n = gdb_receive(p->fd, &h, text, sizeof(text) - 1, &passed);
	while (n == -EINTR);
	if (n < 0) {
		process_ended(s, p);
		return;
	}
	text[n] = '\0';
	if (h.type == GDB_STOPPED) {
		process_stopped(s, p, &h, text, passed);
		return;
	}
	if (passed >= 0)
		close(passed);
	if (h.type == GDB_EXITED) {
		p->ended = true;
		p->status = h.pid;
	}
}

/* ---- stopping and going on ---- */

/* Make each of its threads look at its slot. */
static void kick(int pid)
{
	siginfo_t info = {.si_signo = SIGBUS, .si_code = SI_ULK_KICK};
	struct dirent *entry;
	char path[32];
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && (entry = readdir(d))) {
		int tid = atoi(entry->d_name);

		if (tid > 0)
			syscall(SYS_rt_tgsigqueueinfo, pid, tid, SIGBUS, &info);
	}
	if (d)
		closedir(d);
}

static void stop_one(struct gdb_server *s, int pid)
{
	struct gdb_process *p = gdb_find_process(s, pid);

	for (int waited = 0; p && p->running && waited < STOP_MS; waited += KICK_MS) {
		struct pollfd pfd = {.fd = p->fd, .events = POLLIN};

		__atomic_store_n(&s->shared->slot[p->slot].stop, 1, __ATOMIC_RELEASE);
		kick(pid);
		if (poll(&pfd, 1, KICK_MS) > 0)
			gdb_process_event(s, p);
		p = gdb_find_process(s, pid);
	}
	if (p)
		p->late = p->running;
}

void gdb_stop_all(struct gdb_server *s)
{
	struct gdb_process *p = s->processes, *next;

	for (; p; p = next) {
		int after;

		next = p->next;
		after = next ? next->pid : 0;
		stop_one(s, p->pid);
		next = after ? gdb_find_process(s, after) : NULL;
	}
}

void gdb_resume_process(struct gdb_server *s, struct gdb_process *p, const char *packet)
{
	const struct gdb_header h = {.type = GDB_RESUME};

	/* A request that came too late for its stop. */
	__atomic_store_n(&s->shared->slot[p->slot].stop, 0, __ATOMIC_RELEASE);
	if (p->running)
		return;
	p->running = true;
	p->late = false;
	if (packet != p->resumed_with) {
		free(p->resumed_with);
		p->resumed_with = strdup(packet);
	}
	gdb_send(p->fd, &h, packet, strlen(packet), -1);
}

void gdb_detach_process(struct gdb_server *s, struct gdb_process *p)
{
	const struct gdb_header h = {.type = GDB_DETACH};

	gdb_send(p->fd, &h, NULL, 0, -1);
	remove_process(s, p);
}

void gdb_kill_process(struct gdb_server *s, struct gdb_process *p)
{
	struct gdb_header h;
	int pid = p->pid;
	ssize_t n;

	kill(pid, SIGKILL);
	do
		n = gdb_receive(p->fd, &h, s->in + s->nr_in, 0, NULL);
	while (n >= 0 || n == -EINTR);
	if (p->ours)
		reap(s, pid);
	remove_process(s, p);
}

void gdb_forget_points(struct gdb_server *s)
{
	for (struct gdb_process *p = s->processes; p; p = p->next) {
		size_t n;

		free(gdb_ask(s, p, 0, "qulk.forget", 11, &n));
		if (p->event && (strstr(p->event, "break:") || strstr(p->event, "watch:") || strstr(p->event, "syscall_"))) {
			free(p->event);
			p->event = NULL;
		}
	}
}

/* ---- what gdb is told ---- */

static void send_event(struct gdb_server *s, struct gdb_process *p)
{
	s->waiting = s->interrupted = false;
	s->pid = p->pid;
	s->tid = 0;
	gdb_send_packet(s, p->event, strlen(p->event));
	free(p->event);
	p->event = NULL;
}

void gdb_report(struct gdb_server *s)
{
	struct gdb_process *p;

	if (!s->waiting)
		return;
	for (p = s->processes; p && !p->event && (p->running || !s->interrupted); p = p->next)
		;
	if (!p && !s->dead) {
		/* One that stopped for no reason of its own goes on. */
		for (p = s->processes; p; p = p->next) {
			if (!p->running && p->late && p->resumed_with)
				gdb_resume_process(s, p, p->resumed_with);
		}
		return;
	}
	gdb_stop_all(s);
	if (s->dead) {
		s->waiting = s->interrupted = false;
		gdb_send_packet(s, s->dead, strlen(s->dead));
		free(s->dead);
		s->dead = NULL;
		return;
	}
	for (p = s->processes; p && !p->event; p = p->next)
		;
	if (p) {
		send_event(s, p);
		return;
	}
	for (p = s->processes; p && (p->running || !p->last); p = p->next)
		;
	if (!p)
		return;
	p->event = strdup(p->last);
	if (p->event && !strncmp(p->event, "T00", 3))
		memcpy(p->event, "T02", 3);
	if (p->event)
		send_event(s, p);
}
