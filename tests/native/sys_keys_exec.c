// SPDX-License-Identifier: GPL-2.0-or-later
/* Keyrings over execve: the session's stays, the process's and the thread's are gone, and can be made anew. */
#include <linux/keyctl.h>
#include <stdlib.h>
#include "show.h"

#define KEYCTL(...) syscall(SYS_keyctl, __VA_ARGS__)

static long ring(int which, int make)
{
	return KEYCTL(KEYCTL_GET_KEYRING_ID, which, make);
}

int main(int argc, char **argv)
{
	char id[32], text[256] = "";

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1) {
		printf("session the same: %d\n", ring(KEY_SPEC_SESSION_KEYRING, 0) == atol(argv[1]));
		SHOW(ring(KEY_SPEC_PROCESS_KEYRING, 0));
		SHOW(ring(KEY_SPEC_THREAD_KEYRING, 0));
		SHOW(KEYCTL(KEYCTL_READ, KEY_SPEC_PROCESS_KEYRING, text, 10));
		SHOW(KEYCTL(KEYCTL_DESCRIBE, KEY_SPEC_THREAD_KEYRING, text, 10));
		SHOW(KEYCTL(KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "user", "ulk:one", 0));
		SHOW(syscall(SYS_request_key, "user", "ulk:two", NULL, 0));
		SHOW_OK(syscall(SYS_add_key, "user", "ulk:three", "x", 1, KEY_SPEC_PROCESS_KEYRING));
		SHOW_OK(ring(KEY_SPEC_PROCESS_KEYRING, 0));
		SHOW(KEYCTL(KEYCTL_READ, KEY_SPEC_PROCESS_KEYRING, text, 255));
		SHOW(ring(KEY_SPEC_THREAD_KEYRING, 0));
		SHOW_OK(ring(KEY_SPEC_THREAD_KEYRING, 1));
		SHOW(KEYCTL(KEYCTL_READ, KEY_SPEC_THREAD_KEYRING, text, 255));
		return 0;
	}
	SHOW_OK(KEYCTL(KEYCTL_JOIN_SESSION_KEYRING, "mine"));
	SHOW_OK(syscall(SYS_add_key, "user", "ulk:one", "x", 1, KEY_SPEC_PROCESS_KEYRING));
	SHOW_OK(syscall(SYS_add_key, "user", "ulk:two", "x", 1, KEY_SPEC_THREAD_KEYRING));
	SHOW_OK(KEYCTL(KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "user", "ulk:one", 0));
	SHOW_OK(syscall(SYS_request_key, "user", "ulk:two", NULL, 0));
	snprintf(id, sizeof(id), "%ld", ring(KEY_SPEC_SESSION_KEYRING, 0));
	execl("/proc/self/exe", argv[0], id, NULL);
	return 1;
}
