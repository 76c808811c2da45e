// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm GUEST [THREADS [ROUNDS]]: machines on many threads at once, which die, fork, wait, signal, change directories and are gone
 * back to. Each ends as it would alone, and the host program is what it was. Prints TAP. By hand: 8 threads, 1000 rounds.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <ulk.h>
#include <unistd.h>
#include "descriptors.h"

#define THREADS_MAX 64

static const struct act {
	const char *what;
	int code;
	bool elsewhere, dated, alone;
} acts[] = {{"exit", 3}, {"term", SIGTERM}, {"segv", SIGSEGV}, {"threads", 4}, {"kill", SIGKILL}, {"usr1", 1}, {"fork", 5, .alone = true},
	    {"forksignal", SIGTERM, .alone = true}, {"blockall", 0}, {"place", 4, .elsewhere = true, .alone = true},
	    {"time", 0, .dated = true}, {"abort", SIGABRT}};

static char *guest;
static long rounds, bad;

/* To main(), a snapshot there, to the end; and once more. */
static int live_twice(struct ulk_machine *m, const struct act *act, struct ulk_result *r)
{
	struct ulk_snapshot *s;
	int err = ulk_break_at(m, "main") || ulk_run(m, r) || ulk_snapshot(m, NULL, &s) || ulk_run_for(m, 0, 120, r);

	return err || r->code != act->code ? -1 : ulk_restore(m, s) || ulk_run(m, r);
}

static void live(const struct act *act, bool twice)
{
	const struct ulk_config config = {.memory = 64 << 20, .cwd = act->elsewhere ? "/usr/lib" : NULL, .deterministic = act->dated,
					  .time = 1000000000};
	char *const args[] = {guest, (char *)act->what, (char *)"/usr/lib", NULL}, *const env[] = {NULL};
	struct ulk_result r = {.end = ULK_END_ERROR};
	struct ulk_machine *m;
	int err = ulk_machine_new(&config, &m) || ulk_load(m, guest, args, env);

	if (!err)
		err = twice && !act->alone ? live_twice(m, act, &r) : ulk_run_for(m, 0, 120, &r);
	if (err || r.code != act->code || r.end > ULK_END_SIGNAL) {
		printf("# %s: end %d code %d %s\n", act->what, r.end, r.code, ulk_machine_error(m));
		__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
	}
	ulk_machine_free(m);
}

static void *work(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	char before[4096], now[4096];

	if (!getcwd(before, sizeof(before)))
		before[0] = '\0';
	for (long i = 0; i < rounds; i++) {
		unsigned n = (unsigned)rand_r(&seed);

		live(&acts[n % (sizeof(acts) / sizeof(acts[0]))], n >> 8 & 1);
		if (!getcwd(now, sizeof(now)) || strcmp(now, before))
			__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int nr = argc > 2 ? atoi(argv[2]) : 6, fds = descriptors(), differs = 0;
	struct sigaction was[NSIG], now;
	pthread_t thread[THREADS_MAX];
	mode_t mask = umask(027);

	guest = argc > 1 ? realpath(argv[1], NULL) : NULL;
	rounds = argc > 3 ? atol(argv[3]) : 8;
	if (!guest || nr > THREADS_MAX)
		return 2;
	for (int i = 1; i < NSIG; i++)
		sigaction(i, NULL, &was[i]);
	for (int i = 0; i < nr; i++)
		pthread_create(&thread[i], NULL, work, (void *)(uintptr_t)(i * 7919 + 1));
	for (int i = 0; i < nr; i++)
		pthread_join(thread[i], NULL);
	for (int i = 1; i < NSIG; i++)
		differs += !sigaction(i, NULL, &now) && now.sa_handler != was[i].sa_handler;
	printf("1..2\n%s 1 - %ld machines on %d threads\n", bad ? "not ok" : "ok", nr * rounds, nr);
	differs += descriptors() != fds || umask(mask) != 027;
	printf("%s 2 - the host's handlers, descriptors and umask are what they were\n", differs ? "not ok" : "ok");
	free(guest);
	return 0;
}
