// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: the server's loop. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "observe/gdb_server.h"

static const int ignored[3] = {SIGINT, SIGQUIT, SIGPIPE};

void gdb_ignore_signals(struct gdb_server *s)
{
	const struct sigaction ign = {.sa_handler = SIG_IGN};

	for (int i = 0; i < 3; i++)
		sigaction(ignored[i], &ign, &s->signals[i]);
}

void gdb_restore_signals(struct gdb_server *s)
{
	for (int i = 0; i < 3; i++)
		sigaction(ignored[i], &s->signals[i], NULL);
}

static char **copy_argv(char **argv)
{
	size_t n = 0;
	char **copy;

	while (argv[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++)
		copy[i] = strdup(argv[i]);
	return copy;
}

static bool finished(const struct gdb_server *s)
{
	/* Without gdb nobody is to be told of an end. */
	return !s->processes && (s->client < 0 || (!s->dead && !s->extended));
}

static void wait_for_event(struct gdb_server *s)
{
	struct pollfd fds[GDB_SLOTS + 1];
	int pids[GDB_SLOTS + 1];
	nfds_t n = 1;

	fds[0] = (struct pollfd){.fd = s->client >= 0 ? s->client : s->listener, .events = POLLIN};
	for (struct gdb_process *p = s->processes; p && n <= GDB_SLOTS; p = p->next) {
		pids[n] = p->pid;
		fds[n++] = (struct pollfd){.fd = p->fd, .events = POLLIN};
	}
	if (poll(fds, n, -1) <= 0)
		return;
	for (nfds_t i = 1; i < n; i++) {
		struct gdb_process *p = fds[i].revents ? gdb_find_process(s, pids[i]) : NULL;
		struct pollfd again = {.fd = p ? p->fd : -1, .events = POLLIN};

		/* Others may have been heard while this one was stopped. */
		if (p && poll(&again, 1, 0) > 0) {
			gdb_process_event(s, p);
			gdb_report(s);
		}
	}
	if (!fds[0].revents)
		return;
	if (s->client >= 0)
		gdb_read_packets(s);
	else
		gdb_accept(s);
}

static int wait_for_program(struct gdb_server *s)
{
	int status;

	if (s->reaped)
		return s->status;
	while (waitpid(s->last_pid, &status, 0) < 0) {
		if (errno != EINTR)
			return s->status;
	}
	return status;
}

static void free_server(struct gdb_server *s)
{
	gdb_hang_up(s);
	close(s->listener);
	if (s->path)
		unlink(s->path);
	gdb_close_files(s);
	for (size_t i = 0; s->argv && s->argv[i]; i++)
		free(s->argv[i]);
	free(s->argv);
	for (size_t i = 0; i < s->nr_env; i++)
		free(s->env[i]);
	free(s->env);
	free(s->dir);
	free(s->dead);
	free(s->threads);
	free(s->sent);
	munmap(s->shared, sizeof(*s->shared));
	free(s);
}

static struct gdb_server *new_server(const struct gdb_server_config *config)
{
	struct gdb_server *s = calloc(1, sizeof(*s));
	void *shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!s || shared == MAP_FAILED) {
		free(s);
		return NULL;
	}
	s->config = config;
	s->shared = shared;
	gdb_default_settings(s->shared);
	s->listener = s->client = -1;
	s->argv = copy_argv(config->argv);
	return s;
}

int gdb_serve(const struct gdb_server_config *config)
{
	struct gdb_server *s = new_server(config);
	char where[128];
	int status;

	if (!s || !s->argv)
		return -ENOMEM;
	status = gdb_listen(s, where);
	if (status) {
		fprintf(stderr, "ulk: --gdb: %s: %s\n", where, strerror(-status));
		free_server(s);
		return status;
	}
	gdb_ignore_signals(s);
	if (!gdb_start(s, s->argv)) {
		/* It has said why. */
		status = s->status;
		gdb_restore_signals(s);
		free_server(s);
		return status;
	}
	fprintf(stderr, "ulk: process %d waits for gdb at %s\n", s->processes->pid, where);
	while (!finished(s))
		wait_for_event(s);
	gdb_hang_up(s);
	status = wait_for_program(s);
	gdb_restore_signals(s);
	free_server(s);
	return status;
}
