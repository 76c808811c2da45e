// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest arguments in the form the host's kernel wants them: see hostarg.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "syscalls/hostarg.h"

/*
 * Only the first @good bytes are the guest's to access: a copy that ends where the host faults, too. So what the
 * host makes of the first bytes, and whether it wants the others, is for the host to say.
 */
static void *obj_fence(struct host_obj *obj, const void *bytes, size_t good)
{
	size_t room = PAGE_ALIGN(good);
	u8 *map = mmap(NULL, room + PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (mprotect(map, room, PROT_READ | PROT_WRITE)) {
		munmap(map, room + PAGE_SIZE);
		return NULL;
	}
	obj->fenced = room + PAGE_SIZE;
	return memcpy(map + room - good, bytes, good);
}

void *obj_get_copy(struct task_struct *t, struct host_obj *obj, u64 addr, size_t size, bool out)
{
	void *copy = obj->inl;

	obj->addr = addr;
	obj->size = size;
	obj->copied = false;
	obj->heap = NULL;
	obj->good = obj->fenced = 0;
	if (!addr)
		return obj->host = NULL;
	/* What begins below the end of user space and reaches past it faults there, as anywhere else. */
	if (addr >= TASK_SIZE_MAX)
		return obj->host = KERNEL_HALF_PTR;
	if (size > sizeof(obj->inl)) {
		obj->heap = malloc(size);
		if (!obj->heap)
			return obj->host = BAD_HOST_PTR;
		copy = obj->heap;
	}
	size_t reach = min_t(u64, size, TASK_SIZE_MAX - addr);
	size_t left = size - reach + copy_from_user(t->mm, copy, addr, reach);

	if (left && (!out || left == size))
		return obj->host = BAD_HOST_PTR;
	obj->good = size - left;
	if (left) {
		void *fenced = obj_fence(obj, copy, obj->good);

		if (!fenced)
			return obj->host = BAD_HOST_PTR;
		copy = fenced;
	}
	obj->copied = true;
	return obj->host = copy;
}

void *obj_get_inout(struct task_struct *t, struct host_obj *obj, u64 addr, size_t size)
{
	return obj_get_copy(t, obj, addr, size, false);
}

void *obj_get(struct task_struct *t, struct host_obj *obj, u64 addr, size_t size, bool out)
{
	if (likely(size && (addr & ~PAGE_MASK) + size <= PAGE_SIZE && addr && access_ok(addr, size))) {
		obj->addr = addr;
		obj->size = size;
		obj->copied = false;
		obj->heap = NULL;
		obj->fenced = 0;
		obj->host = user_ptr(t->mm, addr, size, out);
		if (!obj->host)
			obj->host = BAD_HOST_PTR;
		return obj->host;
	}
	return obj_get_copy(t, obj, addr, size, out);
}

s64 obj_put(struct task_struct *t, struct host_obj *obj, s64 ret, size_t written)
{
	if (obj->copied && written) {
		size_t n = min_t(size_t, written, obj->good);

		if (copy_to_user(t->mm, obj->addr, obj->host, n) || min_t(size_t, written, obj->size) > n)
			ret = -EFAULT;
	}
	obj_free(obj);
	return ret;
}

void obj_free(struct host_obj *obj)
{
	if (unlikely(obj->fenced)) {
		u64 start = (u64)obj->host & PAGE_MASK;

		munmap((void *)start, obj->fenced);
		obj->fenced = 0;
	}
	free(obj->heap);
	obj->heap = NULL;
	obj->copied = false;
}

const char *string_get(struct task_struct *t, char *buf, size_t size, u64 addr)
{
	if (!addr)
		return NULL;
	s64 n = strncpy_from_user(t->mm, buf, addr, size);

	if (n < 0)
		return BAD_HOST_PTR;
	if ((size_t)n == size)
		buf[size - 1] = '\0';
	return buf;
}

int sigmask_enter(struct task_struct *t, u64 addr, u64 size)
{
	u64 mask;

	if (!addr)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user(t->mm, mask, addr))
		return -EFAULT;
	t->saved_sigmask = t->blocked;
	set_current_blocked(t, mask);
	return 0;
}

void sigmask_leave(struct task_struct *t, u64 addr, bool interrupted)
{
	if (!addr)
		return;
	if (interrupted)
		t->restore_sigmask = true;
	else
		set_current_blocked(t, t->saved_sigmask);
}
