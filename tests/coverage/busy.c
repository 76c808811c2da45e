// SPDX-License-Identifier: GPL-2.0-or-later
// What profile.py profiles: three functions that share the CPU time 70:20:10; a child and a thread on request.
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long sink;

static inline __attribute__((always_inline)) void spin(long rounds)
{
	unsigned long x = sink;

	for (long i = 0; i < rounds * 1000; i++)
		x = x * 6364136223846793005UL + (x >> 17);
	sink = x;
}

__attribute__((noipa)) static void seventy(long n)
{
	spin(70 * n);
}

__attribute__((noipa)) static void twenty(long n)
{
	spin(20 * n);
}

__attribute__((noipa)) static void ten(long n)
{
	spin(10 * n);
}

__attribute__((noipa)) static void all(long n)
{
	/* In short turns: a sampler that keeps step with a turn would see one function too often. */
	for (int i = 0; i < 8000; i++) {
		seventy(n);
		twenty(n);
		ten(n);
	}
}

__attribute__((noipa)) static void *in_thread(void *arg)
{
	spin(100000);
	return arg;
}

__attribute__((noipa)) static void in_child(void)
{
	spin(100000);
}

/* Through the stubs of a PLT: strlen() is chosen at the start. */
__attribute__((noipa)) static void calls_library(void)
{
	static char *volatile text = "text";

	for (long i = 0; i < 3000000; i++)
		sink += strlen(text);
}

int main(int argc, char **argv)
{
	pthread_t t;

	if (argc == 1) {
		all(1);
		return 0;
	}
	if (!strcmp(argv[1], "library")) {
		calls_library();
		return 0;
	}
	pthread_create(&t, NULL, in_thread, NULL);
	if (!fork()) {
		in_child();
		_exit(0);
	}
	pthread_join(t, NULL);
	wait(NULL);
	return 0;
}
