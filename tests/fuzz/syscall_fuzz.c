// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that makes random system calls with arguments from a pool of the interesting ones: what a
 * handler must survive. Run as `ulk run syscall_fuzz SEED COUNT` in an empty directory, without other
 * descriptors than the first three; what is looked for is ulk's own death (a sanitizer's report), not
 * what the calls return. Calls that would change the machine or other processes are left out, and root's
 * rights are dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

#define ARENA ((char *)0x20000000)
#define PAGES 64
#define PAGE 4096UL
#define LAST_NUMBER 470

static uint64_t state;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dUL;
}

static uint64_t below(uint64_t n)
{
	return rnd() % n;
}

/* Left out: the end of the process, other processes, the machine, and what would block for good. */
static const short skipped[] = {
	SYS_exit, SYS_exit_group, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_execve, SYS_execveat,
	SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal,
	SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_reboot, SYS_mount, SYS_umount2, SYS_chroot, SYS_pivot_root,
	SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime,
	SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_quotactl_fd, SYS_unshare, SYS_setns, SYS_vhangup, SYS_setpriority,
	SYS_ioprio_set, SYS_sched_setaffinity, SYS_sched_setparam, SYS_sched_setscheduler, SYS_sched_setattr,
	SYS_prlimit64, SYS_setrlimit, SYS_syslog, SYS_acct, SYS_init_module, SYS_finit_module, SYS_delete_module,
	SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr,
	SYS_setpgid, SYS_setsid, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
	SYS_setgroups, SYS_setfsuid, SYS_setfsgid, SYS_capset, SYS_sync, SYS_syncfs, SYS_msgctl, SYS_semctl,
	SYS_rt_sigprocmask, SYS_mknod, SYS_mknodat, SYS_ptrace, SYS_semget, SYS_msgget, SYS_shmget, SYS_chown, SYS_lchown, SYS_fchown,
	SYS_fchownat, SYS_arch_prctl, SYS_personality, SYS_alarm,
	/* These take a signal mask, which may shut out the alarm that ends them. */
	SYS_ppoll, SYS_pselect6, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_rt_sigtimedwait,
};

static int is_skipped(long nr)
{
	for (unsigned i = 0; i < sizeof(skipped) / sizeof(*skipped); i++) {
		if (skipped[i] == nr)
			return 1;
	}
	return 0;
}

static const char *const strings[] = {
	"f", "d", "d/g", "link", ".", "", "..", "d/../f", "missing/x", "/proc/self/maps", "/proc/self/stat",
	"/proc/self/mem", "/proc/self/exe", "/proc/self/fd/0", "/dev/null", "/dev/zero", "user.x", "eth0",
};

static uint64_t address(void)
{
	static const uint64_t bad[] = {0, 8, 0xfff, 0x10000, 1UL << 47, 0x7ffffffff000, ~0UL, ~0UL - 4096, 1UL << 63};

	if (below(5) == 0)
		return bad[below(sizeof(bad) / sizeof(*bad))];
	switch (below(4)) {
	case 0:
		return (uint64_t)ARENA + below(PAGES) * PAGE;
	case 1:
		return (uint64_t)ARENA + below(PAGES) * PAGE + PAGE - below(64);
	case 2:
		return (uint64_t)strings[below(sizeof(strings) / sizeof(*strings))];
	default:
		return (uint64_t)ARENA + below(PAGES * PAGE);
	}
}

static uint64_t number(void)
{
	switch (below(8)) {
	case 0:
		return 0;
	case 1:
		return below(8);
	case 2:
		return 1UL << below(64);
	case 3:
		return below(300);
	case 4:
		return -below(5000);
	case 5:
		return below(3) * PAGE + below(3) - 1;
	case 6:
		return rnd();
	default:
		return below(1 << 16);
	}
}

static uint64_t descriptor(void)
{
	switch (below(6)) {
	case 0:
		return -below(200);
	case 1:
		return 15872 + below(20);
	case 2:
		return number();
	default:
		return below(24);
	}
}

static uint64_t argument(void)
{
	switch (below(3)) {
	case 0:
		return address();
	case 1:
		return number();
	default:
		return descriptor();
	}
}

/* Calls that change the address space must stay in the arena, or the guest saws off its own branch. */
static void tame(long nr, uint64_t a[6])
{
	switch (nr) {
	case SYS_mmap:
		if (a[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
			a[0] = (uint64_t)ARENA + below(PAGES) * PAGE;
			a[1] = below(8) * PAGE;
		}
		a[1] &= 0xffffff;
		a[3] &= ~(uint64_t)(MAP_LOCKED | MAP_POPULATE);
		break;
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_madvise:
	case SYS_remap_file_pages:
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_munlock:
	case SYS_msync:
		a[0] = (uint64_t)ARENA + below(PAGES) * PAGE;
		a[1] = below(4) * PAGE;
		break;
	case SYS_mremap:
		a[0] = (uint64_t)ARENA + below(PAGES) * PAGE;
		a[1] = below(4) * PAGE;
		a[2] = below(8) * PAGE;
		a[4] = (uint64_t)ARENA + below(PAGES) * PAGE;
		break;
	case SYS_shmat:
		a[0] = -1;
		break;
	case SYS_brk:
		a[0] = 0;
		break;
	case SYS_mlockall:
		a[0] = below(2) * 8;
		break;
	case SYS_rt_sigaction:
		a[1] = 0;
		break;
	case SYS_prctl:
		if (a[0] == 24 || a[0] == 1 || a[0] == 28 || a[0] == 47 || a[0] == 35)
			a[0] = 3;
		break;
	case SYS_fallocate:
	case SYS_ftruncate:
	case SYS_truncate:
		a[1] &= 0xffff;
		a[2] &= 0xffff;
		a[3] &= 0xffff;
		break;
	case SYS_mseal:
		/* What is sealed could not be furnished again. */
		a[1] = 0;
		break;
	case SYS_clone:
		/* A thread on this stack would crash the program, here as anywhere. */
		a[0] &= ~(uint64_t)0x10000;
		break;
	case SYS_setitimer:
		a[0] = 77;
		break;
	}
}

static void on_alarm(int sig)
{
}

static void set_up(void)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	struct itimerval it = {{0, 3000}, {0, 3000}};
	struct rlimit size = {16 << 20, 16 << 20};

	sigaction(SIGALRM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGURG, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGVTALRM, SIG_IGN);
	signal(SIGPROF, SIG_IGN);
	for (int sig = 32; sig <= 64; sig++)
		signal(sig, SIG_IGN);
	setitimer(ITIMER_REAL, &it, NULL);
	setrlimit(RLIMIT_FSIZE, &size);
}

static void furnish(void)
{
	int fds[2];

	mmap(ARENA, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (unsigned i = 0; i < PAGES * PAGE / 8; i++)
		((uint64_t *)ARENA)[i] = below(4) ? argument() : below(0x100000000);
	for (int i = 0; i < 40; i++)
		strcpy(ARENA + below(PAGES * PAGE - 64), strings[below(sizeof(strings) / sizeof(*strings))]);
	mprotect(ARENA + below(PAGES) * PAGE, PAGE, PROT_READ);
	mprotect(ARENA + below(PAGES) * PAGE, PAGE, PROT_NONE);
	munmap(ARENA + below(PAGES) * PAGE, PAGE);
	mkdir("d", 0700);
	symlink("f", "link");
	close(open("f", O_CREAT | O_RDWR, 0600));
	open("f", O_RDWR);
	open("/dev/zero", O_RDWR);
	open(".", O_RDONLY);
	if (!pipe(fds))
		write(fds[1], "hello", 5);
}

/* Never as root: the calls include unlink and chmod with absolute paths. */
static void drop_privileges(void)
{
	if (geteuid())
		return;
	chmod(".", 0777);
	if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, 65534, 65534, 65534) ||
	    syscall(SYS_setresuid, 65534, 65534, 65534) || !geteuid() || access("/dev", W_OK) == 0) {
		fputs("cannot drop privileges\n", stderr);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000, done = 0;
	int verbose = argc > 3;

	drop_privileges();
	state = (argc > 1 ? strtoul(argv[1], NULL, 0) : 1) * 0x9e3779b97f4a7c15UL + 1;
	while (done < count) {
		long nr = (long)below(LAST_NUMBER + 1);
		uint64_t a[6];

		if (done % 64 == 0) {
			set_up();
			furnish();
		}
		if (is_skipped(nr))
			continue;
		for (int i = 0; i < 6; i++)
			a[i] = argument();
		tame(nr, a);
		if (verbose)
			fprintf(stderr, "%lu: %ld(%lx, %lx, %lx, %lx, %lx, %lx)\n", done, nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		done++;
	}
	return 0;
}
