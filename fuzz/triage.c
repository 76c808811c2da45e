// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which of many inputs are the same bug: each is run in a process of its own, and those whose deaths have the same innermost frames
 * are one group. A return address counts once, however deep a recursion is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fuzz/triage.h"
#include "kernel/signal.h"
#include "kernel/watch.h"
#include "libulk/machine.h"
#include "observe/report.h"

#define FAILED 125
#define MAX_WALK 4096              /* frames looked at */
#define MAX_NOTE (1u << 20)

struct group {
	uint64_t hash;
	char what[40];             /* "SIGSEGV", "hangs" */
	size_t nr_inputs;
	char *smallest;
	off_t size;
};

struct triage {
	const struct triage_options *o;
	char **inputs;
	size_t nr_inputs, nr_done, nr_fine;
	struct group *groups;
	size_t nr_groups;
};

/* ---- which inputs ---- */

static int add_input(struct triage *t, const char *path)
{
	char **grown = realloc(t->inputs, (t->nr_inputs + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	t->inputs = grown;
	t->inputs[t->nr_inputs] = strdup(path);
	return t->inputs[t->nr_inputs++] ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The regular files of @dir if @take; below it those of directories that afl-fuzz keeps crashes in. */
static int find_inputs(struct triage *t, const char *dir, bool take)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	char path[4096];
	struct stat st;
	int err = 0;

	if (!d)
		return -errno;
	snprintf(path, sizeof(path), "%s/crashes", dir);
	if (!access(path, F_OK))
		take = false;
	while (!err && (entry = readdir(d))) {
		if (*entry->d_name == '.' || snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path) ||
		    lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			err = find_inputs(t, path, !strncmp(entry->d_name, "crashes", 7));
		else if (take && S_ISREG(st.st_mode) && strcmp(entry->d_name, "README.txt"))
			err = add_input(t, path);
	}
	closedir(d);
	return err;
}

/* ---- the child: one input ---- */

struct patient {
	struct watch watch;
	struct ulk_machine *m;
	pid_t pid;
	int note;                  /* where to: a hash, what, and a report */
	unsigned frames;
};

static uint64_t stack_hash(struct patient *p, int signo)
{
	struct ulk_frame *frames = calloc(MAX_WALK, sizeof(*frames));
	int n = frames ? ulk_backtrace(p->m, frames, MAX_WALK) : 0;
	uint64_t hash = 0xcbf29ce484222325UL ^ (uint64_t)signo;
	unsigned used = 0;

	for (int i = 0; i < n && used < p->frames; i++) {
		bool known = frames[i].inlined;

		for (int k = 0; k < i && !known; k++)
			known = frames[k].pc == frames[i].pc && !frames[k].inlined;
		if (known)
			continue;
		hash = (hash ^ frames[i].pc) * 0x100000001b3UL;
		used++;
	}
	free(frames);
	return hash;
}

static void note(struct patient *p, struct task_struct *t, const siginfo_t *info)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	task_regs(t);
	if (info) {
		fprintf(out, "%016lx SIG%s\n", (unsigned long)stack_hash(p, info->si_signo), sigabbrev_np(info->si_signo) ?: "?");
		put_death(out, t, info);
	} else {
		/* Where exactly the clock found it says nothing. */
		fprintf(out, "%016x hang\n", 0);
		fprintf(out, "ulk: %s hangs\n  backtrace\n", t->comm);
		put_backtrace(out, t);
	}
	fclose(out);
	write_fully(p->note, text, size);
	free(text);
	p->pid = 0; /* once */
}

static bool on_signal(struct watch *w, struct task_struct *t, const siginfo_t *info)
{
	struct patient *p = container_of(w, struct patient, watch);

	if (getpid() == p->pid && sig_fatal(t->signal, info->si_signo))
		note(p, t, info);
	return false;
}

static void __attribute__((noreturn)) run_input(const struct triage *t, const char *path, int out)
{
	struct patient p = {.watch.signal = on_signal, .frames = t->o->frames};
	struct fuzz f = *t->o->fuzz;
	struct ulk_result result;
	struct fuzz_call call;
	int in, null = open("/dev/null", O_RDWR), status;
	bool named = false;

	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	p.note = fuzz_move_fd(out);
	for (char **a = t->o->argv; *a; a++) {
		if (strcmp(*a, "@@"))
			continue;
		*a = (char *)path;
		named = true;
	}
	f.input = named ? path : NULL;
	in = named && !f.function ? null : open(path, O_RDONLY);
	if (in < 0 || null < 0)
		_exit(FAILED);
	dup2(in, 0);
	dup2(null, 1);
	/* What ulk itself has to say still comes out. */
	close_range(3, (unsigned)p.note - 1, 0);
	status = fuzz_prepare(&f, &p.m, &call);
	if (status)
		_exit(status);
	dup2(1, 2);
	p.pid = getpid();
	watch_attach(ulk_machine_task(p.m)->ulk, &p.watch);
	if (fuzz_run_until(&f, p.m, &call, t->o->timeout, &result))
		_exit(FAILED);
	if (result.end == ULK_END_STOPPED)
		note(&p, ulk_machine_task(p.m), NULL);
	_exit(0);
}

/* ---- the parent ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What the child notes, malloc'ed and with a NUL, until it is done or @deadline. NULL: without memory, or interrupted. */
static char *read_note(const struct triage *t, int fd, double deadline)
{
	char *text = calloc(1, MAX_NOTE);
	size_t size = 0;

	while (text && size < MAX_NOTE - 1) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;
		int ready;

		if (*t->o->interrupted) {
			free(text);
			return NULL;
		}
		/* Not for long: a signal may come just before. */
		ready = poll(&p, 1, 100);
		if (ready > 0) {
			n = read(fd, text + size, MAX_NOTE - 1 - size);
			if (n <= 0)
				break;
			size += (size_t)n;
		} else if (now() > deadline) {
			break;
		}
	}
	return text;
}

static struct group *find_group(struct triage *t, uint64_t hash, const char *what, bool *fresh)
{
	struct group *grown;

	*fresh = false;
	for (size_t i = 0; i < t->nr_groups; i++)
		if (t->groups[i].hash == hash && !strcmp(t->groups[i].what, what))
			return &t->groups[i];
	grown = realloc(t->groups, (t->nr_groups + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	t->groups = grown;
	*fresh = true;
	grown = &t->groups[t->nr_groups++];
	*grown = (struct group){.hash = hash};
	snprintf(grown->what, sizeof(grown->what), "%s", what);
	return grown;
}

static void clear_progress(const struct triage *t)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static int sort_in(struct triage *t, const char *path, const char *text)
{
	struct group *g;
	struct stat st;
	char what[40];
	unsigned long hash;
	bool fresh;
	int skip = 0;

	if (!text[0] || sscanf(text, "%lx %39s\n%n", &hash, what, &skip) != 2 || !skip) {
		t->nr_fine++;
		return 0;
	}
	g = find_group(t, hash, what, &fresh);
	if (!g || stat(path, &st))
		return -ENOMEM;
	g->nr_inputs++;
	if (!g->smallest || st.st_size < g->size) {
		free(g->smallest);
		g->smallest = strdup(path);
		g->size = st.st_size;
	}
	if (!fresh)
		return 0;
	clear_progress(t);
	printf("%zu. %s\n%s\n", (size_t)(g - t->groups) + 1, path, text + skip);
	fflush(stdout);
	return 0;
}

/* 0, -EINTR, or another error. */
static int one_input(struct triage *t, const char *path)
{
	int out[2], status, err;
	char *text;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return -errno;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_input(t, path, out[1]);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return -EAGAIN;
	}
	setpgid(pid, pid);
	/* It stops itself; this is for a child that cannot. */
	text = read_note(t, out[0], now() + 2 * t->o->timeout + 5);
	close(out[0]);
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!text)
		return *t->o->interrupted ? -EINTR : -ENOMEM;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		err = -ECHILD; /* ulk failed, and has said so */
	else
		err = sort_in(t, path, text);
	free(text);
	return err;
}

static void summary(const struct triage *t)
{
	for (size_t i = 0; i < t->nr_groups; i++) {
		const struct group *g = &t->groups[i];

		printf("%zu. %s, %zu input%s, the smallest %lld bytes: %s\n", i + 1, g->what, g->nr_inputs, g->nr_inputs == 1 ? "" : "s",
		       (long long)g->size, g->smallest);
	}
	printf("%zu of %zu inputs: %zu different, %zu ended normally\n", t->nr_done, t->nr_inputs, t->nr_groups, t->nr_fine);
}

int fuzz_triage(const struct triage_options *o)
{
	struct triage t = {.o = o};
	int err = find_inputs(&t, o->dir, true);

	if (err)
		fuzz_say("%s: %s", o->dir, strerror(-err));
	if (t.nr_inputs)
		qsort(t.inputs, t.nr_inputs, sizeof(*t.inputs), by_name);
	for (; !err && t.nr_done < t.nr_inputs; t.nr_done += !err) {
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%zu of %zu inputs, %zu different ", t.nr_done, t.nr_inputs, t.nr_groups);
		err = one_input(&t, t.inputs[t.nr_done]);
	}
	clear_progress(&t);
	if (err && err != -EINTR && err != -ECHILD && t.nr_inputs)
		fuzz_say("%s: %s", t.inputs[t.nr_done], strerror(-err));
	if (!err || err == -EINTR)
		summary(&t);
	for (size_t i = 0; i < t.nr_inputs; i++)
		free(t.inputs[i]);
	for (size_t i = 0; i < t.nr_groups; i++)
		free(t.groups[i].smallest);
	free(t.inputs);
	err = err == -EINTR ? 128 + SIGINT : err ? FAILED : t.nr_groups != 0;
	free(t.groups);
	return err;
}
