// SPDX-License-Identifier: GPL-2.0-or-later
/* vfork and posix_spawn: the child works in its parent's memory; errors of a spawn come back through it. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "show.h"

extern char **environ;

static int global = 1;
static char zeroed[3 * 4096];

static void stores(void)
{
	int *heap = calloc(1, 100000), status;
	char *map = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile int local = 1;
	pid_t pid;

	heap[20000] = 1;
	madvise(map, 4096, MADV_WIPEONFORK);
	map[0] = 'w';
	pid = vfork();
	if (!pid) {
		global = 2;
		heap[0] = heap[20000] = 2;
		local = 2;
		zeroed[5000] = 3;
		map[0]++;
		map[5 * 4096] = 'n';
		_exit(9);
	}
	waitpid(pid, &status, 0);
	printf("%d %d %d %d %d %c%c, status %x\n", global, heap[0], heap[20000], local, zeroed[5000], map[0],
	       map[5 * 4096], status);
	pid = vfork();
	if (!pid) {
		global = 3;
		execl("missing", "missing", NULL);
		local = errno;
		if (!vfork()) {
			global++;
			_exit(0);
		}
		execl("/proc/self/exe", "proc_vfork", "again", NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf("%d %d, status %x\n", global, local, status);
	pid = vfork();
	if (!pid) {
		global = 5;
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	printf("status %x\n", status);
	munmap(map, 8 * 4096);
	free(heap);
}

static void spawns(void)
{
	char *args[] = {"proc_vfork", "again", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	int status = -1, ret;
	pid_t pid = 0;

	ret = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ);
	printf("spawn: %s\n", strerrorname_np(ret));
	waitpid(pid, &status, 0);
	printf("status %x\n", status);
	ret = posix_spawn(&pid, "missing", NULL, NULL, args, environ);
	printf("missing: %s\n", strerrorname_np(ret));
	ret = posix_spawnp(&pid, "also-missing", NULL, NULL, args, environ);
	printf("missing in PATH: %s\n", strerrorname_np(ret));
	close(open("text", O_CREAT | O_RDWR, 0600));
	ret = posix_spawn(&pid, "text", NULL, NULL, args, environ);
	printf("not executable: %s\n", strerrorname_np(ret));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "out", O_CREAT | O_WRONLY, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	posix_spawnattr_init(&attr);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	posix_spawnattr_setsigmask(&attr, &set);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	ret = posix_spawn(&pid, "/proc/self/exe", &actions, &attr, args, environ);
	printf("with actions: %s\n", strerrorname_np(ret));
	waitpid(pid, &status, 0);
	printf("status %x\n", status);
	posix_spawn_file_actions_addclose(&actions, 77);
	posix_spawn_file_actions_addopen(&actions, 1, "missing/out", O_WRONLY, 0600);
	ret = posix_spawn(&pid, "/proc/self/exe", &actions, &attr, args, environ);
	printf("with bad actions: %s\n", strerrorname_np(ret));
	SHOW(wait(&status));
}

static volatile int stop;
static volatile unsigned long count;

static void *counter(void *arg)
{
	while (!stop)
		count++;
	return NULL;
}

/* A thread that goes on meanwhile: none of its stores may be lost. */
static void threads(void)
{
	unsigned long before;
	int bad = 0, ret = 0;
	char *args[] = {"x", NULL};
	pthread_t thread;
	pid_t pid;

	pthread_create(&thread, NULL, counter, NULL);
	for (int i = 0; i < 20; i++) {
		before = count;
		ret |= posix_spawn(&pid, "missing", NULL, NULL, args, environ) ^ ENOENT;
		bad += count < before;
	}
	stop = 1;
	pthread_join(thread, NULL);
	printf("threads: %d %d\n", ret, bad);
}

static volatile int alarms;

static void on_signal(int sig)
{
	alarms++;
}

/* The parent's handler runs when the child has let go, not before. */
static void signals(void)
{
	int status, parent = getpid();
	pid_t pid;

	signal(SIGUSR1, on_signal);
	pid = vfork();
	if (!pid) {
		kill(parent, SIGUSR1);
		usleep(20000);
		global = 100 + alarms;
		_exit(0);
	}
	printf("%d %d\n", global, alarms);
	waitpid(pid, &status, 0);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1)
		return 77;
	stores();
	spawns();
	threads();
	signals();
	return 0;
}
