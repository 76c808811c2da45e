/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots: a process as it is now, to go back to as often as one likes. Taking one marks pages; the first store to each
 * page since then saves it; so going back costs what was touched, whatever is mapped.
 *
 * What comes back: registers, memory (areas, page tables, private pages), signal dispositions and mask, limits,
 * descriptors 0 to 2 and those that the program opened, with offsets and flags, the working directory, and the
 * content of files that are named. A program that has ended lives again.
 *
 * What does not: what is shared with others (shared mappings, files that are not named, pipes, terminals), child processes,
 * pending signals, running interval timers (they are stopped), time, accessed bits of page tables.
 */
#ifndef ULK_SNAPSHOT_H
#define ULK_SNAPSHOT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ulk_machine;
struct ulk_snapshot;

/*
 * Between runs. @files: paths of regular files whose content belongs to it (one that does not exist will not exist again),
 * ended by NULL; or NULL. -EBUSY: the program has several threads now; -EOPNOTSUPP: a System V segment is
 * attached; -ENOMEM; or why a file cannot be read. Huge pages are split.
 */
int ulk_snapshot(struct ulk_machine *m, const char *const *files, struct ulk_snapshot **out);
/*
 * Go back, between runs. Threads that were made since are ended. Several snapshots may be gone back to in any order.
 * -ESTALE: the process has executed another program since; -ENOMEM: the process is then of no use any more.
 */
int ulk_restore(struct ulk_machine *m, struct ulk_snapshot *s);
/* How many pages the last ulk_restore() brought back. */
uint64_t ulk_snapshot_pages(const struct ulk_snapshot *s);
/*
 * Write it to a file, from which it can be loaded in another process, or on another machine that has the same version of ulk,
 * and at the same paths the files that are mapped (whose content is compared) or open. -EOPNOTSUPP, and the error's text
 * says which: a descriptor that is no file (socket, pipe, ...; of 0 to 2 that the program had from outside only a file that it reads
 * is opened again, the others are given by whoever loads), a file without a name, shared anonymous memory, a program
 * that was loaded from memory, a seccomp filter, timers.
 */
int ulk_snapshot_save(struct ulk_machine *m, const struct ulk_snapshot *s, const char *path);
/*
 * In the place of ulk_load(): the machine is as the saved one was, and goes on with ulk_run(). *@out, if @out is not NULL, becomes
 * a snapshot of just that. The process has another id, which the program does not learn, and locks, timers and
 * clocks are as for ulk_restore(). -EBUSY: a descriptor's number is taken, by the embedding program. -EINVAL: not such a file, one of another version, or a damaged one; -ESTALE, -ENOENT, ...: of
 * a file that is another now, or gone. Nothing in the file can make ulk crash; but it is a program: load none from strangers.
 */
int ulk_snapshot_load(struct ulk_machine *m, const char *path, struct ulk_snapshot **out);
/* Between runs, once. NULL is nothing. What still exists ends with the machine. */
void ulk_snapshot_free(struct ulk_snapshot *s);

#ifdef __cplusplus
}
#endif

#endif
