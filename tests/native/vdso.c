// SPDX-License-Identifier: GPL-2.0-or-later
/* The vDSO as a C library sees it: an ELF image at AT_SYSINFO_EHDR whose functions, found by name and
 * version, answer as the system calls do; and its areas, which cannot be written or unmapped by accident. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char *base;
	Elf64_Dyn *dyn;
	const Elf64_Sym *sym;
	const char *str;
	const Elf64_Half *versym;
	const Elf64_Verdef *verdef;
	const Elf64_Word *hash;
	u_int64_t bias;
} v;

static void open_vdso(void)
{
	const Elf64_Ehdr *e = (void *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Phdr *ph = (void *)((char *)e + e->e_phoff);

	v.base = (void *)e;
	printf("magic %d type %d machine %d loads", !memcmp(e->e_ident, ELFMAG, SELFMAG), e->e_type,
	       e->e_machine);
	for (int i = 0; i < e->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD) {
			v.bias = (u_int64_t)e + ph[i].p_offset - ph[i].p_vaddr;
			printf(" flags %x", ph[i].p_flags);
		} else if (ph[i].p_type == PT_DYNAMIC) {
			v.dyn = (void *)((char *)e + ph[i].p_offset);
		}
	}
	putchar('\n');
	for (Elf64_Dyn *d = v.dyn; d->d_tag; d++) {
		void *p = (void *)(v.bias + d->d_un.d_ptr);

		if (d->d_tag == DT_SYMTAB)
			v.sym = p;
		else if (d->d_tag == DT_STRTAB)
			v.str = p;
		else if (d->d_tag == DT_VERSYM)
			v.versym = p;
		else if (d->d_tag == DT_VERDEF)
			v.verdef = p;
		else if (d->d_tag == DT_HASH)
			v.hash = p;
	}
	for (Elf64_Dyn *d = v.dyn; d->d_tag; d++)
		if (d->d_tag == DT_SONAME)
			printf("soname %s\n", v.str + d->d_un.d_val);
}

static const char *version_of(int ndx)
{
	const Elf64_Verdef *d = v.verdef;

	for (; d; d = d->vd_next ? (void *)((char *)d + d->vd_next) : NULL)
		if ((d->vd_ndx & 0x7fff) == (ndx & 0x7fff))
			return v.str + ((Elf64_Verdaux *)((char *)d + d->vd_aux))->vda_name;
	return "none";
}

static void *lookup(const char *name)
{
	for (Elf64_Word i = 0; i < v.hash[1]; i++) {
		if (strcmp(v.str + v.sym[i].st_name, name) || v.sym[i].st_shndx == SHN_UNDEF)
			continue;
		printf("%s: type %d bind %d version %s\n", name, v.sym[i].st_info & 15, v.sym[i].st_info >> 4,
		       version_of(v.versym[i]));
		return (void *)(v.bias + v.sym[i].st_value);
	}
	printf("%s: missing\n", name);
	exit(1);
}

static long long ns(const struct timespec *t)
{
	return t->tv_sec * 1000000000LL + t->tv_nsec;
}

static void clocks(long (*gettime)(long, struct timespec *), long (*getres)(long, struct timespec *))
{
	static const int ids[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 99, -1};

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		struct timespec a = {0}, b = {0}, c = {0}, r = {0}, q = {0};
		long before = syscall(SYS_clock_gettime, ids[i], &a) ? -errno : 0;
		long got = gettime(ids[i], &b);
		long res = getres(ids[i], &r), res_sys = syscall(SYS_clock_getres, ids[i], &q) ? -errno : 0;

		syscall(SYS_clock_gettime, ids[i], &c);
		printf("clock %d: %ld %d order %d res %d %d\n", ids[i], got, got == before,
		       got || (ns(&a) <= ns(&b) && ns(&b) <= ns(&c)), res == res_sys, ns(&r) == ns(&q));
	}
	printf("NULL %ld\n", getres(1, NULL));
}

static sigjmp_buf jump;

static void fault(int sig, siginfo_t *si, void *ctx)
{
	siglongjmp(jump, sig * 1000 + si->si_code);
}

static void areas(void)
{
	const struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	volatile char *text = (char *)v.base;
	int sig;

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sig = sigsetjmp(jump, 1);
	if (!sig)
		text[0] = 0;
	printf("write to text: %d\n", sig);
	for (long page = -6; page < 2; page++) {
		sig = sigsetjmp(jump, 1);
		if (!sig)
			(void)text[page * 4096];
		printf("read page %ld: %d\n", page, sig);
	}
	sig = sigsetjmp(jump, 1);
	if (!sig)
		((void (*)(void))(text - 6 * 4096))();
	printf("execute data: %d\n", sig);
	printf("mprotect data %d", mprotect((char *)text - 6 * 4096, 4096, PROT_READ | PROT_WRITE));
	printf(" %s\n", strerrorname_np(errno));
	printf("mprotect text %d", mprotect((char *)text, 4096, PROT_READ | PROT_WRITE));
	printf(" %s\n", strerrorname_np(errno));
	sig = sigsetjmp(jump, 1);
	if (!sig)
		text[4095] = 1;
	printf("copied %d\n", sig);
	printf("munmap %d\n", munmap((char *)text - 6 * 4096, 6 * 4096));
}

int main(void)
{
	static const char *const names[] = {"clock_gettime", "gettimeofday", "time", "getcpu",
					    "clock_getres"};
	char name[64];
	void *f[5];
	struct timeval a, b;
	unsigned cpu = ~0u, node = ~0u;
	time_t t = 0, got;

	open_vdso();
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "__vdso_%s", names[i]);
		f[i] = lookup(name);
		printf("same %d\n", lookup(names[i]) == f[i]);
	}
	clocks(f[0], f[4]);
	syscall(SYS_gettimeofday, &a, NULL);
	printf("gettimeofday %d", ((int (*)(struct timeval *, void *))f[1])(&b, NULL));
	printf(" %d\n", b.tv_sec * 1000000 + b.tv_usec >= a.tv_sec * 1000000 + a.tv_usec);
	got = ((time_t(*)(time_t *))f[2])(&t);
	printf("time %d %d\n", got == t, t >= a.tv_sec - 1 && t <= a.tv_sec + 60);
	printf("getcpu %ld", ((long (*)(unsigned *, unsigned *, void *))f[3])(&cpu, &node, NULL));
	printf(" %d\n", cpu < 4096 && node < 4096);
	areas();
	return 0;
}
