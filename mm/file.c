// SPDX-License-Identifier: GPL-2.0-or-later
// struct file: one reference-counted open of a host file.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <linux/fs.h>
#include "mm/file.h"
#include "mm/window.h"

#ifndef ST_NOEXEC
#define ST_NOEXEC 8
#endif

static bool has_page_cache(mode_t mode)
{
	return S_ISREG(mode) || S_ISBLK(mode);
}

// Fill in @file from its descriptor file->fd, which it owns from now on.
static int file_init(struct phys *phys, struct file *file)
{
	struct statfs fs;
	struct stat st;
	int flags = fcntl(file->fd, F_GETFL);

	if (flags < 0 || fstat(file->fd, &st) < 0)
		return -errno;
	if (fstatfs(file->fd, &fs) < 0)
		memset(&fs, 0, sizeof(fs));
	file->refcount = 1;
	file->f_flags = flags;
	file->mode = st.st_mode;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->is_shmem = S_ISREG(st.st_mode) && fs.f_type == TMPFS_MAGIC;
	file->noexec = fs.f_flags & ST_NOEXEC;
	file->phys = phys;
	// A device's pages may depend on the open (and anonymous inodes share one number).
	file->f_mapping = mapping_get(phys, st.st_dev, st.st_ino, has_page_cache(st.st_mode));
	if (!file->f_mapping)
		return -ENOMEM;
	file->f_mapping->is_shmem = file->is_shmem;
	return 0;
}

static int file_new(struct phys *phys, int own_fd, struct file **out)
{
	struct file *file = calloc(1, sizeof(*file));
	int err = -ENOMEM;

	if (file) {
		file->fd = own_fd;
		err = file_init(phys, file);
	}
	if (err) {
		close(own_fd);
		free(file);
		return err;
	}
	*out = file;
	return 0;
}

int file_from_fd(struct phys *phys, int fd, struct file **out)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, phys->fd_floor);

	if (own < 0)
		return errno == EINVAL ? -EMFILE : -errno;
	return file_new(phys, own, out);
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

struct file *get_file(struct file *file)
{
	__atomic_fetch_add(&file->refcount, 1, __ATOMIC_RELAXED);
	return file;
}

void fput(struct file *file)
{
	if (!file || __atomic_sub_fetch(&file->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	mapping_put(file->f_mapping);
	close(file->fd);
	free(file->name);
	free(file);
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

	// The end of a device is the device's own affair.
	if (!has_page_cache(file->mode))
		return INT64_MAX;
	if (S_ISBLK(file->mode))
		return ioctl(file->fd, BLKGETSIZE64, &bytes) < 0 ? 0 : bytes;
	return fstat(file->fd, &st) < 0 ? 0 : (u64)st.st_size;
}

s64 file_get_pfn(struct file *file, pgoff_t pgoff, bool write)
{
	return window_get_pfn(file, pgoff, write);
}
