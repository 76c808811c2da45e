// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * saved GUEST: snapshots in files. They go on in another process; those that are cut, or changed with their sum put right, are
 * an error or another program, and never a crash of the host. "saved GUEST resume FILE" is that other process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <ulk.h>
#include <unistd.h>
#include "mm/stream.h"

#define ROUNDS  120
#define HEADER  40 /* magic, version, vDSO, size, sum */

static int rounds;
static char *self, *guest, *actor;
static char dir[] = "/tmp/ulk-saved-XXXXXX", file[64], output[64];

static int make_dir(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/snapshot", dir);
	snprintf(output, sizeof(output), "%s/output", dir);
	return 0;
}

static int remove_dir(void **state)
{
	unlink(file);
	unlink(output);
	return rmdir(dir);
}

/* @program runs up to @where and is saved: the result of that. */
static int save(char *program, const char *what, const char *where, char *why)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {program, (char *)what, output, NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_snapshot *s;
	struct ulk_result result;
	int err;

	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load(m, program, args, env), 0);
	assert_int_equal(ulk_break_at(m, where), 0);
	assert_int_equal(ulk_run(m, &result), 0);
	assert_int_equal(result.end, ULK_END_BREAK);
	assert_int_equal(ulk_snapshot(m, NULL, &s), 0);
	/* What happens behind the snapshot is not in it. */
	assert_int_equal(ulk_step(m, 20, &result), 0);
	err = ulk_snapshot_save(m, s, file);
	if (why)
		snprintf(why, 200, "%s", ulk_machine_error(m));
	ulk_machine_free(m);
	return err;
}

static struct ulk_result resume(int *err)
{
	const struct ulk_config config = {.memory = 64 << 20};
	struct ulk_result result = {.end = ULK_END_ERROR};
	struct ulk_snapshot *s;
	struct ulk_machine *m;

	*err = ulk_machine_new(&config, &m);
	if (!*err)
		*err = ulk_snapshot_load(m, file, &s);
	if (*err)
		print_message("# %s\n", ulk_machine_error(m));
	/* To its end, and from there again. */
	if (!*err)
		*err = ulk_run_for(m, 20000000, 5, &result) || ulk_restore(m, s) || ulk_run_for(m, 20000000, 5, &result);
	ulk_machine_free(m);
	return result;
}

/* The exit status of a resumed program, in a process that has never seen it. */
static int resume_elsewhere(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		/* Numbers that whoever runs the test has taken are not the program's to have. */
		close_range(3, ~0U, 0);
		execl("/proc/self/exe", self, guest, actor, "resume", file, (char *)NULL);
		_exit(126);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_goes_on(void **state)
{
	assert_int_equal(save(guest, "7", "bottom", NULL), 0);
	assert_int_equal(resume_elsewhere(), 7);
}

/* A file that is open goes on where it was; heap, directory and dispositions are there. */
static void test_descriptors(void **state)
{
	char text[32] = "";
	int fd;

	assert_int_equal(save(actor, "write", "stop_here", NULL), 0);
	assert_int_equal(resume_elsewhere(), 42);
	fd = open(output, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 12);
	close(fd);
	assert_string_equal(text, "before after");
}

static void test_refused(void **state)
{
	char why[200];

	unlink(file);
	assert_int_equal(save(actor, "pipe", "stop_here", why), -EOPNOTSUPP);
	assert_non_null(strstr(why, "pipe:["));
	assert_int_equal(save(actor, "shared", "stop_here", why), -EOPNOTSUPP);
	assert_non_null(strstr(why, "/dev/zero"));
	assert_int_not_equal(access(file, F_OK), 0);
}

/* ---- files that are not what they say ---- */

static uint8_t *read_file(size_t *size)
{
	int fd = open(file, O_RDONLY);
	struct stat st;
	uint8_t *data;

	assert_int_equal(fstat(fd, &st), 0);
	*size = (size_t)st.st_size;
	data = malloc(*size);
	assert_int_equal(read(fd, data, *size), *size);
	close(fd);
	return data;
}

static void write_file(const uint8_t *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

/* In a child: what is loaded may be a program that does anything, but is one. */
static void try_it(uint32_t *loaded)
{
	int status, err;
	pid_t pid = fork();

	if (!pid) {
		freopen("/dev/null", "w", stdout);
		resume(&err);
		_exit(err ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	*loaded += !WEXITSTATUS(status);
}

static void test_cut(void **state)
{
	uint32_t loaded = 0;
	size_t size;
	uint8_t *data;

	assert_int_equal(save(guest, "7", "bottom", NULL), 0);
	data = read_file(&size);
	for (size_t n = 0; n < size; n = n < 64 ? n + 13 : n * 3 + 1) {
		write_file(data, n);
		try_it(&loaded);
	}
	assert_int_equal(loaded, 0);
	data[size - 100] ^= 1;
	write_file(data, size);
	try_it(&loaded);
	assert_int_equal(loaded, 0);
	free(data);
}

static void test_changed(void **state)
{
	static const uint64_t odd[] = {0, 1, 0xffff, 4096, 1UL << 47, ~0UL, 1UL << 63, 0x7ffffffff000};
	uint64_t seed = 1, sum, at, body, version;
	uint32_t loaded = 0;
	size_t size;
	uint8_t *good, *data;

	assert_int_equal(save(guest, "7", "bottom", NULL), 0);
	good = read_file(&size);
	data = malloc(size);
	for (int i = 0; i < rounds; i++) {
		memcpy(data, good, size);
		body = size - HEADER;
		for (int k = 0; k <= i % 3; k++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			/* Most of the file is pages: what describes them comes first. */
			at = HEADER + (seed >> 20) % (i % 4 ? 12000 : body - 8);
			at &= i % 2 ? ~7UL : ~0UL;
			if (i % 2)
				memcpy(data + at, &odd[seed >> 60 & 7], 8);
			else
				data[at] ^= (uint8_t)(1 << (seed >> 57 & 7));
		}
		if (i % 16 == 15)
			body = (body / 2 + (seed >> 30) % (body / 2)) & ~7UL;
		sum = stream_sum(0, data + HEADER, body);
		memcpy(&version, data + 8, 8);
		assert_int_equal(version, 1);
		memcpy(data + 24, &body, 8);
		memcpy(data + 32, &sum, 8);
		write_file(data, HEADER + body);
		try_it(&loaded);
	}
	/* Many changes are of no consequence; some are of one. */
	print_message("# %u of %d were loaded\n", loaded, rounds);
	assert_true(loaded > 0 && loaded < (uint32_t)rounds);
	free(good);
	free(data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on), cmocka_unit_test(test_descriptors), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),	cmocka_unit_test(test_changed),
	};
	struct ulk_result result;
	int err;

	rounds = getenv("ULK_SAVED_ROUNDS") ? atoi(getenv("ULK_SAVED_ROUNDS")) : ROUNDS;
	self = argv[0];
	guest = argc > 2 ? realpath(argv[1], NULL) : NULL;
	actor = argc > 2 ? realpath(argv[2], NULL) : NULL;
	if (argc > 4) {
		snprintf(file, sizeof(file), "%s", argv[4]);
		freopen("/dev/null", "w", stdout);
		result = resume(&err);
		return err || result.end != ULK_END_EXIT ? 125 : result.code;
	}
	return guest ? cmocka_run_group_tests(tests, make_dir, remove_dir) : 2;
}
