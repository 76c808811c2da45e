// SPDX-License-Identifier: GPL-2.0-or-later
/* peer_ask: what a peer is asked to do itself, since its memory is known to its own ulk alone; see kernel/errand.h. */
#include <errno.h>
#include <stdlib.h>
#include "kernel/errand.h"
#include "procfs/peer.h"

/* Have @e done in the process of thread @e->tid. -errno: also that we may not look into it, or that it is gone. */
static s64 ask(struct task_struct *t, struct errand *e, void *data)
{
	u64 mm_id;
	int err = peer_task(t, e->tid, &e->pid, &e->kick, &mm_id);

	if (err)
		return err == -ENOENT ? -ESRCH : err;
	return errand_ask(t, e, data);
}

s64 peer_vm_rw(struct task_struct *t, int tid, u64 addr, void *buf, size_t len, bool write)
{
	struct errand e = {.tid = tid, .write = write, .pos = addr, .len = (u32)len};
	s64 ret = ask(t, &e, buf);

	return ret == -ETIMEDOUT || ret == -EACCES ? -EPERM : ret;
}

s64 peer_file_rw(struct task_struct *t, const struct special_fd *sf, u64 pos, void *buf, size_t n, bool write)
{
	struct errand e = {.ops = sf->ops, .tid = sf->tid, .write = write, .pos = pos, .len = (u32)n};
	s64 ret;

	e.mm_id = sf->ops->mm_at_open ? sf->mm_id : 0;
	ret = ask(t, &e, buf);
	/* Nothing is left of the memory of a process that has ended. */
	if (ret == -ESRCH && sf->ops->mm_at_open)
		return 0;
	return ret == -ETIMEDOUT ? -EIO : ret;
}

int peer_records(struct task_struct *t, const struct special_fd *sf, FILE *out)
{
	struct errand e = {.ops = sf->ops, .tid = sf->tid, .mm_id = sf->mm_id};
	void *buf = malloc(ERRAND_BYTES);
	s64 ret = buf ? 0 : -ENOMEM;

	while (buf && (ret = ask(t, &e, buf)) > 0) {
		fwrite(buf, 1, (size_t)ret, out);
		if (!sf->ops->record)
			break;
	}
	free(buf);
	return ret == -ETIMEDOUT ? -EACCES : ret < 0 ? (int)ret : 0;
}
