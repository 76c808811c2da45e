// SPDX-License-Identifier: GPL-2.0-or-later
/* The process with the machine: to the snapshot once, and from it for each input. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fuzz/fuzz.h"

#define FAILED 125

struct worker {
	const struct fuzz *f;
	struct afl *afl;
	struct fuzz_shared *shared;
	struct ulk_machine *m;
	struct ulk_snapshot *snapshot;
	struct fuzz_call call;
	int input_fd;              /* what the program reads, for us to fill; -1: not yet open */
	uint32_t input_size;
	int32_t next;              /* answer */
};

/* ---- input ---- */

uint8_t *fuzz_read_input(int fd, size_t *size)
{
	uint8_t *data = malloc(FUZZ_INPUT_MAX);
	ssize_t n;

	*size = 0;
	while (data && *size < FUZZ_INPUT_MAX) {
		n = pread(fd, data + *size, FUZZ_INPUT_MAX - *size, (off_t)*size);
		if (n < 0 && errno == ESPIPE)
			n = read(fd, data + *size, FUZZ_INPUT_MAX - *size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		*size += (size_t)n;
	}
	return data;
}

/* The program may have removed it, or put another in its place. */
static bool is_in_place(const struct worker *w)
{
	struct stat st;

	return w->input_fd >= 0 && !fstat(w->input_fd, &st) && (st.st_nlink || !w->f->input) && st.st_size == w->input_size;
}

static int open_input(struct worker *w)
{
	struct stat st;

	if (w->input_fd >= 0)
		close(w->input_fd);
	w->input_fd = fuzz_move_fd(open(w->f->input ? w->f->input : "/proc/self/fd/0", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (w->input_fd < 0 || fstat(w->input_fd, &st))
		return -errno;
	w->input_size = (uint32_t)st.st_size;
	return 0;
}

/* From AFL's memory to the file, which costs less than what AFL would do: remove it, make it, open and close it. */
static int write_input(struct worker *w, const uint8_t *data, uint32_t size)
{
	int err = is_in_place(w) ? 0 : open_input(w);

	if (err)
		return err;
	for (uint32_t done = 0; done < size;) {
		ssize_t n = pwrite(w->input_fd, data + done, size - done, done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (uint32_t)n : 0;
	}
	if (size != w->input_size && ftruncate(w->input_fd, size))
		return -errno;
	w->input_size = size;
	return 0;
}

static int give_input(struct worker *w)
{
	const struct afl *afl = w->afl;
	uint32_t size = afl->shared_input ? __atomic_load_n(afl->input_size, __ATOMIC_ACQUIRE) : 0;
	uint8_t *data;
	size_t n;
	int err;

	size = size > FUZZ_INPUT_MAX ? FUZZ_INPUT_MAX : size;
	if (afl->shared_input && w->f->function)
		return fuzz_call_begin(&w->call, w->m, afl->input, size);
	if (afl->shared_input)
		return write_input(w, afl->input, size);
	if (!w->f->function)
		return 0; /* it is there already */
	data = fuzz_read_input(STDIN_FILENO, &n);
	err = data ? fuzz_call_begin(&w->call, w->m, data, n) : -ENOMEM;
	free(data);
	return err;
}

/* ---- an execution ---- */

/* To its end. With @until: or until that has come; ULK_END_STOPPED then. */
static int run(const struct fuzz *f, struct ulk_machine *m, const struct fuzz_call *call, volatile bool *until, struct ulk_result *result)
{
	struct ulk_regs r;
	int err;

	do {
		err = ulk_run(m, result);
		if (err || result->end == ULK_END_ERROR)
			return err ? err : -EIO;
		if (until && *until && result->end == ULK_END_STOPPED)
			return 0;
		if (result->end == ULK_END_BREAK && f->function && !ulk_get_regs(m, &r) && r.rip == call->back &&
		    r.rsp == call->sp + 8) {
			*result = (struct ulk_result){.end = ULK_END_EXIT};
			return 0;
		}
	} while (result->end != ULK_END_EXIT && result->end != ULK_END_SIGNAL);
	return 0;
}

/* Child processes that the program left. */
static void end_children(void)
{
	char path[64], buf[4096];
	pid_t pid;
	ssize_t n;
	int fd;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
		;
	if (pid < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	for (char *at = buf, *end; (pid = (pid_t)strtol(at, &end, 10)) > 0 && end != at; at = end) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
}

static void say(struct worker *w, const char *what)
{
	fuzz_say("%s: %s", what, ulk_machine_error(w->m));
}

static void send_word(const struct worker *w)
{
	if (splice(w->shared->fd, NULL, w->afl->status, NULL, 4, 0) != 4)
		_exit(FAILED);
}

/* Take afl-fuzz's order and tell it whom to kill. Ends when afl-fuzz has gone. */
static void begin(struct worker *w)
{
	struct fuzz_progress *progress = w->shared->progress;
	struct pollfd fd = {.fd = w->afl->control, .events = POLLIN};
	uint32_t was_killed;

	if (w->next == FUZZ_ANSWERS) {
		lseek(w->shared->fd, 0, SEEK_SET);
		w->next = 0;
	}
	while (!progress->owed && poll(&fd, 1, -1) < 0)
		;
	__atomic_store_n(&progress->current, w->next, __ATOMIC_RELEASE);
	if (!progress->owed && read(w->afl->control, &was_killed, sizeof(was_killed)) != sizeof(was_killed)) {
		progress->current = -1;
		_exit(0);
	}
	w->shared->answers[w->next].pid = getpid();
	send_word(w);
	progress->owed = false;
}

/* How it ended, as wait(2) says it. */
static void end(struct worker *w, const struct ulk_result *result)
{
	w->shared->answers[w->next++].status = result->end == ULK_END_SIGNAL ? result->code : (result->code & 0xff) << 8;
	send_word(w);
	__atomic_store_n(&w->shared->progress->current, -1, __ATOMIC_RELEASE);
}

static void one(struct worker *w)
{
	struct ulk_result result = {};
	int err;

	begin(w);
	err = give_input(w);
	if (err) {
		fuzz_say("%s: %s", w->f->input ? w->f->input : "input", strerror(-err));
		_exit(FAILED);
	}
	if (w->afl->map)
		ulk_count_edges(w->m, w->afl->map, w->afl->map_size);
	if (run(w->f, w->m, &w->call, NULL, &result)) {
		say(w, "run");
		_exit(FAILED);
	}
	end_children();
	end(w, &result);
	if (ulk_restore(w->m, w->snapshot)) {
		/* It executed another program, say. Another worker begins anew. */
		_exit(FAILED);
	}
}

/* ---- from the start ---- */

int fuzz_prepare(const struct fuzz *f, struct ulk_machine **m, struct fuzz_call *call)
{
	const char *why;
	int status = f->load(f->arg, m);
	int err;

	if (status)
		return status;
	err = fuzz_reach(f, *m, &why);
	if (!err && f->function)
		err = fuzz_call_prepare(f, *m, call, &why);
	if (err) {
		fuzz_say("%s: %s", f->function && !f->at ? f->function : f->at ? f->at : "main", why);
		return FAILED;
	}
	return 0;
}

void fuzz_worker(const struct fuzz *f, struct afl *afl, struct fuzz_shared *shared)
{
	struct worker w = {.f = f, .afl = afl, .shared = shared, .input_fd = -1};
	int status = 0;

	/* What the program leaves behind comes to us. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (afl->shared_input && !f->function && open_input(&w)) {
		fuzz_say("%s: %s", f->input ? f->input : "standard input", strerror(errno));
		_exit(FAILED);
	}
	/* A worker before us may have been killed when it had read. */
	if (!f->input)
		lseek(STDIN_FILENO, 0, SEEK_SET);
	status = fuzz_prepare(f, &w.m, &w.call);
	if (!status && ulk_snapshot(w.m, f->files, &w.snapshot)) {
		say(&w, "snapshot");
		status = FAILED;
	}
	if (!status && !shared->progress->greeted) {
		int err = afl_greet(afl);

		if (err)
			fuzz_say("afl-fuzz: %s", strerror(-err));
		status = err ? FAILED : 0;
	}
	if (status)
		_exit(status);
	shared->progress->greeted = shared->progress->ready = true;
	for (;;)
		one(&w);
}

int fuzz_once(const struct fuzz *f, struct afl *afl, struct ulk_result *result)
{
	struct worker w = {.f = f, .afl = afl, .input_fd = -1};
	int status = fuzz_prepare(f, &w.m, &w.call), err;

	if (status)
		return status;
	err = give_input(&w);
	if (!err && afl->map)
		err = ulk_count_edges(w.m, afl->map, afl->map_size);
	if (!err)
		err = run(f, w.m, &w.call, NULL, result);
	if (err)
		say(&w, "run");
	return err ? FAILED : 0;
}

struct alarm {
	struct ulk_machine *m;
	struct timespec when;
	volatile bool rung;
};

static void *wait_for_alarm(void *arg)
{
	struct alarm *a = arg;

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &a->when, NULL) == EINTR)
		;
	a->rung = true;
	ulk_stop(a->m);
	return NULL;
}

int fuzz_run_until(const struct fuzz *f, struct ulk_machine *m, struct fuzz_call *call, double limit, struct ulk_result *result)
{
	struct alarm alarm = {.m = m};
	struct afl afl = {};
	struct worker w = {.f = f, .afl = &afl, .m = m, .call = *call, .input_fd = -1};
	pthread_t thread;
	int err = give_input(&w);

	clock_gettime(CLOCK_MONOTONIC, &alarm.when);
	alarm.when.tv_sec += (time_t)limit;
	alarm.when.tv_nsec += (long)((limit - (double)(time_t)limit) * 1e9);
	if (alarm.when.tv_nsec >= 1000000000) {
		alarm.when.tv_sec++;
		alarm.when.tv_nsec -= 1000000000;
	}
	if (!err)
		err = -pthread_create(&thread, NULL, wait_for_alarm, &alarm);
	if (err)
		return err;
	err = run(f, m, &w.call, &alarm.rung, result);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	return err;
}
