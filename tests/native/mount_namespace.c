// SPDX-License-Identifier: GPL-2.0-or-later
// A mount namespace of one's own: tmpfs, bind, move, read-only, propagation, the newer mount calls, umount.
#include "files.h"
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>

struct attr { unsigned long long set, clr, propagation, userns; };
struct req { unsigned size, spare; unsigned long long id, param; };

int main(void)
{
	unsigned long long ids[64], last = 0;
	struct req req = { sizeof(req), 0, 0, 0 };
	char buf[4096];
	struct stat st;
	int fs, mnt, tree;

	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("c", 0755);
	if (unshare(CLONE_NEWNS)) {
		puts("not allowed");
		return 0;
	}
	P(S(mount, "none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	P(S(mount, "tmp", "a", "tmpfs", 0, "size=64k,mode=0711"));
	stat("a", &st);
	printf("%lo\n", (long)st.st_mode);
	close(file_of("a/f", 10));
	P(S(mount, "a", "b", NULL, MS_BIND, NULL));
	P(S(access, "b/f", F_OK));
	P(S(mount, NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	P(S(open, "b/g", O_CREAT | O_RDWR, 0600));
	P(S(mount, "b", "c", NULL, MS_MOVE, NULL));
	P(S(access, "b/f", F_OK));
	P(S(access, "c/f", F_OK));
	P(S(umount2, "c", MNT_EXPIRE));
	P(S(umount2, "c", MNT_EXPIRE));
	P(S(umount2, "c", 0));
	P(S(umount2, "c", 0x100));
	P(S(mount, "x", "c", "nosuchfs", 0, NULL));
	P(S(mount, "x", "c", "tmpfs", 0, "nonsense=1"));
	P(S(fsopen, "nosuchfs", 0));
	P((fs = S(fsopen, "tmpfs", FSOPEN_CLOEXEC)) >= 0);
	P(S(fsconfig, fs, FSCONFIG_SET_STRING, "size", "128k", 0));
	P(S(fsconfig, fs, FSCONFIG_SET_STRING, "nosuch", "1", 0));
	P(S(fsconfig, fs, FSCONFIG_SET_FLAG, "nosuch", NULL, 0));
	P(S(fsconfig, fs, FSCONFIG_SET_STRING, "size", NULL, 0));
	P(S(fsconfig, fs, 99, NULL, NULL, 0));
	P(S(fsmount, fs, 0, 0));
	P(S(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	P((mnt = S(fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV)) >= 0);
	P(S(move_mount, mnt, "", AT_FDCWD, "c", MOVE_MOUNT_F_EMPTY_PATH));
	close(file_of("c/new", 5));
	P((tree = S(open_tree, AT_FDCWD, "c", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)) >= 0);
	P(S(mount_setattr, tree, "", AT_EMPTY_PATH, &(struct attr){ .set = MOUNT_ATTR_RDONLY }, sizeof(struct attr)));
	P(S(mount_setattr, tree, "", AT_EMPTY_PATH, &(struct attr){ .set = 1ULL << 40 }, sizeof(struct attr)));
	P(S(mount_setattr, tree, "", AT_EMPTY_PATH, &(struct attr){ 0 }, 8));
	P(S(move_mount, tree, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
	P(S(open, "b/other", O_CREAT | O_RDWR, 0600));
	P(S(access, "b/new", F_OK));
	P(S(pivot_root, "b", "c"));
	req.id = ~0ULL;
	P(syscall(458, &req, ids, 64, 0) > 3);
	P(syscall(458, &req, ids, 64, 9));
	req.size = 3;
	P(syscall(458, &req, ids, 64, 0));
	req = (struct req){ sizeof(req), 0, 0, 0x22 /* STATMOUNT_MNT_BASIC, FS_TYPE */ };
	{
		struct statx x;

		S(statx, AT_FDCWD, "b", 0, 0x4000 /* STATX_MNT_ID_UNIQUE */, &x);
		last = ((unsigned long long *)&x)[18];
	}
	req.id = last;
	memset(buf, 0, sizeof(buf));
	P(syscall(457, &req, buf, sizeof(buf), 0));
	printf("mask %llx type %s\n", ((unsigned long long *)buf)[1] & 0x22, buf + 512 + ((unsigned *)buf)[9]);
	P(syscall(457, &req, buf, 100, 0));
	P(syscall(457, &req, buf, 513, 0));
	req.id = 5;
	P(syscall(457, &req, buf, sizeof(buf), 0));
	P(S(umount2, "b", MNT_DETACH));
	P(S(umount2, "c", 0));
	P(S(umount2, "a", 0));
	return 0;
}
