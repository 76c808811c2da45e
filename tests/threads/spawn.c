// SPDX-License-Identifier: GPL-2.0-or-later
/* posix_spawn and vfork: what the child does to the memory it shares must arrive, above all its error. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int finish(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static void spawn(const char *what, const char *path, char *const argv[], posix_spawn_file_actions_t *fa,
		  posix_spawnattr_t *attr)
{
	pid_t pid = -1;
	int err;

	fflush(stdout);
	err = posix_spawn(&pid, path, fa, attr, argv, environ);
	if (err)
		printf("%s: error %s\n", what, strerror(err));
	else
		printf("%s: status %x\n", what, finish(pid));
}

static void spawns(void)
{
	char *const echo[] = {"busybox", "echo", "spawned", NULL}, *const cat[] = {"busybox", "cat", NULL};
	char *const sh[] = {"busybox", "sh", "-c", "echo $(($(ps -o pgid= 2>/dev/null | wc -l) * 0)); exit 7", NULL};
	const char *busybox = "/bin/busybox";
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t set;
	pid_t pid;
	int err;

	spawn("plain", busybox, echo, NULL, NULL);
	spawn("no such file", "/no/such/file", echo, NULL, NULL);
	spawn("not executable", "/etc/passwd", echo, NULL, NULL);
	spawn("a directory", "/", echo, NULL, NULL);
	err = posix_spawnp(&pid, "no-such-program", NULL, NULL, echo, environ);
	printf("spawnp: %s\n", strerror(err));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&fa, 1, 2);
	spawn("to a file", busybox, echo, &fa, NULL);
	posix_spawn_file_actions_addopen(&fa, 0, "out", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "out2", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	spawn("from a file", busybox, cat, &fa, NULL);
	posix_spawn_file_actions_addopen(&fa, 5, "/no/such/dir/file", O_WRONLY | O_CREAT, 0600);
	spawn("a bad action", busybox, echo, &fa, NULL);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addchdir_np(&fa, "/no/such/dir");
	spawn("a bad directory", busybox, echo, &fa, NULL);
	posix_spawnattr_init(&attr);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setsigmask(&attr, &set);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	spawn("with attributes", busybox, sh, NULL, &attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	spawn("a session", busybox, sh, NULL, &attr);
	printf("system: %x\n", system("exit 3"));
	FILE *f = popen("echo through popen", "r");
	char line[80] = "";
	fgets(line, sizeof(line), f);
	printf("%s%x\n", line, pclose(f));
}

/* Memory of every kind, written by a vfork child. */
static int data = 1, bss;

static void vforks(void)
{
	int *heap = malloc(1 << 20), *anon, on_stack = 1, n = 1 << 18;
	volatile int *mine = &on_stack;
	pid_t pid;

	anon = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	anon[0] = heap[0] = 1;
	fflush(stdout);
	pid = vfork();
	if (!pid) {
		data = 2;
		bss = 3;
		*mine = 4;
		for (int i = 0; i < n; i += 1024)
			heap[i] = anon[i * 4] = i;
		heap[0] = anon[0] = 5;
		_exit(6);
	}
	printf("vfork: %d %d %d %d %d %x\n", data, bss, *mine, heap[0], anon[0], finish(pid));
	for (int i = 1024; i < n; i += 1024) {
		if (heap[i] != i || anon[i * 4] != i) {
			printf("lost at %d\n", i);
			break;
		}
	}
	pid = vfork();
	if (!pid) {
		data = 20;
		execl("/bin/busybox", "true", NULL);
		_exit(1);
	}
	printf("vfork and exec: %d %x\n", data, finish(pid));
	pid = vfork();
	if (!pid) {
		execl("/no/such", "true", NULL);
		data = errno;
		_exit(127);
	}
	printf("vfork and no exec: %s %x\n", strerror(data), finish(pid));
	pid = vfork();
	if (!pid) {
		data = 77;
		raise(SIGKILL);
	}
	printf("vfork and killed: %x\n", finish(pid));
	/* Only the memory is shared. */
	pid = vfork();
	if (!pid) {
		close(0);
		chdir("/");
		signal(SIGUSR1, SIG_IGN);
		_exit(0);
	}
	finish(pid);
	printf("not shared: %d %d\n", fcntl(0, F_GETFD), signal(SIGUSR1, SIG_DFL) == SIG_DFL);
	for (int i = 0; i < 100; i++) {
		pid = vfork();
		if (!pid) {
			bss++;
			_exit(0);
		}
		finish(pid);
	}
	printf("a hundred: %d\n", bss);
}

static int cloned(void *arg)
{
	*(int *)arg = 42;
	return 9;
}

int main(void)
{
	static char stack[65536];
	int value = 0;
	pid_t pid;

	spawns();
	vforks();
	pid = clone(cloned, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &value);
	printf("clone: %x %d\n", finish(pid), value);
	return 0;
}
