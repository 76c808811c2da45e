// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * execs: executions per second of a program that reads a file, two ways, on one processor's time and on the clock's.
 *
 *	execs [-n COUNT] FILE -- ulk fuzz PROGRAM @@          as afl-fuzz does it: one fork server, inputs in shared memory
 *	execs [-n COUNT] -s FILE -- qemu-x86_64 PROGRAM @@    a process for each execution, as with afl-fuzz -n
 *
 * Each execution gets the content of FILE with one byte changed. What is measured is the target and the talk with it: no mutations,
 * no looking through the map (which afl-fuzz does in addition, whatever the target).
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAP_SIZE 65536
#define MAX	 (1 << 20)

extern char **environ;

struct execs {
	char file[64];           /* in @@'s place */
	char *input;
	size_t size;
	uint8_t *map;
	struct shared_input {
		uint32_t size;
		char data[MAX];
	} *shared;
	int control, status;
	pid_t server;
	unsigned edges;          /* of the last execution */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu_of_children(void)
{
	struct rusage ru;

	getrusage(RUSAGE_CHILDREN, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) + (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}

static void write_file(const struct execs *e)
{
	int fd = open(e->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, e->input, e->size) != (ssize_t)e->size)
		die(e->file);
	close(fd);
}

static int spawn_one(struct execs *e, char **argv)
{
	posix_spawn_file_actions_t actions;
	int status, err;
	pid_t pid;

	write_file(e);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err) {
		errno = err;
		die(argv[0]);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void *share(const char *name, size_t size)
{
	int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	void *at = shmat(id, NULL, 0);
	char text[16];

	if (id < 0 || at == (void *)-1)
		die("shared memory");
	snprintf(text, sizeof(text), "%d", id);
	setenv(name, text, 1);
	shmctl(id, IPC_RMID, NULL);
	return at;
}

static int32_t get(const struct execs *e)
{
	int32_t word;

	if (read(e->status, &word, sizeof(word)) != sizeof(word)) {
		fputs("execs: the fork server has gone\n", stderr);
		exit(1);
	}
	return word;
}

static void put(const struct execs *e, uint32_t word)
{
	if (write(e->control, &word, sizeof(word)) != sizeof(word))
		die("fork server");
}

static void start_server(struct execs *e, char **argv)
{
	int control[2], status[2];

	e->map = share("__AFL_SHM_ID", MAP_SIZE);
	e->shared = share("__AFL_SHM_FUZZ_ID", sizeof(*e->shared));
	if (pipe(control) || pipe(status))
		die("pipe");
	e->server = fork();
	if (!e->server) {
		int null = open("/dev/null", O_WRONLY);

		dup2(control[0], 198);
		dup2(status[1], 199);
		dup2(null, 1);
		close_range(3, 197, 0);
		close_range(200, ~0u, 0);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(control[0]);
	close(status[1]);
	e->control = control[1];
	e->status = status[0];
	if (get(e) & 0x01000000)
		put(e, 0x81000001);
	else
		e->shared = NULL;
}

static int serve_one(struct execs *e)
{
	if (e->shared) {
		e->shared->size = (uint32_t)e->size;
		memcpy(e->shared->data, e->input, e->size);
	} else {
		write_file(e);
	}
	memset(e->map, 0, MAP_SIZE);
	put(e, 0);
	get(e);
	return get(e);
}

static void take_input(struct execs *e, const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	e->input = malloc(MAX);
	n = fd < 0 || !e->input ? -1 : read(fd, e->input, MAX);
	if (n <= 0)
		die(path);
	e->size = (size_t)n;
	close(fd);
}

static void report(const struct execs *e, long n, double seconds, double cpu, long normal)
{
	printf("%ld executions, %.0f per second, %.1f us CPU time each, %ld ended normally", n, (double)n / seconds, cpu / (double)n * 1e6,
	       normal);
	if (e->map)
		printf(", %u edges", e->edges);
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct execs e = {.file = "/tmp/.cur_input-XXXXXX"};
	long n = 1000, normal = 0;
	double began, cpu;
	int c, spawn = 0, fd;

	while ((c = getopt(argc, argv, "+n:s")) != -1) {
		if (c == 'n')
			n = atol(optarg);
		else if (c == 's')
			spawn = 1;
		else
			return 2;
	}
	if (argc - optind < 3 || strcmp(argv[optind + 1], "--") || n < 1) {
		fputs("usage: execs [-n COUNT] [-s] FILE -- COMMAND... @@\n", stderr);
		return 2;
	}
	take_input(&e, argv[optind]);
	fd = mkstemp(e.file);
	if (fd < 0)
		die(e.file);
	close(fd);
	argv += optind + 2;
	for (char **a = argv; *a; a++)
		if (!strcmp(*a, "@@"))
			*a = e.file;
	if (!spawn)
		start_server(&e, argv);
	began = now();
	cpu = cpu_of_children();
	for (long i = 0; i < n; i++) {
		char *byte = &e.input[(size_t)i % e.size], was = *byte;
		int status;

		*byte = (char)(was ^ 1 << i % 7);
		status = spawn ? spawn_one(&e, argv) : serve_one(&e);
		normal += WIFEXITED(status);
		*byte = was;
	}
	began = now() - began;
	for (unsigned i = 0; e.map && i < MAP_SIZE; i++)
		e.edges += e.map[i] != 0;
	if (!spawn) {
		close(e.control);
		waitpid(e.server, NULL, 0);
	}
	report(&e, n, began, cpu_of_children() - cpu, normal);
	unlink(e.file);
	return 0;
}
