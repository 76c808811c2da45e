// SPDX-License-Identifier: GPL-2.0-or-later
/* PR_SET_MM: the fields of mm_struct that describe the program, with the kernel's checks and order. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>
#include "syscalls/marshal.h"
#include "syscalls/prctl_mm.h"

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

/* struct prctl_mm_map of linux/prctl.h, addresses as integers. */
struct mm_map {
	u64 start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
	u64 arg_start, arg_end, env_start, env_end;
	u64 auxv;
	u32 auxv_size, exe_fd;
};

#define NR_ADDRESSES 11

static bool data_limit_exceeded(const struct mm_struct *mm, const struct mm_map *map)
{
	u64 limit = mm->env->rlim[RLIMIT_DATA].rlim_cur;

	return limit != RLIM_INFINITY &&
	       (map->brk - map->start_brk) + (map->end_data - map->start_data) > limit;
}

/* validate_prctl_map_addr() */
static int validate(const struct mm_struct *mm, const struct mm_map *map)
{
	u64 address[NR_ADDRESSES];

	memcpy(address, map, sizeof(address));
	for (int i = 0; i < NR_ADDRESSES; i++) {
		if (address[i] >= TASK_SIZE || address[i] < mm->env->mmap_min_addr)
			return -EINVAL;
	}
	if (map->start_code >= map->end_code || map->start_data > map->end_data ||
	    map->start_brk > map->brk || map->arg_start > map->arg_end || map->env_start > map->env_end)
		return -EINVAL;
	return data_limit_exceeded(mm, map) ? -EINVAL : 0;
}

static void current_map(const struct mm_struct *mm, struct mm_map *map)
{
	*map = (struct mm_map){
		.start_code = mm->start_code,
		.end_code = mm->end_code,
		.start_data = mm->start_data,
		.end_data = mm->end_data,
		.start_brk = mm->start_brk,
		.brk = mm->brk,
		.start_stack = mm->start_stack,
		.arg_start = mm->arg_start,
		.arg_end = mm->arg_end,
		.env_start = mm->env_start,
		.env_end = mm->env_end,
		.exe_fd = (u32)-1,
	};
}

static void apply_map(struct mm_struct *mm, const struct mm_map *map)
{
	mm->start_code = map->start_code;
	mm->end_code = map->end_code;
	mm->start_data = map->start_data;
	mm->end_data = map->end_data;
	mm->start_brk = map->start_brk;
	mm->brk = map->brk;
	mm->start_stack = map->start_stack;
	mm->arg_start = map->arg_start;
	mm->arg_end = map->arg_end;
	mm->env_start = map->env_start;
	mm->env_end = map->env_end;
}

static bool is_mapped(const struct mm_struct *mm, const struct file *file)
{
	const struct vm_area_struct *vma;

	for_each_vma (mm, vma) {
		if (vma->vm_file && vma->vm_file->dev == file->dev && vma->vm_file->ino == file->ino)
			return true;
	}
	return false;
}

/* prctl_set_mm_exe_file(): a regular executable file, and none of the old one mapped any more. */
static s64 set_exe_file(struct task_struct *t, u32 fd)
{
	struct mm_struct *mm = t->mm;
	struct file *exe, *old = mm->exe_file;
	struct stat st;
	s64 ret;

	if (!fd_visible(t, fd))
		return -EBADF;
	ret = HOST(SYS_fstat, fd, &st);
	if (ret < 0)
		return ret;
	if (!S_ISREG(st.st_mode) || HOST(SYS_faccessat2, fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) < 0)
		return -EACCES;
	if (old && is_mapped(mm, old))
		return -EBUSY;
	ret = file_from_fd(t->ulk->phys, (int)fd, &exe);
	if (ret < 0)
		return ret;
	if (exe->noexec) {
		fput(exe);
		return -EACCES;
	}
	mm->exe_file = exe;
	if (old)
		fput(old);
	return 0;
}

static s64 get_auxv(struct task_struct *t, u64 uaddr, u64 len, u64 auxv[AT_VECTOR_SIZE])
{
	memset(auxv, 0, AT_VECTOR_SIZE * sizeof(*auxv));
	if (copy_from_user(t->mm, auxv, uaddr, len))
		return -EFAULT;
	/* The last entry is AT_NULL whatever was given. */
	auxv[AT_VECTOR_SIZE - 2] = auxv[AT_VECTOR_SIZE - 1] = 0;
	return 0;
}

static bool checkpoint_restore_capable(void)
{
	return host_capable(CAP_SYS_ADMIN) || host_capable(CAP_CHECKPOINT_RESTORE);
}

static s64 set_whole_map(struct task_struct *t, u64 uaddr, u64 size)
{
	struct mm_struct *mm = t->mm;
	u64 auxv[AT_VECTOR_SIZE];
	struct mm_map map;
	s64 ret;

	if (size != sizeof(map))
		return -EINVAL;
	if (get_user(mm, map, uaddr))
		return -EFAULT;
	ret = validate(mm, &map);
	if (ret < 0)
		return ret;
	if (map.auxv_size && (!map.auxv || map.auxv_size > sizeof(mm->saved_auxv)))
		return -EINVAL;
	if (map.auxv_size) {
		ret = get_auxv(t, map.auxv, map.auxv_size, auxv);
		if (ret < 0)
			return ret;
	}
	if (map.exe_fd != (u32)-1) {
		if (!checkpoint_restore_capable())
			return -EPERM;
		ret = set_exe_file(t, map.exe_fd);
		if (ret < 0)
			return ret;
	}
	pthread_rwlock_wrlock(&mm->mmap_sem);
	apply_map(mm, &map);
	if (map.auxv_size)
		memcpy(mm->saved_auxv, auxv, sizeof(mm->saved_auxv));
	pthread_rwlock_unlock(&mm->mmap_sem);
	return 0;
}

static s64 set_auxv(struct task_struct *t, u64 uaddr, u64 len)
{
	u64 auxv[AT_VECTOR_SIZE];
	s64 ret;

	if (len > sizeof(auxv))
		return -EINVAL;
	ret = get_auxv(t, uaddr, len, auxv);
	if (ret < 0)
		return ret;
	memcpy(t->mm->saved_auxv, auxv, len);
	return 0;
}

/* Where in the map an option's value goes; NULL for an unknown option. */
static u64 *map_field(struct mm_map *map, int opt)
{
	switch (opt) {
	case PR_SET_MM_START_CODE:
		return &map->start_code;
	case PR_SET_MM_END_CODE:
		return &map->end_code;
	case PR_SET_MM_START_DATA:
		return &map->start_data;
	case PR_SET_MM_END_DATA:
		return &map->end_data;
	case PR_SET_MM_START_STACK:
		return &map->start_stack;
	case PR_SET_MM_START_BRK:
		return &map->start_brk;
	case PR_SET_MM_BRK:
		return &map->brk;
	case PR_SET_MM_ARG_START:
		return &map->arg_start;
	case PR_SET_MM_ARG_END:
		return &map->arg_end;
	case PR_SET_MM_ENV_START:
		return &map->env_start;
	case PR_SET_MM_ENV_END:
		return &map->env_end;
	default:
		return NULL;
	}
}

static s64 set_one(struct task_struct *t, int opt, u64 addr)
{
	struct mm_struct *mm = t->mm;
	struct mm_map map;
	u64 *field;
	s64 ret;

	if (addr >= TASK_SIZE || addr < mm->env->mmap_min_addr)
		return -EINVAL;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	current_map(mm, &map);
	field = map_field(&map, opt);
	ret = -EINVAL;
	if (!field)
		goto out;
	*field = addr;
	ret = validate(mm, &map);
	if (ret < 0)
		goto out;
	/* Stack, arguments and environment must lie below or in some area. */
	ret = -EFAULT;
	if ((field == &map.start_stack || field >= &map.arg_start) && !find_vma(mm, addr))
		goto out;
	apply_map(mm, &map);
	ret = 0;
out:
	pthread_rwlock_unlock(&mm->mmap_sem);
	return ret;
}

s64 prctl_set_mm(struct task_struct *t, const u64 *a)
{
	u32 size = sizeof(struct mm_map);
	int opt = (int)a[1];

	if (a[4] || (a[3] && opt != PR_SET_MM_AUXV && opt != PR_SET_MM_MAP && opt != PR_SET_MM_MAP_SIZE))
		return -EINVAL;
	if (opt == PR_SET_MM_MAP_SIZE)
		return put_user(t->mm, size, a[2]);
	if (opt == PR_SET_MM_MAP)
		return set_whole_map(t, a[2], a[3]);
	if (!host_capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (opt == PR_SET_MM_EXE_FILE)
		return set_exe_file(t, (u32)a[2]);
	if (opt == PR_SET_MM_AUXV)
		return set_auxv(t, a[2], a[3]);
	return set_one(t, opt, a[2]);
}
