// SPDX-License-Identifier: GPL-2.0-or-later
/* System V shared memory: attaching, what maps and IPC_STAT say, splitting, shmdt, fork, removal, errors. */
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096L

static char *base; /* room nothing else is in */

static void areas(const char *what, int id)
{
	char line[256], perm[5], name[64];
	unsigned long start, end, off, ino;
	FILE *f = fopen("/proc/self/maps", "r");

	printf("%s:", what);
	while (fgets(line, sizeof(line), f)) {
		int maj, min;

		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %63[^\n]", &start, &end, perm, &off, &maj, &min, &ino,
			   name) < 8 ||
		    !strstr(name, "SYSV"))
			continue;
		printf(" [%ld+%ld %s %lx %x:%x %s %s]", (long)(start - (unsigned long)base) / PAGE,
		       (end - start) / PAGE, perm, off, maj, min, ino == (unsigned long)id ? "id" : "other", name);
	}
	fclose(f);
	puts("");
}

static void stat_of(const char *what, int id)
{
	struct shmid_ds ds;

	if (shmctl(id, IPC_STAT, &ds)) {
		show_result(what, -1);
		return;
	}
	printf("%s: size %zu mode %o nattch %lu atime %d dtime %d ctime %d cpid %d lpid %d\n", what, ds.shm_segsz,
	       ds.shm_perm.mode, ds.shm_nattch, !!ds.shm_atime, !!ds.shm_dtime, !!ds.shm_ctime,
	       ds.shm_cpid == getpid(), ds.shm_lpid == getpid() ? 1 : ds.shm_lpid ? 2 : 0);
}

static long faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt;
}

static void rss(const char *what)
{
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");

	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "RssShmem", 8))
			printf("%s: %s", what, line);
	fclose(f);
}

static void basics(void)
{
	int id = shmget(IPC_PRIVATE, 5 * PAGE - 100, IPC_CREAT | 0600), status;
	unsigned char vec[5] = {0};
	volatile char *p;
	long before;
	pid_t pid;

	stat_of("new", id);
	p = shmat(id, base, SHM_REMAP);
	SHOW((char *)p == base);
	stat_of("attached", id);
	areas("attached", id);
	before = faults();
	for (int i = 0; i < 5; i++)
		p[i * PAGE] = 'a' + i;
	printf("faults %ld\n", faults() - before);
	rss("touched");
	SHOW(mincore((void *)p, 5 * PAGE, vec));
	printf("%d%d%d%d%d\n", vec[0], vec[1], vec[2], vec[3], vec[4]);
	SHOW(msync((void *)p, 5 * PAGE, MS_SYNC));
	SHOW(madvise((void *)(p + PAGE), PAGE, MADV_REMOVE));
	SHOW(p[PAGE]);
	SHOW(madvise((void *)p, 5 * PAGE, MADV_DONTNEED));
	rss("dropped");
	before = faults();
	SHOW(p[0]);
	SHOW(p[4 * PAGE]);
	printf("faults %ld\n", faults() - before);
	/* Areas count. */
	mprotect((void *)(p + PAGE), PAGE, PROT_READ);
	stat_of("split", id);
	areas("split", id);
	mprotect((void *)(p + PAGE), PAGE, PROT_READ | PROT_WRITE);
	stat_of("split still", id);
	areas("split still", id);
	mprotect((void *)(p + PAGE), 2 * PAGE, PROT_READ);
	areas("border moved", id);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		stat_of("in the child", id);
		p[2 * PAGE + 1] = 'x';
		_exit(3);
	}
	waitpid(pid, &status, 0);
	printf("%x\n", status);
	pid = fork();
	if (!pid) {
		p[3 * PAGE] = 'C';
		SHOW(shmdt((void *)p));
		stat_of("child left", id);
		areas("child left", id);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	stat_of("child gone", id);
	SHOW(p[3 * PAGE]);
	SHOW(munmap((void *)(p + PAGE), PAGE));
	stat_of("hole", id);
	SHOW(shmctl(id, IPC_RMID, NULL));
	stat_of("removed", id);
	areas("removed", id);
	SHOW(shmdt((void *)(p + PAGE)));
	SHOW(shmdt((void *)p));
	areas("detached", id);
	stat_of("gone", id);
	SHOW(shmat(id, NULL, 0));
}

static void rights(void)
{
	int id = shmget(0x756c6b31, 3 * PAGE, IPC_CREAT | 0600);
	char *p, *q, *r;

	SHOW(id >= 0);
	p = shmat(id, base, SHM_REMAP | SHM_RDONLY);
	areas("read only", id);
	SHOW(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	SHOW(mprotect(p, PAGE, PROT_READ));
	q = shmat(id, base + 16 * PAGE, SHM_REMAP);
	q[10] = 'q';
	SHOW(p[10]);
	r = shmat(id, base + 32 * PAGE, SHM_REMAP | SHM_EXEC);
	areas("three", id);
	stat_of("three", id);
	r[0] = (char)0xb8, r[1] = 42, r[2] = r[3] = r[4] = 0, r[5] = (char)0xc3;
	SHOW(((int (*)(void))r)());
	q[1] = 43;
	SHOW(((int (*)(void))r)());
	SHOW(shmget(0x756c6b31, 0, 0) == id);
	SHOW(shmget(0x756c6b31, 3 * PAGE + 1, 0));
	SHOW(shmget(0x756c6b31, 3 * PAGE, IPC_CREAT | IPC_EXCL | 0600));
	SHOW(shmdt(q));
	stat_of("two", id);
	/* An adjacent attachment of the same segment stays one of its own. */
	q = shmat(id, base + 35 * PAGE, SHM_REMAP | SHM_EXEC);
	areas("adjacent", id);
	SHOW(shmdt(r));
	areas("first detached", id);
	SHOW(shmdt(q));
	SHOW(shmdt(p));
	stat_of("none", id);
	SHOW(shmctl(id, IPC_RMID, NULL));
}

static void moving(void)
{
	int id = shmget(IPC_PRIVATE, 4 * PAGE, 0600);
	char *p = shmat(id, base, SHM_REMAP), *q;

	p[PAGE] = 'm';
	q = mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, base + 64 * PAGE);
	SHOW(q == base + 64 * PAGE);
	areas("moved", id);
	stat_of("moved", id);
	SHOW(q[PAGE]);
	SHOW(shmdt(p));
	p = mremap(q, 0, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, base);
	areas("twice", id);
	stat_of("twice", id);
	SHOW(mremap(p, 2 * PAGE, 8 * PAGE, 0) == p);
	areas("grown", id);
	stat_of("grown", id);
	SHOW(p[PAGE]);
	SHOW(shmdt(p));
	areas("after shmdt", id);
	SHOW(munmap(p, 8 * PAGE));
	SHOW(mmap(q + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == q + PAGE);
	areas("covered", id);
	SHOW(remap_file_pages(q + 2 * PAGE, PAGE, 0, 0, 0));
	areas("remapped", id);
	SHOW(q[2 * PAGE + 1]);
	SHOW(shmdt(q));
	areas("detached", id);
	stat_of("at last", id);
	SHOW(shmctl(id, IPC_RMID, NULL));
	munmap(q, 16 * PAGE);
}

static void errors(void)
{
	int id = shmget(IPC_PRIVATE, 2 * PAGE, 0600), huge;
	struct shmid_ds ds;
	struct shminfo info;
	struct shm_info used;
	char *p;

	mmap(base, 256 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	SHOW(shmat(-1, NULL, 0));
	SHOW(shmat(0x7fffffff, NULL, 0));
	SHOW(shmat(id, base + 1, 0));
	SHOW(shmat(id, base, 0));
	SHOW(shmat(id, NULL, SHM_REMAP));
	SHOW(shmat(id, (void *)1, SHM_RND | SHM_REMAP));
	SHOW(shmat(id, (void *)-4096, SHM_REMAP));
	SHOW(shmat(id, (void *)-4096, 0));
	SHOW(shmat(id, (void *)0x7fffffffe000, SHM_REMAP));
	SHOW(shmat(id, (void *)0x8000000000000, 0));
	stat_of("never attached", id);
	p = shmat(id, base + 16 * PAGE + 77, SHM_RND | SHM_REMAP);
	SHOW(p - base);
	SHOW(shmdt(p + 1));
	SHOW(shmdt(p + PAGE));
	SHOW(shmdt(base));
	SHOW(shmdt(NULL));
	SHOW(shmdt(p));
	SHOW(shmdt(p));
	SHOW(shmget(IPC_PRIVATE, 0, 0600));
	SHOW(shmget(IPC_PRIVATE, -1UL, 0600));
	SHOW(shmget(0x756c6b32, 1, 0));
	huge = shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | 0600);
	show_result("huge", huge < 0 ? -1 : 0);
	if (huge >= 0)
		shmctl(huge, IPC_RMID, NULL);
	SHOW(shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | (63 << 26) | 0600));
	SHOW(shmctl(id, IPC_STAT, (void *)8));
	SHOW(shmctl(id, IPC_SET, (void *)8));
	SHOW(shmctl(id, 99, NULL));
	SHOW(shmctl(-1, IPC_STAT, &ds));
	SHOW(shmctl(id, -1, &ds));
	SHOW(shmctl(id + 1000, IPC_STAT, &ds));
	SHOW(shmctl(0, IPC_INFO, (void *)&info) >= 0);
	printf("%lu %lu %lu %lu\n", info.shmmax, info.shmmin, info.shmmni, info.shmall);
	SHOW(shmctl(0, SHM_INFO, (void *)&used) >= 0);
	SHOW(used.used_ids > 0);
	shmctl(id, IPC_STAT, &ds);
	ds.shm_perm.mode = 0640;
	SHOW(shmctl(id, IPC_SET, &ds));
	stat_of("set", id);
	SHOW(shmctl(id, SHM_LOCK, NULL));
	stat_of("locked", id);
	SHOW(shmctl(id, SHM_UNLOCK, NULL));
	SHOW(shmctl(id, IPC_RMID, NULL));
	SHOW(shmctl(id, IPC_RMID, NULL));
}

/* The limit is the caller's own, and 0 is none at all. */
static void own_lock(void)
{
	static const rlim_t limits[] = {0, PAGE, 4 * PAGE};
	int id = shmget(IPC_PRIVATE, 3 * PAGE, 0600);
	struct rlimit lim;

	getrlimit(RLIMIT_MEMLOCK, &lim);
	for (int i = 0; i < 3; i++) {
		lim.rlim_cur = limits[i];
		SHOW(setrlimit(RLIMIT_MEMLOCK, &lim));
		SHOW(shmctl(id, SHM_LOCK, NULL));
		stat_of("locked?", id);
	}
	SHOW(shmctl(id, SHM_UNLOCK, NULL));
	shmctl(id, IPC_RMID, NULL);
}

/* What another user may do with it. */
static void other_user(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, 0644), none = shmget(IPC_PRIVATE, PAGE, 0600), status;
	struct shmid_ds ds;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534)) {
			puts("not root");
			fflush(stdout);
			_exit(0);
		}
		SHOW(shmat(id, base, SHM_REMAP));
		SHOW(shmat(id, base, SHM_REMAP | SHM_RDONLY) == base);
		SHOW(base[0]);
		SHOW(shmat(id, base, SHM_RDONLY));
		SHOW(shmat(id, base, 0));
		SHOW(shmat(id, NULL, SHM_RDONLY | SHM_EXEC));
		SHOW(mprotect(base, PAGE, PROT_WRITE));
		SHOW(shmat(none, NULL, SHM_RDONLY));
		SHOW(shmctl(none, IPC_STAT, &ds));
		SHOW(shmctl(id, IPC_STAT, &ds));
		SHOW(shmctl(id, IPC_RMID, NULL));
		SHOW(shmctl(id, SHM_LOCK, NULL));
		own_lock();
		areas("other", id);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("%x\n", status);
	shmctl(id, IPC_RMID, NULL);
	shmctl(none, IPC_RMID, NULL);
}

int main(void)
{
	base = mmap(NULL, 256 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	basics();
	rights();
	moving();
	errors();
	other_user();
	return 0;
}
