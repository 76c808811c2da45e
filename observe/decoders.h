/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoders of arguments, by what they print. @param, where one is used, is said in brackets. */

/* decode.c: simple ones */
DECODER(nothing);
DECODER(int);
DECODER(uint);
DECODER(long);
DECODER(ulong);
DECODER(hex);
DECODER(octal);
DECODER(addr);
DECODER(fd);
DECODER(dirfd);
DECODER(path);
DECODER(str);            /* a string that is no path: cut as -s says */
DECODER(buf);            /* bytes; how many stands in the next argument */
DECODER(outbuf);         /* bytes; how many the call's result says */
DECODER(random);         /* the same, in hexadecimal */
DECODER(flags);          /* [struct xlat_set] */
DECODER(val);            /* [struct xlat_set] */
DECODER(signal);
DECODER(intp);           /* [number] */
DECODER(fdpair);
DECODER(mode);
DECODER(cwd);
DECODER(offset);         /* before and after */
DECODER(node_dev);       /* of mknod: only for devices */
DECODER(old_dirents);
DECODER(filemode);       /* of mknod: with the type */
DECODER(hexoff);
DECODER(umask);
DECODER(dev);
DECODER(u64p);           /* [number], as offsets are */
DECODER(s64p);
DECODER(addrp);
DECODER(uid);
DECODER(gidlist);
DECODER(clock);

/* decode_file.c */
DECODER(oflags);
DECODER(creat_mode);     /* omitted unless the flags before say that a file may be made */
DECODER(open_how);
DECODER(access);
DECODER(stat);
DECODER(statx);
DECODER(statfs);
DECODER(dirents);
DECODER(iov_in);
DECODER(iov_out);
DECODER(iov_addrs);      /* where the pieces are, not what is in them */
DECODER(fcntl_arg);
DECODER(renameat_flags);
DECODER(statx_flags);
DECODER(faccessat_flags);
DECODER(flock_op);

/* decode_mem.c */
DECODER(map_flags);
DECODER(memfd_flags);
DECODER(mremap_addr);
DECODER(shm_size);
DECODER(mincore_vec);

/* decode_proc.c, decode_prctl.c */
DECODER(argv);
DECODER(envp);
DECODER(clone_flags);
DECODER(clone_rest);
DECODER(clone_args);
DECODER(wstatus);
DECODER(rusage);
DECODER(rlimit);
DECODER(rlimit64);
DECODER(prctl_arg);
DECODER(personality);
DECODER(utsname);
DECODER(sysinfo);
DECODER(tms);
DECODER(arch_prctl_arg);
DECODER(waitid_id);
DECODER(cap_header);
DECODER(cap_data);

/* decode_sig.c */
DECODER(sigset);         /* its size is the last argument, or (signalfd4) the one before */
DECODER(outsigset);
DECODER(sigreturn);      /* the mask in the frame that the stack pointer stands at */
DECODER(sigaction);
DECODER(stack_t);
DECODER(siginfo);
DECODER(timespec);
DECODER(remaining);
DECODER(timeval);
DECODER(utimbuf);
DECODER(timeval_pair);
DECODER(timespec_pair);
DECODER(itimerval);
DECODER(itimerspec);
DECODER(sigevent);
DECODER(timezone);
DECODER(timer_id);

/* decode_poll.c */
DECODER(pollfds);
DECODER(fd_set);
DECODER(epoll_event);
DECODER(epoll_events);
DECODER(sigset_pair);

/* decode_net.c */
DECODER(sock_type);
DECODER(sock_proto);
DECODER(received);
DECODER(sockaddr_in);    /* its length stands in the next argument */
DECODER(sockaddr_out);   /* its length stands behind the pointer in the next argument */
DECODER(socklen);
DECODER(msghdr_in);
DECODER(msghdr_out);
DECODER(mmsghdr_in);
DECODER(mmsghdr_out);
DECODER(sockopt_name);
DECODER(sockopt_in);
DECODER(sockopt_out);
DECODER(ipc_key);
DECODER(shmctl_buf);
DECODER(sembufs);
DECODER(semctl_arg);
DECODER(msgbuf);
DECODER(msgctl_buf);
DECODER(ipc_cmd);        /* [struct xlat_set] */
DECODER(ipc_flags);      /* [struct xlat_set] */

/* decode_ioctl.c */
DECODER(ioctl_cmd);
DECODER(ioctl_arg);

/* decode_mount.c */
DECODER(fsconfig_key);
DECODER(fsconfig_value); /* what it is stands in the second argument */
DECODER(fsconfig_aux);
DECODER(mount_attr);     /* its size stands in the next argument */
DECODER(handle_out);     /* with .keep: its room */
DECODER(handle_in);
DECODER(fanotify_flags);
DECODER(fanotify_mask);

/* decode_queue.c */
DECODER(mq_attr);
DECODER(mq_creation);    /* mode and attributes */
DECODER(mq_prio);

/* decode_mem.c */
DECODER(nodemask);       /* its bits stand in the next argument */
DECODER(policy);
DECODER(policyp);

/* decode_proc.c */
DECODER(kcmp_args);

/* decode_futex.c */
DECODER(futex_op);
DECODER(futex_val);
DECODER(futex2_flags);
DECODER(futex2_mask);
DECODER(waiters);
DECODER(waiter_pair);

/* decode_sched.c */
DECODER(sched_param);
DECODER(cpuset);
DECODER(sched_attr_in);
DECODER(sched_attr_out);
DECODER(ioprio);
DECODER(timex);

/* decode_keys.c */
DECODER(key);
DECODER(keyctl_args);

/* decode_guard.c */
DECODER(seccomp_flags);
DECODER(seccomp_arg);
DECODER(landlock_ruleset);
DECODER(landlock_rule);
DECODER(lsm_size);
DECODER(lsm_modules);
DECODER(lsm_context);

/* decode_aio.c */
DECODER(iocbs);
DECODER(iocb);
DECODER(io_events);

/* decode_system.c */
DECODER(syslog_action);
DECODER(syslog_rest);
DECODER(quota_cmd);
DECODER(quota_rest);
DECODER(reboot_arg);
DECODER(user_desc);
DECODER(xattr_args);
DECODER(xattr_value);
DECODER(xattr_list);
DECODER(cache_range);
DECODER(cache_stat);

/* decode_mem.c */
DECODER(nodes);
DECODER(page_addrs);
DECODER(page_nodes);
DECODER(page_status);
DECODER(membarrier_cpu);
