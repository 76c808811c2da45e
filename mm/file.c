// SPDX-License-Identifier: GPL-2.0-or-later
// struct file: one reference-counted open of a host file.
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/fs.h>
#include "mm/file.h"
#include "mm/shm.h"
#include "mm/window.h"

#ifndef ST_NOEXEC
#define ST_NOEXEC 8
#endif

static bool has_page_cache(mode_t mode)
{
	return S_ISREG(mode) || S_ISBLK(mode);
}

static bool same_description(int a, int b)
{
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, a, b) == 0;
}

// The struct file among the first few of @mapping that is open on @fd's description, with a reference.
static struct file *find_open_file(struct phys *phys, struct address_space *mapping, int fd)
{
	struct file *file;
	int tries = 8;

	pthread_mutex_lock(&phys->lock);
	for (file = mapping->files; file && tries--; file = file->next) {
		if (!file->name && same_description(file->fd, fd)) {
			get_file(file);
			break;
		}
	}
	pthread_mutex_unlock(&phys->lock);
	return tries >= 0 ? file : NULL;
}

static void link_file(struct file *file)
{
	struct address_space *mapping = file->f_mapping;

	pthread_mutex_lock(&file->phys->lock);
	file->next = mapping->files;
	file->pprev = &mapping->files;
	if (file->next)
		file->next->pprev = &file->next;
	mapping->files = file;
	pthread_mutex_unlock(&file->phys->lock);
}

// A new file on a duplicate of @fd. Takes over the reference to @mapping, on errors too.
static int file_new(struct address_space *mapping, int fd, const struct stat *st, struct file **out)
{
	struct phys *phys = mapping->phys;
	struct file *file = calloc(1, sizeof(*file));
	struct statfs fs;
	int err = -ENOMEM;

	if (!file)
		goto fail;
	file->f_flags = fcntl(fd, F_GETFL);
	err = file->f_flags < 0 ? -errno : own_fd_dup(&phys->own, fd, &file->fd);
	if (err)
		goto fail;
	if (fstatfs(file->fd, &fs) < 0)
		memset(&fs, 0, sizeof(fs));
	file->refcount = 1;
	file->mode = st->st_mode;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->is_shmem = S_ISREG(st->st_mode) && fs.f_type == TMPFS_MAGIC;
	file->is_secretmem = fs.f_type == SECRETMEM_MAGIC;
	file->is_dev_zero = S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 5);
	if (fs.f_type == HUGETLBFS_MAGIC)
		file->huge_size = (u64)fs.f_bsize;
	file->noexec = fs.f_flags & ST_NOEXEC || file->is_secretmem; // of a mount of the kernel's own, which statfs does not tell
	file->phys = phys;
	file->f_mapping = mapping;
	mapping->is_shmem = file->is_shmem;
	sealable_init(file);
	link_file(file);
	*out = file;
	return 0;
fail:
	free(file);
	mapping_put(mapping);
	return err;
}

int file_from_fd(struct phys *phys, int fd, struct file **out)
{
	struct address_space *mapping;
	struct file *file;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	// A device's pages may depend on the open (and anonymous inodes share one number).
	mapping = mapping_get(phys, st.st_dev, st.st_ino, has_page_cache(st.st_mode));
	if (!mapping)
		return -ENOMEM;
	file = find_open_file(phys, mapping, fd);
	if (!file)
		return file_new(mapping, fd, &st, out);
	mapping_put(mapping);
	*out = file;
	return 0;
}

int file_shmem_zero(struct phys *phys, u64 size, struct file **out)
{
	int fd = memfd_create("dev/zero", MFD_CLOEXEC);
	struct file *file;
	int err;

	if (fd < 0)
		return -errno;
	if (size > INT64_MAX || ftruncate(fd, size) < 0) {
		close(fd);
		return -ENOMEM;
	}
	err = file_from_fd(phys, fd, &file);
	close(fd);
	if (err)
		return err;
	file->name = strdup("/dev/zero (deleted)");
	if (!file->name) {
		fput(file);
		return -ENOMEM;
	}
	*out = file;
	return 0;
}

int file_hugetlb(struct phys *phys, unsigned long flags, struct file **out)
{
	unsigned int size = (unsigned int)flags & (0x3fU << MAP_HUGE_SHIFT);
	int fd = memfd_create("anon_hugepage", MFD_CLOEXEC | MFD_HUGETLB | size);
	int err;

	if (fd < 0)
		return errno == ENODEV ? -EINVAL : -errno;
	err = file_from_fd(phys, fd, out);
	close(fd);
	return err;
}

int file_new_shm(struct address_space *mapping, int f_flags, const char *name, struct file **out)
{
	struct file *file = calloc(1, sizeof(*file));

	if (file)
		file->name = strdup(name);
	if (!file || !file->name) {
		free(file);
		mapping_put(mapping);
		return -ENOMEM;
	}
	file->refcount = 1;
	file->fd = -1;
	file->f_flags = f_flags;
	file->mode = S_IFREG | 0777;
	file->dev = mapping->dev;
	file->ino = mapping->ino;
	file->is_shmem = true;
	file->phys = mapping->phys;
	file->f_mapping = mapping;
	link_file(file);
	*out = file;
	return 0;
}

struct file *get_file(struct file *file)
{
	__atomic_fetch_add(&file->refcount, 1, __ATOMIC_RELAXED);
	return file;
}

// ---- POSIX locks ----

struct locked_inode {
	struct locked_inode *next;
	dev_t dev;
	ino_t ino;
};

// phys->lock held.
static struct locked_inode **find_locked(struct phys *phys, dev_t dev, ino_t ino)
{
	struct locked_inode **p = &phys->locked;

	while (*p && ((*p)->ino != ino || (*p)->dev != dev))
		p = &(*p)->next;
	return p;
}

int file_lock_taken(struct phys *phys, int fd)
{
	struct locked_inode *new, **p;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	new = malloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = (struct locked_inode){.dev = st.st_dev, .ino = st.st_ino};
	pthread_mutex_lock(&phys->lock);
	p = find_locked(phys, st.st_dev, st.st_ino);
	if (!*p) {
		*p = new;
		new = NULL;
	}
	pthread_mutex_unlock(&phys->lock);
	free(new);
	return 0;
}

// phys->lock held.
static void unlink_file(struct file *file)
{
	*file->pprev = file->next;
	if (file->next)
		file->next->pprev = file->pprev;
}

static void file_free(struct file *file)
{
	mapping_put(file->f_mapping);
	own_fd_close(&file->phys->own, &file->fd);
	free(file->name);
	free(file);
}

// An idle file of (@dev, @ino), unlinked; NULL when there is none.
static struct file *take_idle(struct phys *phys, dev_t dev, ino_t ino)
{
	struct address_space *mapping = mapping_find(phys, dev, ino);
	struct file *file = NULL;

	pthread_mutex_lock(&phys->lock);
	for (file = mapping ? mapping->files : NULL; file; file = file->next) {
		if (!__atomic_load_n(&file->refcount, __ATOMIC_ACQUIRE)) {
			unlink_file(file);
			break;
		}
	}
	pthread_mutex_unlock(&phys->lock);
	return file;
}

// Forget that the inode is locked, and close what was kept for it.
static void drop_locked(struct phys *phys, dev_t dev, ino_t ino)
{
	struct locked_inode **p, *gone;
	struct file *file;

	pthread_mutex_lock(&phys->lock);
	p = find_locked(phys, dev, ino);
	gone = *p;
	if (gone)
		*p = gone->next;
	pthread_mutex_unlock(&phys->lock);
	if (!gone)
		return;
	free(gone);
	while ((file = take_idle(phys, dev, ino)))
		file_free(file);
}

void file_lock_dropped(struct phys *phys, int fd)
{
	struct stat st;

	if (phys->locked && !fstat(fd, &st))
		drop_locked(phys, st.st_dev, st.st_ino);
}

void file_locks_exit(struct phys *phys)
{
	while (phys->locked)
		drop_locked(phys, phys->locked->dev, phys->locked->ino);
}

void fput(struct file *file)
{
	struct phys *phys;

	if (!file)
		return;
	phys = file->phys;
	// Under the lock, so that find_open_file() cannot find a file that is going.
	pthread_mutex_lock(&phys->lock);
	if (__atomic_sub_fetch(&file->refcount, 1, __ATOMIC_ACQ_REL)) {
		pthread_mutex_unlock(&phys->lock);
		return;
	}
	if (unlikely(phys->locked) && *find_locked(phys, file->dev, file->ino)) {
		// Linked and idle, until someone maps it again or the guest drops the locks.
		pthread_mutex_unlock(&phys->lock);
		return;
	}
	unlink_file(file);
	pthread_mutex_unlock(&phys->lock);
	file_free(file);
}

int file_path(const struct file *file, char *buf, size_t size)
{
	char link[32];
	ssize_t n;

	if (file->name) {
		n = strlen(file->name);
		if ((size_t)n >= size)
			return -ENAMETOOLONG;
		memcpy(buf, file->name, n + 1);
		return n;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
	n = readlink(link, buf, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return n;
}

u64 file_size(const struct file *file)
{
	struct stat st;
	u64 bytes;

	if (file_is_shm(file))
		return file->f_mapping->shm->size;
	// The end of a device is the device's own affair.
	if (!has_page_cache(file->mode))
		return INT64_MAX;
	if (S_ISBLK(file->mode))
		return ioctl(file->fd, BLKGETSIZE64, &bytes) < 0 ? 0 : bytes;
	return fstat(file->fd, &st) < 0 ? 0 : (u64)st.st_size;
}

int file_mmap(struct file *file, pgoff_t pgoff)
{
	s64 pfn;

	// What was mapped once can be mapped again, and /dev/zero is anonymous memory by another name.
	if (file->is_dev_zero || !RB_EMPTY(&file->f_mapping->windows))
		return 0;
	pfn = file_get_pfn(file, pgoff, false);
	file_put_pfn(file, pfn);
	return pfn < 0 ? pfn : 0;
}

s64 file_get_pfn(struct file *file, pgoff_t pgoff, bool write)
{
	return window_get_pfn(file, pgoff, write);
}

void file_put_pfn(struct file *file, s64 pfn)
{
	if (pfn > 0)
		window_put_pfn(file->phys, (pfn_t)pfn);
}
