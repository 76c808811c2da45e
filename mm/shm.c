// SPDX-License-Identifier: GPL-2.0-or-later
// System V shared memory: the host's segments in windows, attached as often as the guest's areas show them.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "mm/shm.h"

// What the host's maps says of a mapping.
struct map_line {
	dev_t dev;
	ino_t ino;
	char name[64];
};

static int read_map_line(const void *addr, struct map_line *line)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned maj, min;
	char *text = NULL;
	size_t size = 0;
	u64 start;
	int err = -ENOMEM;

	if (!f)
		return -errno;
	while (err && getline(&text, &size, f) > 0) {
		line->name[0] = '\0';
		if (sscanf(text, "%lx-%*x %*s %*x %x:%x %lu %63[^\n]", &start, &maj, &min, &line->ino,
			   line->name) >= 4 &&
		    start == (u64)addr)
			err = 0;
	}
	line->dev = makedev(maj, min);
	free(text);
	fclose(f);
	return err;
}

// ---- tokens (phys->lock held) ----

static bool token_push(struct shm_segment *shm, void *token, u64 bytes)
{
	u64 max = shm->max_tokens ? shm->max_tokens * 2 : 8, *sizes;
	void **tokens;

	if (shm->nr_tokens == shm->max_tokens) {
		tokens = realloc(shm->token, max * sizeof(*tokens));
		if (tokens)
			shm->token = tokens;
		sizes = realloc(shm->token_bytes, max * sizeof(*sizes));
		if (sizes)
			shm->token_bytes = sizes;
		if (!tokens || !sizes)
			return false;
		shm->max_tokens = max;
	}
	shm->token[shm->nr_tokens] = token;
	shm->token_bytes[shm->nr_tokens++] = bytes;
	return true;
}

// As many attachments as areas, the windows' included.
static void tokens_settle(struct shm_segment *shm)
{
	void *token;

	while (shm->nr_tokens && 1 + shm->nr_tokens > shm->nr_vmas + shm->nr_coming) {
		shm->nr_tokens--;
		munmap(shm->token[shm->nr_tokens], shm->token_bytes[shm->nr_tokens]);
	}
	while (1 + shm->nr_tokens < shm->nr_vmas) {
		// An old size of 0 makes one more mapping of the same, as a split does: nobody asks for rights.
		token = mremap(shm->base, 0, PAGE_SIZE, MREMAP_MAYMOVE);
		if (token == MAP_FAILED)
			return;
		if (!token_push(shm, token, PAGE_SIZE)) {
			munmap(token, PAGE_SIZE);
			return;
		}
	}
}

void shm_vma_open(struct address_space *mapping)
{
	pthread_mutex_lock(&mapping->phys->lock);
	mapping->shm->nr_vmas++;
	tokens_settle(mapping->shm);
	pthread_mutex_unlock(&mapping->phys->lock);
}

void shm_vma_close(struct address_space *mapping)
{
	pthread_mutex_lock(&mapping->phys->lock);
	mapping->shm->nr_vmas--;
	tokens_settle(mapping->shm);
	pthread_mutex_unlock(&mapping->phys->lock);
}

void shm_attached(struct file *file)
{
	struct address_space *mapping = file->f_mapping;

	pthread_mutex_lock(&mapping->phys->lock);
	mapping->shm->nr_coming--;
	tokens_settle(mapping->shm);
	pthread_mutex_unlock(&mapping->phys->lock);
}

void shm_release(struct shm_segment *shm)
{
	shm->nr_vmas = shm->nr_coming = 0;
	tokens_settle(shm);
	free(shm->token);
	free(shm->token_bytes);
	free(shm);
}

int shm_punch_hole(struct address_space *mapping, u64 off, u64 len)
{
	u64 size = mapping->shm->nr_pages << PAGE_SHIFT;

	// What lies past the end has no pages.
	if (off >= size)
		return 0;
	return madvise(mapping->shm->base + off, len < size - off ? len : size - off, MADV_REMOVE) ? -errno : 0;
}

// ---- attaching ----

int shm_refusal(struct phys *phys, int id, int shmflg)
{
	// Where the guest's memory is, there is no room.
	if (shmat(id, phys->base, shmflg & (SHM_RDONLY | SHM_EXEC)) != (void *)-1)
		return -EINVAL;
	return -errno;
}

static struct address_space *find_segment(struct phys *phys, int id)
{
	struct address_space *mapping;

	pthread_mutex_lock(&phys->lock);
	for (mapping = phys->mappings; mapping; mapping = mapping->next)
		if (mapping->shm && mapping->shm->id == id)
			break;
	if (mapping) {
		mapping->refcount++;
		mapping->shm->nr_coming++;
	}
	pthread_mutex_unlock(&phys->lock);
	return mapping;
}

// Attach where the windows are. Writable if that is allowed, even when it is not asked for: another area may
// want it. *writable says.
static int attach_at(int id, u8 *base, int shmflg, bool *writable)
{
	int flags = (shmflg & SHM_EXEC) | SHM_REMAP;

	*writable = true;
	if (shmat(id, base, flags) != (void *)-1)
		return 0;
	if (errno != EACCES || !(shmflg & SHM_RDONLY))
		return -errno;
	*writable = false;
	return shmat(id, base, flags | SHM_RDONLY) == (void *)-1 ? -errno : 0;
}

// The segment, attached for the first time here, in the slots from @pfn on.
static int first_attach(struct address_space *mapping, pfn_t pfn, int shmflg, char *name)
{
	struct shm_segment *shm = mapping->shm;
	struct phys *phys = mapping->phys;
	struct map_line line;
	struct stat st;
	int err, fd;

	shm->base = pfn_to_host(phys, pfn);
	err = attach_at(shm->id, shm->base, shmflg, &shm->writable);
	if (err)
		return err;
	err = read_map_line(shm->base, &line);
	// A segment of huge pages is none of tmpfs's, and pages of that size are not to be had here.
	fd = memfd_create("shm", MFD_CLOEXEC);
	if (!err && (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != line.dev))
		err = -ENOMEM;
	if (fd >= 0)
		close(fd);
	if (err)
		return err;
	mapping->dev = line.dev;
	mapping->ino = line.ino;
	strcpy(name, line.name);
	return windows_cover(mapping, pfn, shm->nr_pages, shm->writable);
}

static int new_segment(struct phys *phys, int id, int shmflg, char *name, struct address_space **out)
{
	struct shm_segment *shm;
	struct address_space *mapping;
	struct shmid_ds ds;
	u64 slots;
	s64 pfn;
	int err;

	if (shmctl(id, IPC_STAT, &ds) < 0)
		return shm_refusal(phys, id, shmflg);
	shm = calloc(1, sizeof(*shm));
	mapping = shm ? mapping_get(phys, 0, 0, false) : NULL;
	if (!mapping) {
		free(shm);
		return -ENOMEM;
	}
	shm->id = id;
	shm->size = ds.shm_segsz;
	shm->nr_pages = PAGE_ALIGN(ds.shm_segsz) >> PAGE_SHIFT;
	shm->nr_coming = 1;
	mapping->is_shmem = true;
	slots = (shm->nr_pages + WINDOW_PAGES - 1) / WINDOW_PAGES;
	pthread_mutex_lock(&phys->lock);
	pfn = windows_reserve(phys, slots);
	mapping->shm = shm;
	err = pfn < 0 ? pfn : first_attach(mapping, pfn, shmflg, name);
	if (err && pfn >= 0)
		windows_release(mapping, pfn, slots);
	pthread_mutex_unlock(&phys->lock);
	if (err) {
		mapping_put(mapping);
		return err;
	}
	*out = mapping;
	return 0;
}

// One more attachment of a segment that is in the windows already.
static int more_attach(struct address_space *mapping, int shmflg)
{
	struct shm_segment *shm = mapping->shm;
	int flags = shmflg & (SHM_RDONLY | SHM_EXEC), err = 0;
	void *token;

	pthread_mutex_lock(&mapping->phys->lock);
	token = shmat(shm->id, NULL, flags);
	if (token == (void *)-1) {
		err = -errno;
	} else if (!token_push(shm, token, shm->nr_pages << PAGE_SHIFT)) {
		shmdt(token);
		err = -ENOMEM;
	}
	// Rights were given since: the windows follow.
	if (!err && !(flags & SHM_RDONLY) && !shm->writable) {
		if (shmat(shm->id, shm->base, SHM_REMAP) == (void *)-1)
			err = -errno;
		else
			windows_writable(mapping);
		shm->writable = !err;
	}
	if (err) {
		shm->nr_coming--;
		tokens_settle(shm);
	}
	pthread_mutex_unlock(&mapping->phys->lock);
	return err;
}

int shm_attach(struct phys *phys, int id, int shmflg, struct file **out)
{
	struct address_space *mapping = find_segment(phys, id);
	char name[64] = "";
	int err;

	if (mapping) {
		snprintf(name, sizeof(name), "%s", mapping->files ? mapping->files->name : "");
		err = more_attach(mapping, shmflg);
		if (err) {
			mapping_put(mapping);
			return err;
		}
	} else {
		err = new_segment(phys, id, shmflg, name, &mapping);
		if (err)
			return err;
	}
	return file_new_shm(mapping, shmflg & SHM_RDONLY ? O_RDONLY : O_RDWR, name, out);
}
