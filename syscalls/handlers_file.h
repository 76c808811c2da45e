/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handlers_file: files, directories, descriptors, events, mounts. One block per file. */
#ifndef ULK_SYSCALLS_HANDLERS_FILE_H
#define ULK_SYSCALLS_HANDLERS_FILE_H

#include "syscalls/syscalls.h"

/* attr.c */
SYSCALL(chmod);
SYSCALL(fchmod);
SYSCALL(fchmodat);
SYSCALL(fchmodat2);
SYSCALL(chown);
SYSCALL(lchown);
SYSCALL(fchown);
SYSCALL(fchownat);
SYSCALL(umask);
SYSCALL(utime);
SYSCALL(utimes);
SYSCALL(futimesat);
SYSCALL(utimensat);

/* dir.c */
SYSCALL(getdents);
SYSCALL(getdents64);
SYSCALL(getcwd);
SYSCALL(chdir);
SYSCALL(fchdir);
SYSCALL(chroot);
SYSCALL(mkdir);
SYSCALL(mkdirat);
SYSCALL(rmdir);

/* epoll.c */
SYSCALL(epoll_create);
SYSCALL(epoll_create1);
SYSCALL(epoll_ctl);
SYSCALL(epoll_wait);
SYSCALL(epoll_pwait);
SYSCALL(epoll_pwait2);

/* event.c */
SYSCALL(eventfd);
SYSCALL(eventfd2);
SYSCALL(timerfd_create);
SYSCALL(timerfd_settime);
SYSCALL(timerfd_gettime);
SYSCALL(signalfd);
SYSCALL(signalfd4);
SYSCALL(inotify_init);
SYSCALL(inotify_init1);
SYSCALL(inotify_add_watch);
SYSCALL(inotify_rm_watch);
SYSCALL(fanotify_init);
SYSCALL(fanotify_mark);

/* fcntl.c */
SYSCALL(fcntl);

/* fdio.c */
SYSCALL(lseek);
SYSCALL(dup);
SYSCALL(dup2);
SYSCALL(dup3);
SYSCALL(flock);
SYSCALL(fsync);
SYSCALL(fdatasync);
SYSCALL(sync);
SYSCALL(syncfs);
SYSCALL(sync_file_range);
SYSCALL(readahead);
SYSCALL(fadvise64);

/* ioctl.c */
SYSCALL(ioctl);

/* link.c */
SYSCALL(rename);
SYSCALL(renameat);
SYSCALL(renameat2);
SYSCALL(link);
SYSCALL(linkat);
SYSCALL(unlink);
SYSCALL(unlinkat);
SYSCALL(symlink);
SYSCALL(symlinkat);
SYSCALL(readlink);
SYSCALL(readlinkat);
SYSCALL(mknod);
SYSCALL(mknodat);

/* mount.c */
SYSCALL(mount);
SYSCALL(umount2);
SYSCALL(swapon);
SYSCALL(swapoff);
SYSCALL(acct);
SYSCALL(pivot_root);
SYSCALL(open_tree);
SYSCALL(move_mount);
SYSCALL(fsopen);
SYSCALL(fsmount);
SYSCALL(fspick);
SYSCALL(fsconfig);
SYSCALL(mount_setattr);
SYSCALL(open_tree_attr);
SYSCALL(listmount);
SYSCALL(statmount);
SYSCALL(quotactl);
SYSCALL(quotactl_fd);
SYSCALL(sysfs);

/* mq.c */
SYSCALL(mq_open);
SYSCALL(mq_unlink);
SYSCALL(mq_timedsend);
SYSCALL(mq_timedreceive);
SYSCALL(mq_notify);
SYSCALL(mq_getsetattr);

/* open.c */
SYSCALL(open);
SYSCALL(openat);
SYSCALL(creat);
SYSCALL(openat2);
SYSCALL(close);
SYSCALL(close_range);
SYSCALL(memfd_create);
SYSCALL(memfd_secret);
SYSCALL(name_to_handle_at);
SYSCALL(open_by_handle_at);

/* pipe.c */
SYSCALL(pipe);
SYSCALL(pipe2);
SYSCALL(sendfile);
SYSCALL(splice);
SYSCALL(copy_file_range);
SYSCALL(tee);
SYSCALL(vmsplice);

/* poll.c */
SYSCALL(poll);
SYSCALL(ppoll);

/* rw.c */
SYSCALL(read);
SYSCALL(write);
SYSCALL(pread64);
SYSCALL(pwrite64);
SYSCALL(readv);
SYSCALL(writev);
SYSCALL(preadv);
SYSCALL(pwritev);
SYSCALL(preadv2);
SYSCALL(pwritev2);

/* select.c */
SYSCALL(select);
SYSCALL(pselect6);

/* stat.c */
SYSCALL(stat);
SYSCALL(lstat);
SYSCALL(fstat);
SYSCALL(statfs);
SYSCALL(fstatfs);
SYSCALL(ustat);
SYSCALL(newfstatat);
SYSCALL(statx);
SYSCALL(access);
SYSCALL(faccessat);
SYSCALL(faccessat2);
SYSCALL(cachestat);
SYSCALL(file_getattr);
SYSCALL(file_setattr);

/* truncate.c */
SYSCALL(truncate);
SYSCALL(ftruncate);
SYSCALL(fallocate);

/* xattr.c */
SYSCALL(setxattr);
SYSCALL(lsetxattr);
SYSCALL(fsetxattr);
SYSCALL(getxattr);
SYSCALL(lgetxattr);
SYSCALL(fgetxattr);
SYSCALL(listxattr);
SYSCALL(llistxattr);
SYSCALL(flistxattr);
SYSCALL(removexattr);
SYSCALL(lremovexattr);
SYSCALL(fremovexattr);
SYSCALL(setxattrat);
SYSCALL(getxattrat);
SYSCALL(listxattrat);
SYSCALL(removexattrat);

#endif
