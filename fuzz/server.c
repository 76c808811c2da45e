// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that afl-fuzz starts: it starts workers, and says what became of one that ended in the midst of an execution. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fuzz/fuzz.h"

#define FAILED 125

void fuzz_say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "ulk: %s\n", line);
}

int fuzz_move_fd(int fd)
{
	int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 200);

	if (moved < 0)
		return fd;
	close(fd);
	return moved;
}

static int share(struct fuzz_shared *shared)
{
	const size_t size = FUZZ_ANSWERS * sizeof(*shared->answers);

	shared->fd = fuzz_move_fd(memfd_create("answers", MFD_CLOEXEC));
	if (shared->fd < 0 || ftruncate(shared->fd, (off_t)size))
		return -errno;
	shared->answers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, shared->fd, 0);
	shared->progress = mmap(NULL, sizeof(*shared->progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared->answers == MAP_FAILED || shared->progress == MAP_FAILED ? -errno : 0;
}

static pid_t start_worker(const struct fuzz *f, struct afl *afl, struct fuzz_shared *shared)
{
	pid_t parent = getpid(), pid;

	shared->progress->ready = false;
	shared->progress->current = -1;
	lseek(shared->fd, 0, SEEK_SET);
	pid = fork();
	if (pid) {
		if (pid > 0)
			setpgid(pid, pid);
		return pid;
	}
	/* A group of its own, in which its program's children end with it. */
	setpgid(0, 0);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(FAILED);
	fuzz_worker(f, afl, shared);
}

/* A signal that ends us ends the worker's group first. */
static volatile sig_atomic_t worker_group;

static void on_end(int sig)
{
	if (worker_group > 0)
		kill(-worker_group, SIGKILL);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* A worker has ended with @status: give afl-fuzz what it still has to get. False: that failed. */
static bool settle(const struct afl *afl, struct fuzz_shared *shared, int status)
{
	off_t due = shared->progress->current * (off_t)sizeof(*shared->answers), sent = lseek(shared->fd, 0, SEEK_CUR);
	int waiting = 0;

	if (shared->progress->current < 0)
		return true;
	if (sent == due) {
		/* The next worker's, whether the order still lies there or not. */
		shared->progress->owed |= !ioctl(afl->control, FIONREAD, &waiting) && !waiting;
		return true;
	}
	shared->progress->owed = false;
	return sent != due + 4 || write(afl->status, &status, sizeof(status)) == sizeof(status);
}

int fuzz_serve(const struct fuzz *f, struct afl *afl)
{
	struct fuzz_shared shared;
	int err = share(&shared), status;
	pid_t pid;

	if (err) {
		fuzz_say("%s", strerror(-err));
		return FAILED;
	}
	sigaction(SIGTERM, &(const struct sigaction){.sa_handler = on_end}, NULL);
	do {
		pid = start_worker(f, afl, &shared);
		if (pid < 0) {
			fuzz_say("fork: %s", strerror(errno));
			return FAILED;
		}
		worker_group = pid;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		worker_group = 0;
		kill(-pid, SIGKILL);
		if (!settle(afl, &shared, status))
			return FAILED;
		/* afl-fuzz has gone. */
		if (WIFEXITED(status) && !WEXITSTATUS(status) && shared.progress->current < 0)
			return 0;
	} while (shared.progress->ready);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
