/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handlers_proc: memory, processes, signals, time and the rest. One block per file. */
#ifndef ULK_SYSCALLS_HANDLERS_PROC_H
#define ULK_SYSCALLS_HANDLERS_PROC_H

#include "syscalls/syscalls.h"

/* memory.c */
SYSCALL(brk);
SYSCALL(mmap);
SYSCALL(munmap);
SYSCALL(mprotect);
SYSCALL(mremap);
SYSCALL(get_mempolicy);
SYSCALL(mbind);
SYSCALL(migrate_pages);
SYSCALL(move_pages);
SYSCALL(set_mempolicy);
SYSCALL(set_mempolicy_home_node);
SYSCALL(shmat);
SYSCALL(shmctl);
SYSCALL(shmdt);
SYSCALL(shmget);
SYSCALL(madvise);
SYSCALL(process_madvise);
SYSCALL(msync);
SYSCALL(mincore);
SYSCALL(mseal);
SYSCALL(remap_file_pages);
SYSCALL(membarrier);

/* mlock.c */
SYSCALL(mlock);
SYSCALL(mlock2);
SYSCALL(munlock);
SYSCALL(mlockall);
SYSCALL(munlockall);
SYSCALL(pkey_mprotect);
SYSCALL(pkey_alloc);
SYSCALL(pkey_free);

/* ids.c */
SYSCALL(getpid);
SYSCALL(getppid);
SYSCALL(gettid);
SYSCALL(getuid);
SYSCALL(geteuid);
SYSCALL(getgid);
SYSCALL(getegid);
SYSCALL(setuid);
SYSCALL(setgid);
SYSCALL(setreuid);
SYSCALL(setregid);
SYSCALL(setresuid);
SYSCALL(setresgid);
SYSCALL(getresuid);
SYSCALL(getresgid);
SYSCALL(setfsuid);
SYSCALL(setfsgid);
SYSCALL(getgroups);
SYSCALL(setgroups);
SYSCALL(getpgrp);
SYSCALL(getpgid);
SYSCALL(setpgid);
SYSCALL(getsid);
SYSCALL(setsid);
SYSCALL(capget);
SYSCALL(capset);

/* exec.c */
SYSCALL(exit);
SYSCALL(exit_group);
SYSCALL(execve);
SYSCALL(execveat);
SYSCALL(wait4);
SYSCALL(waitid);
SYSCALL(set_tid_address);
SYSCALL(set_robust_list);
SYSCALL(get_robust_list);

/* clone.c */
SYSCALL(fork);
SYSCALL(vfork);
SYSCALL(clone);
SYSCALL(clone3);

/* arch.c */
SYSCALL(arch_prctl);
SYSCALL(personality);

/* sched.c */
SYSCALL(sched_yield);
SYSCALL(sched_getaffinity);
SYSCALL(sched_setaffinity);
SYSCALL(sched_getparam);
SYSCALL(sched_setparam);
SYSCALL(sched_getscheduler);
SYSCALL(sched_setscheduler);
SYSCALL(sched_get_priority_max);
SYSCALL(sched_get_priority_min);
SYSCALL(sched_rr_get_interval);
SYSCALL(sched_getattr);
SYSCALL(sched_setattr);
SYSCALL(getpriority);
SYSCALL(setpriority);
SYSCALL(getcpu);

/* limits.c */
SYSCALL(getrlimit);
SYSCALL(setrlimit);
SYSCALL(prlimit64);
SYSCALL(getrusage);
SYSCALL(times);

/* pidfd.c */
SYSCALL(pidfd_open);
SYSCALL(pidfd_send_signal);
SYSCALL(pidfd_getfd);
SYSCALL(kcmp);
SYSCALL(unshare);
SYSCALL(setns);
SYSCALL(ioprio_get);
SYSCALL(ioprio_set);
SYSCALL(vhangup);
SYSCALL(reboot);
SYSCALL(init_module);
SYSCALL(finit_module);
SYSCALL(delete_module);
SYSCALL(kexec_load);
SYSCALL(kexec_file_load);

/* ipc.c */
SYSCALL(semget);
SYSCALL(semop);
SYSCALL(semtimedop);
SYSCALL(semctl);
SYSCALL(msgget);
SYSCALL(msgsnd);
SYSCALL(msgrcv);
SYSCALL(msgctl);

/* futex.c */
SYSCALL(futex);

/* futex2.c */
SYSCALL(futex_waitv);
SYSCALL(futex_wake);
SYSCALL(futex_wait);
SYSCALL(futex_requeue);

/* process_vm.c */
SYSCALL(process_vm_readv);
SYSCALL(process_vm_writev);

/* prctl.c */
SYSCALL(prctl);

/* info.c */
SYSCALL(uname);
SYSCALL(sysinfo);
SYSCALL(getrandom);
SYSCALL(sethostname);
SYSCALL(setdomainname);
SYSCALL(syslog);

/* time.c */
SYSCALL(time);
SYSCALL(gettimeofday);
SYSCALL(settimeofday);
SYSCALL(clock_gettime);
SYSCALL(clock_settime);
SYSCALL(clock_getres);
SYSCALL(adjtimex);
SYSCALL(clock_adjtime);
SYSCALL(nanosleep);
SYSCALL(clock_nanosleep);
SYSCALL(restart_syscall);

/* timer.c */
SYSCALL(alarm);
SYSCALL(getitimer);
SYSCALL(setitimer);
SYSCALL(timer_create);
SYSCALL(timer_settime);
SYSCALL(timer_gettime);
SYSCALL(timer_getoverrun);
SYSCALL(timer_delete);

/* sig.c */
SYSCALL(kill);
SYSCALL(tkill);
SYSCALL(tgkill);
SYSCALL(rt_sigqueueinfo);
SYSCALL(rt_tgsigqueueinfo);
SYSCALL(rt_sigpending);
SYSCALL(rt_sigtimedwait);
SYSCALL(pause);

/* aio.c */
SYSCALL(io_setup);
SYSCALL(io_destroy);
SYSCALL(io_submit);
SYSCALL(io_cancel);
SYSCALL(io_getevents);
SYSCALL(io_pgetevents);

/* keys.c */
SYSCALL(add_key);
SYSCALL(request_key);
SYSCALL(keyctl);

/* seccomp.c */
SYSCALL(seccomp);

/* security.c */
SYSCALL(landlock_create_ruleset);
SYSCALL(landlock_add_rule);
SYSCALL(landlock_restrict_self);
SYSCALL(lsm_get_self_attr);
SYSCALL(lsm_set_self_attr);
SYSCALL(lsm_list_modules);

#endif
