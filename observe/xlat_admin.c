// SPDX-License-Identifier: GPL-2.0-or-later
/* Names: mounts, fanotify, capabilities, prctl's options, NUMA. */
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <linux/mount.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include "observe/xlat.h"

const struct xlat xlat_fsopen_flags[] = {
	XLAT(FSOPEN_CLOEXEC),
	{0, NULL},
};

const struct xlat xlat_fsconfig_cmds[] = {
	XLAT(FSCONFIG_SET_FLAG),   XLAT(FSCONFIG_SET_STRING),	   XLAT(FSCONFIG_SET_BINARY),
	XLAT(FSCONFIG_SET_PATH),   XLAT(FSCONFIG_SET_PATH_EMPTY),  XLAT(FSCONFIG_SET_FD),
	XLAT(FSCONFIG_CMD_CREATE), XLAT(FSCONFIG_CMD_RECONFIGURE), {0, NULL},
};

const struct xlat xlat_fsmount_flags[] = {
	XLAT(FSMOUNT_CLOEXEC),
	{0, NULL},
};

const struct xlat xlat_fspick_flags[] = {
	XLAT(FSPICK_CLOEXEC),
	XLAT(FSPICK_SYMLINK_NOFOLLOW),
	XLAT(FSPICK_NO_AUTOMOUNT),
	XLAT(FSPICK_EMPTY_PATH),
	{0, NULL},
};

const struct xlat xlat_open_tree_flags[] = {
	{1, "OPEN_TREE_CLONE"},
	{02000000, "OPEN_TREE_CLOEXEC"},
	{0x8000, "AT_RECURSIVE"},
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x800, "AT_NO_AUTOMOUNT"},
	{0x1000, "AT_EMPTY_PATH"},
	{0, NULL},
};

const struct xlat xlat_move_mount_flags[] = {
	XLAT(MOVE_MOUNT_F_SYMLINKS),   XLAT(MOVE_MOUNT_F_AUTOMOUNTS),
	XLAT(MOVE_MOUNT_F_EMPTY_PATH), XLAT(MOVE_MOUNT_T_SYMLINKS),
	XLAT(MOVE_MOUNT_T_AUTOMOUNTS), XLAT(MOVE_MOUNT_T_EMPTY_PATH),
	XLAT(MOVE_MOUNT_SET_GROUP),    {0, NULL},
};

const struct xlat xlat_mount_attr[] = {
	{1, "MOUNT_ATTR_RDONLY"},
	{2, "MOUNT_ATTR_NOSUID"},
	{4, "MOUNT_ATTR_NODEV"},
	{8, "MOUNT_ATTR_NOEXEC"},
	{0x10, "MOUNT_ATTR_NOATIME"},
	{0x20, "MOUNT_ATTR_STRICTATIME"},
	{0x80, "MOUNT_ATTR_NODIRATIME"},
	{0x100000, "MOUNT_ATTR_IDMAP"},
	{0x200000, "MOUNT_ATTR_NOSYMFOLLOW"},
	{0, NULL},
};

const struct xlat xlat_mount_propagation[] = {
	{1 << 17, "MS_UNBINDABLE"},
	{1 << 18, "MS_PRIVATE"},
	{1 << 19, "MS_SLAVE"},
	{1 << 20, "MS_SHARED"},
	{0, NULL},
};

const struct xlat xlat_fan_class[] = {
	{0, "FAN_CLASS_NOTIF"},
	{4, "FAN_CLASS_CONTENT"},
	{8, "FAN_CLASS_PRE_CONTENT"},
	{0, NULL},
};

const struct xlat xlat_fan_init[] = {
	{1, "FAN_CLOEXEC"},
	{2, "FAN_NONBLOCK"},
	{0x10, "FAN_UNLIMITED_QUEUE"},
	{0x20, "FAN_UNLIMITED_MARKS"},
	{0x40, "FAN_ENABLE_AUDIT"},
	{0x80, "FAN_REPORT_PIDFD"},
	{0x100, "FAN_REPORT_TID"},
	{0x200, "FAN_REPORT_FID"},
	{0x400, "FAN_REPORT_DIR_FID"},
	{0x800, "FAN_REPORT_NAME"},
	{0x1000, "FAN_REPORT_TARGET_FID"},
	{0x2000, "FAN_REPORT_FD_ERROR"},
	{0, NULL},
};

const struct xlat xlat_fan_mark[] = {
	{1, "FAN_MARK_ADD"},
	{2, "FAN_MARK_REMOVE"},
	{4, "FAN_MARK_DONT_FOLLOW"},
	{8, "FAN_MARK_ONLYDIR"},
	{0x10, "FAN_MARK_MOUNT"},
	{0x20, "FAN_MARK_IGNORED_MASK"},
	{0x40, "FAN_MARK_IGNORED_SURV_MODIFY"},
	{0x80, "FAN_MARK_FLUSH"},
	{0x100, "FAN_MARK_FILESYSTEM"},
	{0x200, "FAN_MARK_EVICTABLE"},
	{0x400, "FAN_MARK_IGNORE"},
	{0, NULL},
};

const struct xlat xlat_fan_events[] = {
	{1, "FAN_ACCESS"},
	{2, "FAN_MODIFY"},
	{4, "FAN_ATTRIB"},
	{8, "FAN_CLOSE_WRITE"},
	{0x10, "FAN_CLOSE_NOWRITE"},
	{0x20, "FAN_OPEN"},
	{0x40, "FAN_MOVED_FROM"},
	{0x80, "FAN_MOVED_TO"},
	{0x100, "FAN_CREATE"},
	{0x200, "FAN_DELETE"},
	{0x400, "FAN_DELETE_SELF"},
	{0x800, "FAN_MOVE_SELF"},
	{0x1000, "FAN_OPEN_EXEC"},
	{0x4000, "FAN_Q_OVERFLOW"},
	{0x8000, "FAN_FS_ERROR"},
	{0x10000, "FAN_OPEN_PERM"},
	{0x20000, "FAN_ACCESS_PERM"},
	{0x40000, "FAN_OPEN_EXEC_PERM"},
	{0x8000000, "FAN_EVENT_ON_CHILD"},
	{0x10000000, "FAN_RENAME"},
	{0x40000000, "FAN_ONDIR"},
	{0, NULL},
};

const struct xlat xlat_dnotify[] = {
	{1, "DN_ACCESS"},
	{2, "DN_MODIFY"},
	{4, "DN_CREATE"},
	{8, "DN_DELETE"},
	{0x10, "DN_RENAME"},
	{0x20, "DN_ATTRIB"},
	{0x80000000, "DN_MULTISHOT"},
	{0, NULL},
};

const struct xlat xlat_kcmp[] = {
	XLAT(KCMP_FILE), XLAT(KCMP_VM),	     XLAT(KCMP_FILES),	   XLAT(KCMP_FS), XLAT(KCMP_SIGHAND),
	XLAT(KCMP_IO),	 XLAT(KCMP_SYSVSEM), XLAT(KCMP_EPOLL_TFD), {0, NULL},
};

const struct xlat xlat_swap_flags[] = {
	{0x8000, "SWAP_FLAG_PREFER"},
	{0x10000, "SWAP_FLAG_DISCARD"},
	{0x20000, "SWAP_FLAG_DISCARD_ONCE"},
	{0x40000, "SWAP_FLAG_DISCARD_PAGES"},
	{0, NULL},
};

const struct xlat xlat_futex2_flags[] = {
	{4, "FUTEX2_NUMA"}, {8, "FUTEX2_MPOL"}, {128, "FUTEX2_PRIVATE"}, {0, NULL},
};

const struct xlat xlat_mpol[] = {
	{0, "MPOL_DEFAULT"},
	{1, "MPOL_PREFERRED"},
	{2, "MPOL_BIND"},
	{3, "MPOL_INTERLEAVE"},
	{4, "MPOL_LOCAL"},
	{5, "MPOL_PREFERRED_MANY"},
	{6, "MPOL_WEIGHTED_INTERLEAVE"},
	{0, NULL},
};

const struct xlat xlat_mpol_flags[] = {
	{0x8000, "MPOL_F_STATIC_NODES"},
	{0x4000, "MPOL_F_RELATIVE_NODES"},
	{0x2000, "MPOL_F_NUMA_BALANCING"},
	{0, NULL},
};

const struct xlat xlat_mbind_flags[] = {
	{1, "MPOL_MF_STRICT"},
	{2, "MPOL_MF_MOVE"},
	{4, "MPOL_MF_MOVE_ALL"},
	{0, NULL},
};

const struct xlat xlat_get_mempolicy_flags[] = {
	{1, "MPOL_F_NODE"},
	{2, "MPOL_F_ADDR"},
	{4, "MPOL_F_MEMS_ALLOWED"},
	{0, NULL},
};

const struct xlat xlat_pr_tsc[] = {
	{1, "PR_TSC_ENABLE"},
	{2, "PR_TSC_SIGSEGV"},
	{0, NULL},
};

const struct xlat xlat_pr_dumpable[] = {
	{0, "SUID_DUMP_DISABLE"},
	{1, "SUID_DUMP_USER"},
	{2, "SUID_DUMP_ROOT"},
	{0, NULL},
};

const struct xlat xlat_pr_set_vma[] = {
	{0, "PR_SET_VMA_ANON_NAME"},
	{0, NULL},
};

const struct xlat xlat_pr_set_mm[] = {
	{1, "PR_SET_MM_START_CODE"},  {2, "PR_SET_MM_END_CODE"},
	{3, "PR_SET_MM_START_DATA"},  {4, "PR_SET_MM_END_DATA"},
	{5, "PR_SET_MM_START_STACK"}, {6, "PR_SET_MM_START_BRK"},
	{7, "PR_SET_MM_BRK"},	      {8, "PR_SET_MM_ARG_START"},
	{9, "PR_SET_MM_ARG_END"},     {10, "PR_SET_MM_ENV_START"},
	{11, "PR_SET_MM_ENV_END"},    {12, "PR_SET_MM_AUXV"},
	{13, "PR_SET_MM_EXE_FILE"},   {14, "PR_SET_MM_MAP"},
	{15, "PR_SET_MM_MAP_SIZE"},   {0, NULL},
};

const struct xlat xlat_personality_types[] = {
	{0, "PER_LINUX"}, {1, "PER_SVR4"}, {2, "PER_SVR3"}, {3, "PER_SCOSVR3"}, {4, "PER_WYSEV386"}, {5, "PER_ISCR4"},
	{6, "PER_BSD"}, {7, "PER_XENIX"}, {8, "PER_LINUX32"}, {9, "PER_IRIX32"}, {10, "PER_IRIXN32"}, {11, "PER_IRIX64"},
	{12, "PER_RISCOS"}, {13, "PER_SOLARIS"}, {14, "PER_UW7"}, {15, "PER_OSF4"}, {16, "PER_HPUX"},
	{0, NULL},
};

const struct xlat xlat_cap_version[] = {
	{0x19980330, "_LINUX_CAPABILITY_VERSION_1"},
	{0x20071026, "_LINUX_CAPABILITY_VERSION_2"},
	{0x20080522, "_LINUX_CAPABILITY_VERSION_3"},
	{0, NULL},
};

const struct xlat xlat_caps[] = {
	XLAT(CAP_CHOWN),
	XLAT(CAP_DAC_OVERRIDE),
	XLAT(CAP_DAC_READ_SEARCH),
	XLAT(CAP_FOWNER),
	XLAT(CAP_FSETID),
	XLAT(CAP_KILL),
	XLAT(CAP_SETGID),
	XLAT(CAP_SETUID),
	XLAT(CAP_SETPCAP),
	XLAT(CAP_LINUX_IMMUTABLE),
	XLAT(CAP_NET_BIND_SERVICE),
	XLAT(CAP_NET_BROADCAST),
	XLAT(CAP_NET_ADMIN),
	XLAT(CAP_NET_RAW),
	XLAT(CAP_IPC_LOCK),
	XLAT(CAP_IPC_OWNER),
	XLAT(CAP_SYS_MODULE),
	XLAT(CAP_SYS_RAWIO),
	XLAT(CAP_SYS_CHROOT),
	XLAT(CAP_SYS_PTRACE),
	XLAT(CAP_SYS_PACCT),
	XLAT(CAP_SYS_ADMIN),
	XLAT(CAP_SYS_BOOT),
	XLAT(CAP_SYS_NICE),
	XLAT(CAP_SYS_RESOURCE),
	XLAT(CAP_SYS_TIME),
	XLAT(CAP_SYS_TTY_CONFIG),
	XLAT(CAP_MKNOD),
	XLAT(CAP_LEASE),
	XLAT(CAP_AUDIT_WRITE),
	XLAT(CAP_AUDIT_CONTROL),
	XLAT(CAP_SETFCAP),
	XLAT(CAP_MAC_OVERRIDE),
	XLAT(CAP_MAC_ADMIN),
	XLAT(CAP_SYSLOG),
	XLAT(CAP_WAKE_ALARM),
	XLAT(CAP_BLOCK_SUSPEND),
	XLAT(CAP_AUDIT_READ),
	XLAT(CAP_PERFMON),
	XLAT(CAP_BPF),
	XLAT(CAP_CHECKPOINT_RESTORE),
	{0, NULL},
};

const struct xlat xlat_waitid_options[] = {
	{1, "WNOHANG"},		{2, "WSTOPPED"},	  {4, "WEXITED"},
	{8, "WCONTINUED"},	{0x01000000, "WNOWAIT"},  {0x20000000, "__WNOTHREAD"},
	{0x40000000, "__WALL"}, {0x80000000, "__WCLONE"}, {0, NULL},
};

const struct xlat xlat_statx_attributes[] = {
	{0x4, "STATX_ATTR_COMPRESSED"},	   {0x10, "STATX_ATTR_IMMUTABLE"},
	{0x20, "STATX_ATTR_APPEND"},	   {0x40, "STATX_ATTR_NODUMP"},
	{0x800, "STATX_ATTR_ENCRYPTED"},   {0x1000, "STATX_ATTR_AUTOMOUNT"},
	{0x2000, "STATX_ATTR_MOUNT_ROOT"}, {0x100000, "STATX_ATTR_VERITY"},
	{0x200000, "STATX_ATTR_DAX"},	   {0, NULL},
};

const struct xlat xlat_pr_cap_ambient[] = {
	{1, "PR_CAP_AMBIENT_IS_SET"}, {2, "PR_CAP_AMBIENT_RAISE"}, {3, "PR_CAP_AMBIENT_LOWER"}, {4, "PR_CAP_AMBIENT_CLEAR_ALL"}, {0, NULL},
};

const struct xlat xlat_securebits[] = {
	{1, "SECBIT_NOROOT"}, {2, "SECBIT_NOROOT_LOCKED"}, {4, "SECBIT_NO_SETUID_FIXUP"}, {8, "SECBIT_NO_SETUID_FIXUP_LOCKED"},
	{16, "SECBIT_KEEP_CAPS"}, {32, "SECBIT_KEEP_CAPS_LOCKED"}, {64, "SECBIT_NO_CAP_AMBIENT_RAISE"},
	{128, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"}, {0, NULL},
};

const struct xlat xlat_keyctl[] = {
	{0, "KEYCTL_GET_KEYRING_ID"}, {1, "KEYCTL_JOIN_SESSION_KEYRING"}, {2, "KEYCTL_UPDATE"}, {3, "KEYCTL_REVOKE"},
	{4, "KEYCTL_CHOWN"}, {5, "KEYCTL_SETPERM"}, {6, "KEYCTL_DESCRIBE"}, {7, "KEYCTL_CLEAR"}, {8, "KEYCTL_LINK"},
	{9, "KEYCTL_UNLINK"}, {10, "KEYCTL_SEARCH"}, {11, "KEYCTL_READ"}, {12, "KEYCTL_INSTANTIATE"}, {13, "KEYCTL_NEGATE"},
	{14, "KEYCTL_SET_REQKEY_KEYRING"}, {15, "KEYCTL_SET_TIMEOUT"}, {16, "KEYCTL_ASSUME_AUTHORITY"}, {17, "KEYCTL_GET_SECURITY"},
	{18, "KEYCTL_SESSION_TO_PARENT"}, {19, "KEYCTL_REJECT"}, {20, "KEYCTL_INSTANTIATE_IOV"}, {21, "KEYCTL_INVALIDATE"},
	{22, "KEYCTL_GET_PERSISTENT"}, {23, "KEYCTL_DH_COMPUTE"}, {24, "KEYCTL_PKEY_QUERY"}, {25, "KEYCTL_PKEY_ENCRYPT"},
	{26, "KEYCTL_PKEY_DECRYPT"}, {27, "KEYCTL_PKEY_SIGN"}, {28, "KEYCTL_PKEY_VERIFY"}, {29, "KEYCTL_RESTRICT_KEYRING"},
	{30, "KEYCTL_MOVE"}, {31, "KEYCTL_CAPABILITIES"}, {32, "KEYCTL_WATCH_KEY"}, {0, NULL},
};

const struct xlat xlat_seccomp[] = {
	{0, "SECCOMP_SET_MODE_STRICT"}, {1, "SECCOMP_SET_MODE_FILTER"}, {2, "SECCOMP_GET_ACTION_AVAIL"},
	{3, "SECCOMP_GET_NOTIF_SIZES"}, {0, NULL},
};

const struct xlat xlat_landlock_create[] = {
	{1, "LANDLOCK_CREATE_RULESET_VERSION"}, {2, "LANDLOCK_CREATE_RULESET_ERRATA"}, {0, NULL},
};

const struct xlat xlat_landlock_rules[] = {
	{1, "LANDLOCK_RULE_PATH_BENEATH"}, {2, "LANDLOCK_RULE_NET_PORT"}, {0, NULL},
};

const struct xlat xlat_lsm_attrs[] = {
	{0, "LSM_ATTR_UNDEF"}, {100, "LSM_ATTR_CURRENT"}, {101, "LSM_ATTR_EXEC"}, {102, "LSM_ATTR_FSCREATE"},
	{103, "LSM_ATTR_KEYCREATE"}, {104, "LSM_ATTR_PREV"}, {105, "LSM_ATTR_SOCKCREATE"}, {0, NULL},
};

const struct xlat xlat_lsm_flags[] = {
	{1, "LSM_FLAG_SINGLE"}, {0, NULL},
};

const struct xlat xlat_ioprio_who[] = {
	{1, "IOPRIO_WHO_PROCESS"}, {2, "IOPRIO_WHO_PGRP"}, {3, "IOPRIO_WHO_USER"}, {0, NULL},
};

const struct xlat xlat_reboot_magic[] = {
	{0xfee1dead, "LINUX_REBOOT_MAGIC1"}, {672274793, "LINUX_REBOOT_MAGIC2"}, {85072278, "LINUX_REBOOT_MAGIC2A"},
	{369367448, "LINUX_REBOOT_MAGIC2B"}, {537993216, "LINUX_REBOOT_MAGIC2C"}, {0, NULL},
};

const struct xlat xlat_reboot_cmds[] = {
	{0, "LINUX_REBOOT_CMD_CAD_OFF"}, {0x89abcdef, "LINUX_REBOOT_CMD_CAD_ON"}, {0x45584543, "LINUX_REBOOT_CMD_KEXEC"},
	{0x4321fedc, "LINUX_REBOOT_CMD_POWER_OFF"}, {0x01234567, "LINUX_REBOOT_CMD_RESTART"}, {0xa1b2c3d4, "LINUX_REBOOT_CMD_RESTART2"},
	{0xd000fce2, "LINUX_REBOOT_CMD_SW_SUSPEND"}, {0xcdef0123, "LINUX_REBOOT_CMD_HALT"}, {0, NULL},
};

const struct xlat xlat_module_init[] = {
	{1, "MODULE_INIT_IGNORE_MODVERSIONS"}, {2, "MODULE_INIT_IGNORE_VERMAGIC"}, {4, "MODULE_INIT_COMPRESSED_FILE"}, {0, NULL},
};

const struct xlat xlat_module_delete[] = {
	{04000, "O_NONBLOCK"}, {01000, "O_TRUNC"}, {0, NULL},
};

const struct xlat xlat_kexec_flags[] = {
	{0, "KEXEC_ARCH_DEFAULT"}, {1, "KEXEC_ON_CRASH"}, {2, "KEXEC_PRESERVE_CONTEXT"}, {0, NULL},
};

const struct xlat xlat_kexec_file[] = {
	{1, "KEXEC_FILE_UNLOAD"}, {2, "KEXEC_FILE_ON_CRASH"}, {4, "KEXEC_FILE_NO_INITRAMFS"}, {8, "KEXEC_FILE_DEBUG"}, {0, NULL},
};

const struct xlat xlat_membarrier_flags[] = {
	{1, "MEMBARRIER_CMD_FLAG_CPU"}, {0, NULL},
};

const struct xlat xlat_move_pages[] = {
	{2, "MPOL_MF_MOVE"}, {4, "MPOL_MF_MOVE_ALL"}, {0, NULL},
};

const struct xlat xlat_pidfd_signal[] = {
	{1, "PIDFD_SIGNAL_THREAD"}, {2, "PIDFD_SIGNAL_THREAD_GROUP"}, {4, "PIDFD_SIGNAL_PROCESS_GROUP"}, {0, NULL},
};
