// SPDX-License-Identifier: GPL-2.0-or-later
/* escape GUEST: a program with a root of its own (ulk_config.root) does not get out of it: run by the first thread, and by another. TAP. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <ulk.h>
#include <unistd.h>

static char dir[] = "/tmp/ulk-escape-XXXXXX", root[64];
static int result_code;

static const char *at(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(1);
}

static void *run(void *unused)
{
	const struct ulk_config config = {.memory = 64 << 20, .root = root, .cwd = "/dir"};
	char *const args[] = {(char *)"/prog", NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_result result;

	result_code = -1;
	if (ulk_machine_new(&config, &m) || ulk_load(m, "/prog", args, env) || ulk_run(m, &result))
		printf("# %s\n", ulk_machine_error(m));
	else if (result.end == ULK_END_EXIT)
		result_code = result.code;
	ulk_machine_free(m);
	return NULL;
}

int main(int argc, char **argv)
{
	char text[1024];
	const struct ulk_config config = {.memory = 32 << 20, .root = "/"};
	struct ulk_machine *m = NULL;
	bool allowed, mounted;
	pthread_t thread;
	int before = open(".", O_PATH), err;

	if (argc != 2)
		return 1;
	allowed = !ulk_machine_new(&config, &m);
	ulk_machine_free(m);
	if (!allowed) {
		puts("1..0 # SKIP a root of its own wants CAP_SYS_CHROOT");
		return 0;
	}
	if (!mkdtemp(dir))
		return 1;
	snprintf(root, sizeof(root), "%s/root", dir);
	snprintf(text, sizeof(text), "mkdir -p %s/dir %s/proc && cp %s %s/prog && ln -s %s/secret %s/to_secret && ln -s ../secret %s/up_to_secret",
		 root, root, argv[1], root, dir, root, root);
	if (system(text))
		return 1;
	put(at("secret"), "secret\n");
	snprintf(text, sizeof(text), "%s/secret", dir);
	put(at("root/where"), text);
	/* In a namespace of ours, where nobody is disturbed. */
	snprintf(text, sizeof(text), "%s/proc", root);
	mounted = !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) && !mount("/proc", text, NULL, MS_BIND | MS_REC, NULL);
	printf("1..3\n");
	run(NULL);
	printf("%s 1 - it stays inside%s\n", result_code ? "not ok" : "ok", mounted ? "" : " (without a /proc)");
	fflush(stdout);
	err = pthread_create(&thread, NULL, run, NULL) ?: pthread_join(thread, NULL);
	printf("%s 2 - on another thread, too\n", err || result_code ? "not ok" : "ok");
	printf("%s 3 - the host program is where it was\n", access(at("secret"), R_OK) || fchdir(before) ? "not ok" : "ok");
	if (mounted)
		umount2(text, MNT_DETACH);
	snprintf(text, sizeof(text), "rm -r --one-file-system %s", dir);
	return system(text) != 0;
}
