// SPDX-License-Identifier: GPL-2.0-or-later
/* Without the file system one came from: another root, a removed directory, no /proc; and as another user. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "show.h"

static void *thread(void *arg)
{
	return arg;
}

static void copy(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0755);
	long n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		write(out, buf, n);
	close(in);
	close(out);
}

static void alive(void)
{
	int status = -1;
	pthread_t t;
	void *got;
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	memset(p, 1, 1 << 20);
	munmap(p, 1 << 20);
	pthread_create(&t, NULL, thread, p);
	pthread_join(t, &got);
	pid = fork();
	if (!pid)
		_exit(4);
	waitpid(pid, &status, 0);
	printf("  alive: thread %d child %x\n", got == p, status);
}

static void in_child(void (*what)(void), const char *name)
{
	int status;
	pid_t pid;

	printf("%s\n", name);
	pid = fork();
	if (!pid) {
		what();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("%s: %x\n", name, status);
}

static void other_root(void)
{
	char buf[256];

	SHOW(chroot("root"));
	SHOW(chdir("/"));
	SHOW(access("/bin", F_OK));
	SHOW(open("/proc/self/maps", O_RDONLY));
	SHOW(readlink("/proc/self/exe", buf, sizeof(buf)));
	SHOW(open("/dev/null", O_RDWR));
	alive();
	SHOW(execl("/missing", "x", NULL));
	SHOW(execl("/self", "self", "in the root", NULL));
}

static void removed_directory(void)
{
	char buf[256];

	mkdir("gone", 0755);
	SHOW(chdir("gone"));
	SHOW(rmdir("../gone"));
	SHOW(getcwd(buf, sizeof(buf)) ? 0 : -1);
	SHOW(open("x", O_CREAT | O_RDWR, 0600));
	alive();
	SHOW(execl("self", "self", NULL));
	SHOW(execl("/proc/self/exe", "self", "from nowhere", NULL));
}

static void other_user(void)
{
	char buf[300];

	SHOW(setgid(65534));
	SHOW(setuid(65534));
	alive();
	SHOW(kill(1, 0));
	SHOW(setuid(0));
	SHOW(prctl(PR_GET_DUMPABLE));
	SHOW_OK(open("/proc/self/maps", O_RDONLY));
	SHOW_OK(open("/proc/self/mem", O_RDONLY));
	SHOW(open("/proc/self/environ", O_RDONLY) >= 0);
	SHOW(readlink("/proc/self/exe", buf, sizeof(buf)) > 0);
	SHOW(opendir("/proc/self/fd") != NULL);
	SHOW(open("root/new", O_CREAT | O_RDWR, 0600));
	SHOW(execl("root/private", "self", NULL));
	SHOW(execl("root/self", "self", "as nobody", NULL));
}

static void own_namespaces(void)
{
	int status;
	pid_t pid;

	SHOW(unshare(CLONE_NEWNS | CLONE_FS | CLONE_NEWUTS | CLONE_NEWIPC));
	SHOW(sethostname("inside", 6));
	SHOW(unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid) {
		printf("  pid %d parent %d tid %d\n", getpid(), getppid(), gettid());
		alive();
		SHOW(execl("root/self", "self", "first of its namespace", NULL));
		_exit(3);
	}
	SHOW(waitpid(pid, &status, 0) == pid);
	SHOW(status);
	SHOW(unshare(CLONE_FILES | CLONE_SYSVSEM));
	alive();
	SHOW(unshare(CLONE_THREAD));
	SHOW(unshare(CLONE_VM));
	SHOW(unshare(0x80000000));
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1) {
		printf("  %s, argv[0] %s, pid 1: %d\n", argv[1], argv[0], getpid() == 1);
		alive();
		return 5;
	}
	mkdir("root", 0755);
	copy(argv[0], "root/self");
	copy(argv[0], "root/private");
	chmod("root/private", 0700);
	alive();
	in_child(removed_directory, "a directory that is gone");
	in_child(other_root, "another root");
	in_child(other_user, "another user");
	in_child(own_namespaces, "namespaces");
	unlink("root/self");
	unlink("root/private");
	return 0;
}
