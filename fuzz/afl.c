// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AFL++'s side of the protocol. What is spoken is the fork server that AFL++ has had since 2.x and still understands: the first word we
 * write says what we can do. (From 4.20 on it has another greeting, which older ones, Debian 12's 4.04 among them, would not
 * answer.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz/fuzz.h"

#define CONTROL_FD 198
#define STATUS_FD  199

/* The first word. */
#define OPT_ENABLED	 0x80000001u
#define OPT_MAP_SIZE	 0x40000000u
#define OPT_SHARED_INPUT 0x01000000u

/* What AFL takes for granted where nobody says otherwise. */
#define MAP_SIZE (1u << 16)

bool afl_is_there(void)
{
	return fcntl(CONTROL_FD, F_GETFD) >= 0 && fcntl(STATUS_FD, F_GETFD) >= 0;
}

/* By a number of System V's, or by a name below /dev/shm. */
static void *attach(const char *name, bool writable, size_t *size)
{
	struct shmid_ds ds;
	struct stat st;
	void *at = NULL;
	char *end;
	int fd, id;

	if (*name == '/') {
		fd = shm_open(name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC, 0);
		if (fd < 0)
			return NULL;
		*size = fstat(fd, &st) ? 0 : (size_t)st.st_size;
		if (*size)
			at = mmap(NULL, *size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
		close(fd);
		return at == MAP_FAILED ? NULL : at;
	}
	id = (int)strtol(name, &end, 10);
	if (end == name || *end || shmctl(id, IPC_STAT, &ds))
		return NULL;
	*size = ds.shm_segsz;
	at = shmat(id, NULL, writable ? 0 : SHM_RDONLY);
	return at == (void *)-1 ? NULL : at;
}

/* AFL_MAP_SIZE is no wish: afl-fuzz sets it to the most that it could do with, and looks through all that we ask for, each time. */
static uint32_t map_size(uint32_t wanted, size_t room)
{
	uint32_t size = wanted ? wanted : MAP_SIZE;

	while (size > room)
		size /= 2;
	return size;
}

/* Nothing of it is the program's business; and its addresses must not depend on the length of these. */
static void clean_environment(void)
{
	for (char **e = environ; *e;) {
		char name[64];

		if (strncmp(*e, "__AFL", 5) && strncmp(*e, "AFL_", 4)) {
			e++;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*e, "="), *e);
		if (unsetenv(name) || getenv(name))
			e++;
	}
}

int afl_attach(struct afl *afl, uint32_t wanted)
{
	const char *map = getenv("__AFL_SHM_ID"), *input = getenv("__AFL_SHM_FUZZ_ID");
	size_t room = 0, input_room = 0;
	uint8_t *shared = NULL;

	*afl = (struct afl){.control = CONTROL_FD, .status = STATUS_FD};
	if (map) {
		afl->map = attach(map, true, &room);
		if (!afl->map || room < 64)
			return -errno;
		afl->map_size = map_size(wanted, room);
	}
	if (input && afl_is_there()) {
		shared = attach(input, false, &input_room);
		if (!shared || input_room <= sizeof(uint32_t))
			return -errno;
		afl->shared_input = true;
		afl->input_size = (const uint32_t *)shared;
		afl->input = shared + sizeof(uint32_t);
	}
	clean_environment();
	return 0;
}

int afl_greet(struct afl *afl)
{
	uint32_t word = OPT_ENABLED | OPT_MAP_SIZE | (afl->map_size - 1) << 1, answer;

	if (afl->shared_input)
		word |= OPT_SHARED_INPUT;
	if (!afl->map)
		word = 0; /* afl-fuzz -n: there is nothing to say */
	if (write(afl->status, &word, sizeof(word)) != sizeof(word))
		return -errno;
	if (!(word & OPT_SHARED_INPUT))
		return 0;
	if (read(afl->control, &answer, sizeof(answer)) != sizeof(answer))
		return -EPIPE;
	return answer == (OPT_ENABLED | OPT_SHARED_INPUT) ? 0 : -EPROTO;
}
