// SPDX-License-Identifier: GPL-2.0-or-later
/* Dies in the way that its argument names; report.py says what `ulk run --report` must make of it. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const char text[64] = "read only";

static inline __attribute__((always_inline)) void poke(volatile char *p)
{
	*p = 1;
}

__attribute__((noinline)) static int deep(int n)
{
	volatile char room[4096];

	room[0] = (char)n;
	return n ? deep(n + 1) + room[0] : 0;
}

static char *area(int prot)
{
	char *p = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p + 4096, 4096, prot);
	return p + 4096;
}

static void past_end_of_file(void)
{
	FILE *f = tmpfile();

	ftruncate(fileno(f), 100);
	poke((char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0) + 5000);
}

static void *thread(void *arg)
{
	usleep(100000); /* its creator waits for it by then */
	poke(arg);
	return NULL;
}

/* One that has touched nothing: of most areas it has no page. */
static void in_child(void)
{
	int status;

	if (!fork())
		poke(NULL);
	wait(&status);
	raise(SIGKILL);
}

static void in_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
}

__attribute__((noinline)) static void use_after_munmap(void)
{
	char *p = area(PROT_READ | PROT_WRITE);

	*p = 1;
	munmap(p, 4096);
	poke(p + 4);
}

/* Over the return address, as a string that is too long. */
__attribute__((noinline)) static void smash(uint64_t with)
{
	volatile uint64_t *frame = __builtin_frame_address(0);

	for (int i = 1; i < 4; i++)
		frame[i] = with;
}

static __attribute__((noinline)) void die(const char *how)
{
	volatile int zero = 0;

	if (!strcmp(how, "null"))
		poke(NULL);
	else if (!strcmp(how, "member"))
		poke((char *)24);
	else if (!strcmp(how, "rodata"))
		poke((char *)text);
	else if (!strcmp(how, "deep"))
		deep(1);
	else if (!strcmp(how, "heap"))
		poke((char *)sbrk(4096) + 4096);
	else if (!strcmp(how, "none"))
		poke(area(PROT_READ) + 4096);
	else if (!strcmp(how, "readonly"))
		poke(area(PROT_READ));
	else if (!strcmp(how, "noexec"))
		((void (*)(void))area(PROT_READ | PROT_WRITE))();
	else if (!strcmp(how, "wild"))
		((void (*)(void))0x123456789000)();
	else if (!strcmp(how, "jump"))
		((void (*)(void))0x8000000000000000)();
	else if (!strcmp(how, "privileged"))
		__asm__ volatile("hlt");
	else if (!strcmp(how, "misaligned"))
		__asm__ volatile("addps (%0), %%xmm0" : : "r"((unsigned long)&how | 4) : "xmm0");
	else if (!strcmp(how, "unmapped"))
		use_after_munmap();
	else if (!strcmp(how, "noncanonical"))
		poke((char *)0x8000000000000000);
	else if (!strcmp(how, "file"))
		past_end_of_file();
	else if (!strcmp(how, "abort"))
		abort();
	else if (!strcmp(how, "division"))
		printf("%d\n", 5 / zero);
	else if (!strcmp(how, "ud2"))
		__asm__ volatile("ud2");
	else if (!strcmp(how, "avx"))
		__asm__ volatile("vpxor %ymm0, %ymm0, %ymm0");
	else if (!strcmp(how, "thread"))
		in_thread();
	else if (!strcmp(how, "smash"))
		smash(0x4141414141414141);
	else if (!strcmp(how, "smash_low"))
		smash(0x414141414141);
	else if (!strcmp(how, "child"))
		in_child();
}

int main(int argc, char **argv)
{
	die(argc > 1 ? argv[1] : "");
	return 0;
}
