// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest may do to the program it is embedded in: nothing. host GUEST, where GUEST is guest_acts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <ulk.h>
#include <unistd.h>

static char *guest;
static volatile sig_atomic_t usr1;

static void on_usr1(int sig)
{
	usr1++;
}

static void copy(const char *from, const char *to)
{
	char command[9000];

	snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static struct ulk_result run(const char *what)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, (char *)what, NULL}, *const env[] = {NULL};
	struct ulk_result result = {.end = ULK_END_ERROR};
	struct ulk_machine *m;

	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load(m, guest, args, env), 0);
	assert_int_equal(ulk_run(m, &result), 0);
	ulk_machine_free(m);
	return result;
}

#define assert_run(what, e, c)                               \
	do {                                                 \
		struct ulk_result r_ = run(what);            \
		assert_int_equal(r_.end, (e));               \
		assert_int_equal(r_.code, (c));              \
	} while (0)

static void test_ends(void **state)
{
	assert_run("exit", ULK_END_EXIT, 3);
	assert_run("segv", ULK_END_SIGNAL, SIGSEGV);
	assert_run("abort", ULK_END_SIGNAL, SIGABRT);
	assert_run("term", ULK_END_SIGNAL, SIGTERM);
	assert_run("kill", ULK_END_SIGNAL, SIGKILL);
	assert_run("killall", ULK_END_EXIT, EPERM);
	assert_run("usr1", ULK_END_EXIT, 1);
	assert_run("alarm", ULK_END_SIGNAL, SIGALRM);
}

static void test_fork(void **state)
{
	pid_t self = getpid();

	assert_run("fork", ULK_END_EXIT, 5);
	assert_int_equal(getpid(), self);
	assert_run("forksignal", ULK_END_EXIT, SIGTERM);
	assert_run("threads", ULK_END_EXIT, 4);
}

/* Handlers, mask, name and descriptors are the host's own again, and were all the time. */
static void test_host_state(void **state)
{
	struct sigaction act = {.sa_handler = on_usr1}, old, bus;
	sigset_t before, after;
	char name[16] = "", path[64];
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	assert_int_equal(sigaction(SIGBUS, NULL, &bus), 0); /* cmocka has one */
	sigprocmask(SIG_SETMASK, NULL, &before);
	prctl(PR_SET_NAME, "the host");
	assert_run("closeall", ULK_END_EXIT, 0);
	assert_run("blockall", ULK_END_EXIT, 0);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(access(path, F_OK), 0);
	close(fd);
	prctl(PR_GET_NAME, name);
	assert_string_equal(name, "the host");
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_memory_equal(&before, &after, 8);
	sigaction(SIGUSR1, NULL, &old);
	assert_ptr_equal(old.sa_handler, on_usr1);
	sigaction(SIGBUS, NULL, &old);
	assert_ptr_equal(old.sa_handler, bus.sa_handler);
	sigaction(SIGTERM, NULL, &old);
	assert_ptr_equal(old.sa_handler, SIG_DFL);
	raise(SIGUSR1);
	assert_int_equal(usr1, 1);
}

/* Between two runs a signal is the host's. */
static void test_between_runs(void **state)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, (char *)"exit", NULL}, *const env[] = {NULL};
	struct ulk_result result;
	struct ulk_machine *m;

	usr1 = 0;
	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load(m, guest, args, env), 0);
	assert_int_equal(ulk_break_at(m, "main"), 0);
	assert_int_equal(ulk_run(m, &result), 0);
	raise(SIGUSR1);
	assert_int_equal(usr1, 1);
	assert_int_equal(ulk_run(m, &result), 0);
	assert_int_equal(result.code, 3);
	ulk_machine_free(m);
}

static void *in_thread(void *what)
{
	static const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, what, NULL}, *const env[] = {NULL};
	struct ulk_result *result = calloc(1, sizeof(*result));
	struct ulk_machine *m;

	if (!ulk_machine_new(&config, &m) && !ulk_load(m, guest, args, env))
		ulk_run(m, result);
	ulk_machine_free(m);
	return result;
}

/* Ten at a time, each on a thread of its own. */
static void test_many(void **state)
{
	static const char *const what[] = {"exit", "term", "segv", "threads", "kill"};
	static const int code[] = {3, SIGTERM, SIGSEGV, 4, SIGKILL};
	pthread_t thread[10];

	for (int i = 0; i < 10; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, in_thread, (void *)what[i % 5]), 0);
	for (int i = 0; i < 10; i++) {
		void *result;

		pthread_join(thread[i], &result);
		assert_int_equal(((struct ulk_result *)result)->code, code[i % 5]);
		free(result);
	}
}

/* A machine may go while its program's threads are at work. */
static void test_free_in_the_middle(void **state)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, (char *)"spin", NULL}, *const env[] = {NULL};
	struct ulk_result result;
	struct ulk_machine *m;

	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load(m, guest, args, env), 0);
	assert_int_equal(ulk_break_at(m, "stop_here"), 0);
	assert_int_equal(ulk_run(m, &result), 0);
	assert_int_equal(result.end, ULK_END_BREAK);
	ulk_machine_free(m);
}

/* Working directory, umask and limits are the program's own, and survive a stop in its middle. */
static void test_place(void **state)
{
	const struct ulk_rlimit limits[] = {{RLIMIT_FSIZE, 12345, 12345}};
	const struct ulk_config config = {.memory = 64 << 20, .cwd = "/usr/lib", .limits = limits, .nr_limits = 1};
	char *const args[] = {guest, (char *)"place", (char *)"/usr/lib", NULL}, *const env[] = {NULL};
	char before[4096], now[4096];
	struct ulk_result result;
	struct rlimit was, limit;
	struct ulk_machine *m;
	mode_t mask = umask(027);

	assert_non_null(getcwd(before, sizeof(before)));
	getrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load(m, guest, args, env), 0);
	assert_int_equal(ulk_break_at(m, "stop_here"), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ulk_run(m, &result), 0);
		assert_string_equal(getcwd(now, sizeof(now)), before);
		assert_int_equal(umask(027), 027);
		getrlimit(RLIMIT_FSIZE, &limit);
		assert_memory_equal(&limit, &was, sizeof(was));
	}
	assert_int_equal(result.end, ULK_END_EXIT);
	assert_int_equal(result.code, 0);
	ulk_machine_free(m);
	umask(mask);
}

/* Seen from within its root, a program is where its path there says. Without the privilege nobody can. */
static void test_root(void **state)
{
	struct ulk_config config = {.memory = 64 << 20, .root = "/usr", .cwd = "/lib"};
	char *const args[] = {guest, (char *)"place", (char *)"/lib", NULL}, *const env[] = {NULL};
	char before[4096], now[4096], in_root[4096], root[] = "/tmp/ulk-host-XXXXXX";
	struct ulk_result result;
	struct ulk_machine *m;
	int err;

	assert_non_null(getcwd(before, sizeof(before)));
	assert_non_null(mkdtemp(root));
	snprintf(in_root, sizeof(in_root), "%s/lib", root);
	assert_int_equal(mkdir(in_root, 0755), 0);
	snprintf(in_root, sizeof(in_root), "%s/usr", root);
	assert_int_equal(mkdir(in_root, 0755), 0);
	snprintf(in_root, sizeof(in_root), "%s/prog", root);
	copy(guest, in_root);
	config.root = root;
	err = ulk_machine_new(&config, &m);
	if (err) {
		assert_int_equal(err, -EPERM);
		assert_non_null(strstr(ulk_machine_error(m), "CAP_SYS_CHROOT"));
	} else {
		assert_int_equal(ulk_load(m, "/prog", args, env), 0);
		assert_int_equal(ulk_run(m, &result), 0);
		assert_int_equal(result.end, ULK_END_EXIT);
		assert_int_equal(result.code, 4); /* no limit was set */
	}
	ulk_machine_free(m);
	assert_string_equal(getcwd(now, sizeof(now)), before);
	assert_int_equal(access(in_root, X_OK), 0);
	unlink(in_root);
	snprintf(in_root, sizeof(in_root), "rm -r %s", root);
	assert_int_equal(system(in_root), 0);
}

/* An executable that is in memory only; and a time that is given. */
static void test_load_memory(void **state)
{
	const struct ulk_config config = {.memory = 64 << 20, .deterministic = true, .time = 1000000042};
	char *const args[] = {(char *)"prog", (char *)"time", NULL}, *const env[] = {NULL};
	struct ulk_result result;
	struct ulk_machine *m;
	struct stat st;
	void *data;
	int fd = open(guest, O_RDONLY);

	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load_memory(m, "prog", data, 100, args, env), -ENOEXEC);
	assert_int_equal(ulk_load_memory(m, "prog", data, (size_t)st.st_size, args, env), 0);
	free(data);
	assert_int_equal(ulk_run(m, &result), 0);
	assert_int_equal(result.end, ULK_END_EXIT);
	assert_int_equal(result.code, 42);
	ulk_machine_free(m);
}

/* Each thread's registers, and steps of one of them. */
static void test_threads(void **state)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, (char *)"spin", NULL}, *const env[] = {NULL};
	struct ulk_regs regs[5], after;
	struct ulk_result result;
	struct ulk_machine *m;
	int tids[5];

	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load(m, guest, args, env), 0);
	assert_int_equal(ulk_break_at(m, "stop_here"), 0);
	assert_int_equal(ulk_run(m, &result), 0);
	assert_int_equal(ulk_threads(m, tids, 5), 5);
	assert_int_equal(ulk_select_thread(m, -1), -ESRCH);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ulk_select_thread(m, tids[i]), 0);
		assert_int_equal(ulk_thread(m), tids[i]);
		assert_int_equal(ulk_get_regs(m, &regs[i]), 0);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(regs[i].fs_base, regs[k].fs_base);
	}
	/* Whatever the others do, the leader goes five instructions further. */
	assert_int_equal(ulk_select_thread(m, 0), 0);
	assert_int_equal(ulk_thread(m), getpid());
	assert_int_equal(ulk_get_regs(m, &after), 0);
	assert_int_equal(ulk_step(m, 2, &result), 0);
	assert_int_equal(result.end, ULK_END_LIMIT);
	assert_int_equal(ulk_get_regs(m, &regs[0]), 0);
	assert_int_equal(regs[0].fs_base, after.fs_base);
	assert_true(regs[0].rip > after.rip && regs[0].rip - after.rip <= 30);
	assert_int_equal(ulk_run_for(m, 100000, 0, &result), 0);
	assert_int_equal(result.end, ULK_END_LIMIT);
	assert_int_equal(ulk_instructions(m), 100000);
	assert_int_equal(ulk_run_for(m, 0, 0.02, &result), 0);
	assert_int_equal(result.end, ULK_END_LIMIT);
	assert_int_equal(result.code, 2);
	ulk_machine_free(m);
}

struct wanted {
	int all, found;
	uint64_t addr;
};

static bool count_symbol(const struct ulk_symbol *symbol, void *arg)
{
	struct wanted *w = arg;

	w->all++;
	if (!strcmp(symbol->name, "stop_here") && symbol->function && symbol->size > 3 && symbol->module) {
		w->found++;
		w->addr = symbol->addr;
	}
	return true;
}

static void test_symbols(void **state)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, NULL}, *const env[] = {NULL};
	struct wanted w = {0, 0, 0};
	struct ulk_machine *m;
	uint64_t addr;

	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_load(m, guest, args, env), 0);
	assert_int_equal(ulk_each_symbol(m, count_symbol, &w), 0);
	assert_true(w.all > 500);
	assert_int_equal(w.found, 1);
	assert_int_equal(ulk_address_of(m, "stop_here", &addr), 0);
	assert_int_equal(w.addr, addr);
	ulk_machine_free(m);
}

static void test_errors(void **state)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, NULL}, *const env[] = {NULL};
	struct ulk_result result;
	struct ulk_machine *m;
	uint64_t value;
	int id;
	char c;

	assert_int_equal(ulk_machine_new(&config, &m), 0);
	assert_int_equal(ulk_run(m, &result), -EINVAL);
	assert_string_equal(ulk_machine_error(m), "no program is loaded");
	assert_int_equal(ulk_get_reg(m, "rax", &value), -EINVAL);
	assert_int_equal(ulk_load(m, "/nonexistent", args, env), -ENOENT);
	assert_int_equal(ulk_load(m, "/etc/passwd", args, env) < 0, 1);
	assert_int_equal(ulk_load(m, guest, args, env), 0);
	assert_int_equal(ulk_get_reg(m, "xyz", &value), -ENOENT);
	assert_int_equal(ulk_read(m, 0, &c, 1), -EFAULT);
	assert_int_equal(ulk_write(m, 0x7ffffffff000, "x", 1), -EFAULT);
	assert_int_equal(ulk_address_of(m, "no_such_symbol", &value), -ENOENT);
	assert_int_equal(ulk_break_at(m, "no_such_symbol"), -ENOENT);
	assert_true(strlen(ulk_machine_error(m)) > 10);
	assert_int_equal(ulk_break_add(m, "no_such_symbol", &id), -ENOENT);
	assert_int_equal(ulk_break_add(m, "syscall:no_such_call", &id), -EINVAL);
	assert_int_equal(ulk_break_remove(m, 77), -ENOENT);
	assert_int_equal(ulk_run_for(m, 0, -1, &result), -EINVAL);
	assert_int_equal(ulk_syscall_number("openat"), 257);
	assert_int_equal(ulk_syscall_number("no such call"), -ENOENT);
	ulk_machine_free(m);
	ulk_machine_free(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),	     cmocka_unit_test(test_fork), cmocka_unit_test(test_host_state),
		cmocka_unit_test(test_between_runs), cmocka_unit_test(test_many), cmocka_unit_test(test_free_in_the_middle),
		cmocka_unit_test(test_place),	     cmocka_unit_test(test_root), cmocka_unit_test(test_load_memory),
		cmocka_unit_test(test_threads),	     cmocka_unit_test(test_errors),
		cmocka_unit_test(test_symbols),
	};

	guest = argc > 1 ? realpath(argv[1], NULL) : NULL; /* other directories are to be seen */
	return guest ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
