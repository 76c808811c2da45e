// SPDX-License-Identifier: GPL-2.0-or-later
/* load_program() itself: what it leaves in the mm, its errors, and that a seed repeats a layout. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "loader/binfmt.h"
#include "loader/internal.h"
#include "mm/uaccess.h"

struct fixture {
	struct phys *phys;
	struct mm_env env;
	struct rlimit rlim[RLIM_NLIMITS];
	const char *prog_static, *prog_pie, *prog_dynamic;
	int signo;
	char why[160];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(phys_create(&f->phys, 64 << 20, 100), 0);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		f->rlim[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	f->rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	f->env = (struct mm_env){.rlim = f->rlim,
				 .max_map_count = 65530,
				 .overcommit_memory = 1,
				 .total_ram_pages = 1 << 20,
				 .commit_limit_pages = 1 << 20};
	f->prog_static = getenv("DUMP_STATIC");
	f->prog_pie = getenv("DUMP_STATIC_PIE");
	f->prog_dynamic = getenv("DUMP_DYNAMIC_PIE");
	assert_non_null(f->prog_static);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	phys_destroy(f->phys);
	free(f);
	return 0;
}

static int load_fd(struct fixture *f, const char *path, int fd, char *const *argv, struct linux_binprm *b)
{
	static char *const envp[] = {"A=1", "B=", NULL};
	int err;

	*b = (struct linux_binprm){.phys = f->phys,
				   .env = &f->env,
				   .filename = path,
				   .fd = fd,
				   .argv = argv,
				   .envp = envp,
				   .uid = 1,
				   .euid = 2,
				   .gid = 3,
				   .egid = 4,
				   .hwcap = 5,
				   .hwcap2 = 6,
				   .minsigstksz = 7};
	memset(b->at_random, 0xaa, sizeof(b->at_random));
	err = load_program(b, &f->signo);
	memcpy(f->why, b->why, sizeof(f->why));
	free(b->interp_name);
	return err;
}

static int load(struct fixture *f, const char *path, struct linux_binprm *b)
{
	static char *const argv[] = {"zero", "one", NULL};

	return load_fd(f, path, -1, argv, b);
}

static u64 word_at(struct mm_struct *mm, u64 addr)
{
	u64 v;

	assert_int_equal(copy_from_user(mm, &v, addr, sizeof(v)), 0);
	return v;
}

static void assert_string_at(struct mm_struct *mm, u64 addr, const char *want)
{
	char buf[4096];

	assert_true(strncpy_from_user(mm, buf, addr, sizeof(buf)) >= 0);
	assert_string_equal(buf, want);
}

static void test_stack(void **state)
{
	static const u64 order[] = {33, 51, 16, 6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23, 25, 26, 31, 15};
	struct fixture *f = *state;
	struct linux_binprm b;
	struct mm_struct *mm;
	u64 p, aux[64] = {0};
	size_t n = 0;

	assert_int_equal(load(f, f->prog_static, &b), 0);
	mm = b.mm;
	p = b.sp;
	assert_int_equal(p % 16, 0);
	assert_int_equal(word_at(mm, p), 2);
	assert_string_at(mm, word_at(mm, p + 8), "zero");
	assert_string_at(mm, word_at(mm, p + 16), "one");
	assert_int_equal(word_at(mm, p + 24), 0);
	assert_string_at(mm, word_at(mm, p + 32), "A=1");
	assert_string_at(mm, word_at(mm, p + 40), "B=");
	assert_int_equal(word_at(mm, p + 48), 0);
	for (p += 56; word_at(mm, p); p += 16, n++) {
		u64 type = word_at(mm, p);

		if (n < ARRAY_SIZE(order))
			assert_int_equal(type, order[n]);
		if (type < 64)
			aux[type] = word_at(mm, p + 8);
		assert_int_equal(mm->saved_auxv[2 * n], type);
		assert_int_equal(mm->saved_auxv[2 * n + 1], word_at(mm, p + 8));
	}
	assert_true(n >= ARRAY_SIZE(order));
	assert_int_equal(aux[AT_UID], 1);
	assert_int_equal(aux[AT_EGID], 4);
	assert_int_equal(aux[AT_HWCAP2], 6);
	assert_int_equal(aux[AT_ENTRY], b.entry);
	assert_string_at(mm, aux[AT_EXECFN], f->prog_static);
	assert_string_at(mm, aux[AT_PLATFORM], "x86_64");
	assert_int_equal(word_at(mm, aux[AT_RANDOM]), 0xaaaaaaaaaaaaaaaaUL);
	assert_int_equal(word_at(mm, STACK_TOP - 8), 0);
	assert_int_equal(mm->arg_end, mm->arg_start + 9);
	assert_int_equal(mm->env_start, mm->arg_end);
	assert_int_equal(mm->env_end, mm->env_start + 7);
	assert_int_equal(mm->start_stack, b.sp);
	assert_int_equal(mm->brk, mm->start_brk);
	assert_true(mm->start_code < mm->end_code && mm->start_data < mm->end_data);
	assert_string_equal(b.comm, "dump-static");
	mmput(mm);
}

/* The vDSO is an ELF image at AT_SYSINFO_EHDR, right after its data areas. */
static void test_vdso(void **state)
{
	struct fixture *f = *state;
	struct vm_area_struct *vma;
	struct linux_binprm b;
	char name[64];

	assert_int_equal(load(f, f->prog_static, &b), 0);
	assert_int_equal((u32)word_at(b.mm, b.mm->context.vdso), 0x464c457f);
	vma = vma_lookup(b.mm, b.mm->context.vdso);
	assert_string_equal(vma_name(vma, name, sizeof(name)), "[vdso]");
	assert_string_equal(vma_name(vma->vm_prev, name, sizeof(name)), "[vvar_vclock]");
	mmput(b.mm);
	b.no_vdso = true;
	b.fd = -1;
	assert_int_equal(load_program(&b, &f->signo), 0);
	assert_int_equal(b.mm->context.vdso, 0);
	assert_int_equal(b.mm->saved_auxv[0], 51);
	mmput(b.mm);
}

static void test_symbols(void **state)
{
	struct fixture *f = *state;
	const char *const progs[] = {f->prog_static, f->prog_pie};
	struct linux_binprm b;
	char text[64];
	u64 addr;

	for (size_t i = 0; i < ARRAY_SIZE(progs); i++) {
		assert_int_equal(load(f, progs[i], &b), 0);
		assert_int_equal(symbol_address(b.mm, "_start", &addr), 0);
		assert_int_equal(addr, b.entry);
		assert_int_equal(symbol_address(b.mm, "main", &addr), 0);
		assert_true(symbol_at(b.mm, addr + 3, text, sizeof(text)));
		assert_string_equal(text, "main+0x3");
		assert_int_equal(symbol_address(b.mm, "no such symbol", &addr), -ENOENT);
		assert_false(symbol_at(b.mm, 0, text, sizeof(text)));
		mmput(b.mm);
	}
}

static void test_interpreter(void **state)
{
	struct fixture *f = *state;
	struct linux_binprm b;
	char name[4096];

	assert_int_equal(load(f, f->prog_dynamic, &b), 0);
	assert_non_null(strstr(vma_name(vma_lookup(b.mm, b.entry), name, sizeof(name)), "/ld-linux"));
	assert_int_equal(b.mm->start_code >> 40, 0x55);
	mmput(b.mm);
}

static void test_errors(void **state)
{
	struct fixture *f = *state;
	char dir[] = "/tmp/ulk-load-XXXXXX", path[64], *big, *argv[] = {"x", NULL, NULL};
	struct linux_binprm b;
	int fd;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(load(f, "/nowhere/at/all", &b), -ENOENT);
	assert_string_not_equal(f->why, "");
	assert_null(b.mm);
	assert_int_equal(load(f, dir, &b), -EACCES);
	snprintf(path, sizeof(path), "%s/x", dir);
	assert_int_equal(mkfifo(path, 0755), 0);
	assert_int_equal(load(f, path, &b), -EACCES);
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT, 0755);
	assert_int_equal(load(f, path, &b), -ETXTBSY);
	close(fd);
	assert_int_equal(load(f, path, &b), -ENOEXEC);
	assert_string_not_equal(f->why, "");
	chmod(path, 0644);
	assert_int_equal(load(f, path, &b), -EACCES);
	unlink(path);
	rmdir(dir);

	big = argv[1] = malloc(MAX_ARG_STRLEN + 1);
	memset(big, 'a', MAX_ARG_STRLEN);
	big[MAX_ARG_STRLEN] = '\0';
	assert_int_equal(load_fd(f, f->prog_static, -1, argv, &b), -E2BIG);
	big[MAX_ARG_STRLEN - 1] = '\0';
	assert_int_equal(load_fd(f, f->prog_static, -1, argv, &b), 0);
	mmput(b.mm);
	f->rlim[RLIMIT_STACK].rlim_cur = 100 << 10;
	assert_int_equal(load_fd(f, f->prog_static, -1, argv, &b), -E2BIG);
	f->rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	free(big);
}

/* An ELF header without segments is accepted and then kills, as natively. */
static void test_fatal(void **state)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr;
	} image = {.ehdr = {.e_ident = ELFMAG,
			    .e_type = ET_EXEC,
			    .e_machine = EM_X86_64,
			    .e_phoff = 64,
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1}};
	struct fixture *f = *state;
	char path[] = "/tmp/ulk-load-XXXXXX";
	struct linux_binprm b;
	int fd = mkstemp(path);

	assert_int_equal(write(fd, &image, sizeof(image)), sizeof(image));
	fchmod(fd, 0755);
	close(fd);
	image.ehdr.e_entry = TASK_SIZE;
	assert_int_equal(load(f, path, &b), 0); /* entry 0: it may try */
	mmput(b.mm);
	fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, &image, sizeof(image)), sizeof(image));
	close(fd);
	assert_int_equal(load(f, path, &b), LOAD_FATAL);
	assert_int_equal(f->signo, SIGSEGV);
	assert_null(b.mm);
	unlink(path);
}

static void test_fd(void **state)
{
	struct fixture *f = *state;
	char name[32], *argv[] = {NULL};
	int fd = open(f->prog_static, O_RDONLY);
	struct linux_binprm b;

	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	assert_int_equal(load_fd(f, name, fd, argv, &b), 0);
	assert_string_equal(b.comm, "dump-static");
	assert_int_equal(word_at(b.mm, b.sp), 1); /* an empty argv became { "" } */
	assert_string_at(b.mm, word_at(b.mm, b.sp + 8), "");
	mmput(b.mm);
	close(fd);
}

static void test_aslr(void **state)
{
	struct fixture *f = *state;
	const char *const progs[] = {f->prog_static, f->prog_pie, f->prog_dynamic};
	struct linux_binprm a, b;

	for (size_t i = 0; i < ARRAY_SIZE(progs); i++) {
		u64 fixed_sp, fixed_entry;

		f->env.aslr_seed = 0;
		assert_int_equal(load(f, progs[i], &a), 0);
		fixed_sp = a.sp;
		fixed_entry = a.entry;
		mmput(a.mm);
		for (u64 seed = 1; seed < 20; seed++) {
			f->env.aslr_seed = seed;
			assert_int_equal(load(f, progs[i], &a), 0);
			assert_int_equal(load(f, progs[i], &b), 0);
			assert_int_equal(a.sp, b.sp);
			assert_int_equal(a.entry, b.entry);
			assert_int_equal(a.mm->brk, b.mm->brk);
			assert_int_equal(a.mm->context.vdso, b.mm->context.vdso);
			assert_int_equal(a.sp % 16, 0);
			assert_true(a.sp < fixed_sp && fixed_sp - a.sp < (1UL << 34) + 65536);
			if (i)
				assert_int_not_equal(a.entry, fixed_entry);
			assert_string_at(a.mm, word_at(a.mm, a.sp + 8), "zero");
			assert_int_equal(mm_check(a.mm, stderr), 0);
			mmput(a.mm);
			mmput(b.mm);
		}
	}
	f->env.aslr_seed = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vdso, setup, teardown),
		cmocka_unit_test_setup_teardown(test_symbols, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interpreter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fatal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_aslr, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
