/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file: what the mm knows of a host file that is mapped (vma->vm_file) or executed (mm->exe_file).
 *
 * struct file is one reference-counted open of a host file, on a descriptor of ulk's own that the
 * guest cannot see (own_fd.h). struct address_space is the inode behind it:
 * every struct file of one inode shares one, and with it the windows (see phys.h), so a file page
 * has one physical address.
 */
#ifndef ULK_MM_FILE_H
#define ULK_MM_FILE_H

#include <sys/types.h>
#include "mm/phys.h"

struct file {
	u32 refcount;
	int fd;                        /* ulk's own descriptor; it may move (own_fd.h); -1: System V shared memory */
	int f_flags;                   /* O_ACCMODE | O_APPEND ... as opened */
	mode_t mode;                   /* st_mode: regular, device, ... */
	dev_t dev;
	ino_t ino;
	bool is_shmem;                 /* memfd, tmpfs or the anonymous shared object: MM_SHMEMPAGES */
	bool is_secretmem;             /* memfd_secret: shared, locked, out of reach of all but the program's own accesses */
	bool is_dev_zero;              /* /dev/zero: private pages of it are anonymous memory */
	u64 huge_size;                 /* on hugetlbfs (MFD_HUGETLB, MAP_HUGETLB): the size of its pages; else 0 */
	bool noexec;                   /* on a noexec mount: PROT_EXEC is EPERM */
	struct file *next, **pprev;    /* of the same inode: f_mapping->files */
	char *name;                    /* what maps shows instead of the path ("/dev/zero (deleted)"), or NULL */
	struct address_space *f_mapping;
	struct phys *phys;
};

/*
 * A reference to the file that host descriptor @fd is open on: an existing struct file when it is the same
 * open file description (so that a thousand mappings of one descriptor cost one), else a new one on a
 * duplicate of ulk's own. The caller keeps @fd. Returns 0 or -errno: EBADF, EMFILE, ENFILE, ENOMEM.
 */
int file_from_fd(struct phys *phys, int fd, struct file **out);
/*
 * The unnamed file behind MAP_SHARED|MAP_ANONYMOUS (a memfd of @size bytes), shown in maps as
 * "/dev/zero (deleted)" as Linux's shmem_zero_setup does.
 */
int file_shmem_zero(struct phys *phys, u64 size, struct file **out);
/*
 * The unnamed file of huge pages behind MAP_HUGETLB, of the size that @flags ask for. 0 or -errno: EINVAL when the
 * host's kernel knows no such size.
 */
int file_hugetlb(struct phys *phys, unsigned long flags, struct file **out);
/*
 * POSIX locks belong to process and inode, and go when the process closes any descriptor of the inode:
 * ulk's own on a mapped file would take the guest's locks with it. So, from file_lock_taken() on until
 * the guest itself closes one (file_lock_dropped(), before the close of @fd), a file of that inode that
 * is mapped no more is kept, idle, for the next mapping.
 * file_lock_taken() returns 0 or -errno: EBADF, ENOMEM.
 */
int file_lock_taken(struct phys *phys, int fd);
void file_lock_dropped(struct phys *phys, int fd);
/* Close what was kept (phys_destroy). */
void file_locks_exit(struct phys *phys);
/* One attachment of a System V segment (shm.h): no descriptor (fd -1), a name. Takes over the reference to
 * @mapping, on errors too. 0 or -ENOMEM. */
int file_new_shm(struct address_space *mapping, int f_flags, const char *name, struct file **out);
struct file *get_file(struct file *file);
void fput(struct file *file);

/*
 * The path as /proc/self/maps shows it (d_path: " (deleted)" when unlinked; '\n' not yet escaped)
 * into @buf, NUL-terminated. Returns its length or -errno.
 */
int file_path(const struct file *file, char *buf, size_t size);

/* Ask the host whether the file can be mapped at all (its f_op->mmap): 0, -ENODEV, -EIO, -EACCES, ...
 * Linux asks after all its own checks. */
int file_mmap(struct file *file, pgoff_t pgoff);

/* Current size of the inode in bytes (fstat), or 0 when it cannot be read. */
u64 file_size(const struct file *file);

/*
 * The physical page of file page @pgoff, mapping a host window when there is none yet.
 * @write: the page will be stored to through a shared mapping, so the window must be writable
 * (the window is remapped in place when it was read-only so far).
 * Returns the pfn, or a negative errno: -ENOMEM no window space, -ENODEV/-EACCES host mmap refused.
 * Does not look at the file's size; see handle_mm_fault for SIGBUS.
 *
 * The window is held: other threads, which look for windows to reclaim, leave it alone until file_put_pfn() is given the pfn. By
 * then a PTE or a pin must keep it, or nobody need it any more.
 */
s64 file_get_pfn(struct file *file, pgoff_t pgoff, bool write);
/* Let go what file_get_pfn() returned; nothing for an errno. */
void file_put_pfn(struct file *file, s64 pfn);

#endif
