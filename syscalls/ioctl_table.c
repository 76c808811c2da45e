// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ioctl commands, in ascending order of their numbers within each block. Old commands tell nothing
 * of their argument; newer ones carry direction and size in the number, but not whether addresses are
 * inside, so only families known to be flat pass by number alone.
 */
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <linux/fs.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/fiemap.h>
#include <linux/loop.h>
#include <linux/random.h>
#include <linux/route.h>
#include <linux/sockios.h>
#include <linux/nsfs.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include "syscalls/ioctl.h"

#define TERMIO_SIZE 18
#define C(cmd, kind, size) { cmd, #cmd, IOA_##kind, size }

static const struct ioctl_desc ioctl_table[] = {
	/* terminals */
	C(TCGETS, OUT, sizeof(struct termios)),
	C(TCSETS, IN, sizeof(struct termios)),
	C(TCSETSW, IN, sizeof(struct termios)),
	C(TCSETSF, IN, sizeof(struct termios)),
	C(TCGETA, OUT, TERMIO_SIZE),
	C(TCSETA, IN, TERMIO_SIZE),
	C(TCSETAW, IN, TERMIO_SIZE),
	C(TCSETAF, IN, TERMIO_SIZE),
	C(TCSBRK, INT, 0),
	C(TCXONC, INT, 0),
	C(TCFLSH, INT, 0),
	C(TIOCEXCL, INT, 0),
	C(TIOCNXCL, INT, 0),
	C(TIOCSCTTY, INT, 0),
	C(TIOCGPGRP, OUT, 4),
	C(TIOCSPGRP, IN, 4),
	C(TIOCOUTQ, OUT, 4),
	C(TIOCSTI, IN, 1),
	C(TIOCGWINSZ, OUT, 8),
	C(TIOCSWINSZ, IN, 8),
	C(TIOCMGET, OUT, 4),
	C(TIOCMBIS, IN, 4),
	C(TIOCMBIC, IN, 4),
	C(TIOCMSET, IN, 4),
	C(TIOCGSOFTCAR, OUT, 4),
	C(TIOCSSOFTCAR, IN, 4),
	C(FIONREAD, OUT, 4),
	C(TIOCCONS, INT, 0),
	C(TIOCPKT, IN, 4),
	C(FIONBIO, IN, 4),
	C(TIOCNOTTY, INT, 0),
	C(TIOCSETD, IN, 4),
	C(TIOCGETD, OUT, 4),
	C(TCSBRKP, INT, 0),
	C(TIOCSBRK, INT, 0),
	C(TIOCCBRK, INT, 0),
	C(TIOCGSID, OUT, 4),
	C(TCGETS2, OUT, sizeof(struct termios2)),
	C(TCSETS2, IN, sizeof(struct termios2)),
	C(TCSETSW2, IN, sizeof(struct termios2)),
	C(TCSETSF2, IN, sizeof(struct termios2)),
	C(TIOCGPTN, OUT, 4),
	C(TIOCSPTLCK, IN, 4),
	C(TIOCGDEV, OUT, 4),
	C(TIOCSIG, INT, 0),
	C(TIOCVHANGUP, INT, 0),
	C(TIOCGPKT, OUT, 4),
	C(TIOCGPTLCK, OUT, 4),
	C(TIOCGEXCL, OUT, 4),
	C(TIOCGPTPEER, NEW_FD, 0),
	C(TIOCMIWAIT, INT, 0),
	C(TIOCGICOUNT, OUT, 80),
	C(TIOCGLCKTRMIOS, OUT, sizeof(struct termios)),
	C(TIOCSLCKTRMIOS, IN, sizeof(struct termios)),
	/* any descriptor */
	C(FIONCLEX, INT, 0),
	C(FIOCLEX, INT, 0),
	C(FIOASYNC, IN, 4),
	C(FIOQSIZE, OUT, 8),
	/* files and file systems */
	C(FIBMAP, INOUT, 4),
	C(FIGETBSZ, OUT, 4),
	C(FIFREEZE, INT, 0),
	C(FITHAW, INT, 0),
	C(FITRIM, INOUT, 24),
	C(FICLONE, FD, 0),
	C(FICLONERANGE, SPECIAL, sizeof(struct file_clone_range)),
	C(FIDEDUPERANGE, SPECIAL, sizeof(struct file_dedupe_range)),
	C(FS_IOC_FIEMAP, SPECIAL, sizeof(struct fiemap)),
	C(FS_IOC_GETFLAGS, OUT, 4),
	C(FS_IOC_SETFLAGS, IN, 4),
	C(FS_IOC_GETVERSION, OUT, 4),
	C(FS_IOC_SETVERSION, IN, 4),
	C(FS_IOC_FSGETXATTR, OUT, sizeof(struct fsxattr)),
	C(FS_IOC_FSSETXATTR, IN, sizeof(struct fsxattr)),
	C(FS_IOC_GETFSLABEL, OUT, FSLABEL_MAX),
	C(FS_IOC_SETFSLABEL, IN, FSLABEL_MAX),
	{ 0x80111500, "FS_IOC_GETFSUUID", IOA_OUT, 17 },
	{ 0x80811501, "FS_IOC_GETFSSYSFSPATH", IOA_OUT, 129 },
	/* block devices */
	C(BLKROSET, IN, 4),
	C(BLKROGET, OUT, 4),
	C(BLKRRPART, INT, 0),
	C(BLKGETSIZE, OUT, 8),
	C(BLKFLSBUF, INT, 0),
	C(BLKRASET, INT, 0),
	C(BLKRAGET, OUT, 8),
	C(BLKFRASET, INT, 0),
	C(BLKFRAGET, OUT, 8),
	C(BLKSECTGET, OUT, 2),
	C(BLKSSZGET, OUT, 4),
	C(BLKBSZGET, OUT, 4),
	C(BLKBSZSET, IN, 4),
	C(BLKGETSIZE64, OUT, 8),
	C(BLKDISCARD, IN, 16),
	C(BLKIOMIN, OUT, 4),
	C(BLKIOOPT, OUT, 4),
	C(BLKALIGNOFF, OUT, 4),
	C(BLKPBSZGET, OUT, 4),
	C(BLKDISCARDZEROES, OUT, 4),
	C(BLKSECDISCARD, IN, 16),
	C(BLKROTATIONAL, OUT, 2),
	C(BLKZEROOUT, IN, 16),
	{ 0x1280, "BLKGETDISKSEQ", IOA_OUT, 8 },
	{ 0x301, "HDIO_GETGEO", IOA_OUT, 16 },
	{ 0x5331, "CDROMCLOSETRAY", IOA_INT, 0 },
	{ 0x5309, "CDROMEJECT", IOA_INT, 0 },
	{ 0x5326, "CDROM_DRIVE_STATUS", IOA_INT, 0 },
	C(LOOP_SET_FD, FD, 0),
	C(LOOP_CLR_FD, INT, 0),
	C(LOOP_SET_STATUS64, IN, sizeof(struct loop_info64)),
	C(LOOP_GET_STATUS64, OUT, sizeof(struct loop_info64)),
	C(LOOP_CHANGE_FD, FD, 0),
	C(LOOP_SET_CAPACITY, INT, 0),
	C(LOOP_SET_DIRECT_IO, INT, 0),
	C(LOOP_SET_BLOCK_SIZE, INT, 0),
	C(LOOP_CTL_ADD, INT, 0),
	C(LOOP_CTL_REMOVE, INT, 0),
	C(LOOP_CTL_GET_FREE, INT, 0),
	/* random */
	C(RNDGETENTCNT, OUT, 4),
	C(RNDADDTOENTCNT, IN, 4),
	C(RNDZAPENTCNT, INT, 0),
	C(RNDCLEARPOOL, INT, 0),
	/* the console */
	C(KDGKBTYPE, OUT, 1),
	C(KDGETMODE, OUT, 4),
	C(KDSETMODE, INT, 0),
	C(KDGKBMODE, OUT, 4),
	C(KDSKBMODE, INT, 0),
	C(KDGETLED, OUT, 1),
	C(KDSETLED, INT, 0),
	C(KDGKBLED, OUT, 1),
	C(KDSKBLED, INT, 0),
	C(VT_OPENQRY, OUT, 4),
	C(VT_GETMODE, OUT, sizeof(struct vt_mode)),
	C(VT_SETMODE, IN, sizeof(struct vt_mode)),
	C(VT_GETSTATE, OUT, sizeof(struct vt_stat)),
	C(VT_ACTIVATE, INT, 0),
	C(VT_WAITACTIVE, INT, 0),
	C(VT_DISALLOCATE, INT, 0),
	/* namespaces */
	C(NS_GET_USERNS, NEW_FD, 0),
	C(NS_GET_PARENT, NEW_FD, 0),
	C(NS_GET_NSTYPE, INT, 0),
	C(NS_GET_OWNER_UID, OUT, 4),
	{ 0x8008b705, "NS_GET_MNTNS_ID", IOA_OUT, 8 },
	{ 0x8004b706, "NS_GET_PID_FROM_PIDNS", IOA_INT, 0 },
	{ 0x8004b707, "NS_GET_TGID_FROM_PIDNS", IOA_INT, 0 },
	{ 0x8004b708, "NS_GET_PID_IN_PIDNS", IOA_INT, 0 },
	{ 0x8004b709, "NS_GET_TGID_IN_PIDNS", IOA_INT, 0 },
	{ 0x8010b70a, "NS_MNT_GET_INFO", IOA_OUT, 16 },
	{ NS_MNT_GET_NEXT_CMD, "NS_MNT_GET_NEXT", IOA_SPECIAL, 16 },
	{ NS_MNT_GET_PREV_CMD, "NS_MNT_GET_PREV", IOA_SPECIAL, 16 },
	{ 0x8008b70d, "NS_GET_ID", IOA_OUT, 8 },
	{ 0xff01, "PIDFD_GET_CGROUP_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff02, "PIDFD_GET_IPC_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff03, "PIDFD_GET_MNT_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff04, "PIDFD_GET_NET_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff05, "PIDFD_GET_PID_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff06, "PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff07, "PIDFD_GET_TIME_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff08, "PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff09, "PIDFD_GET_USER_NAMESPACE", IOA_NEW_FD, 0 },
	{ 0xff0a, "PIDFD_GET_UTS_NAMESPACE", IOA_NEW_FD, 0 },
	/* sockets and network interfaces */
	C(FIOSETOWN, IN, 4),
	C(SIOCSPGRP, IN, 4),
	C(FIOGETOWN, OUT, 4),
	C(SIOCGPGRP, OUT, 4),
	C(SIOCATMARK, OUT, 4),
	{ 0x8906, "SIOCGSTAMP", IOA_OUT, 16 },
	{ 0x8907, "SIOCGSTAMPNS", IOA_OUT, 16 },
	{ 0x80108906, "SIOCGSTAMP_NEW", IOA_OUT, 16 },
	{ 0x80108907, "SIOCGSTAMPNS_NEW", IOA_OUT, 16 },
	C(SIOCGIFNAME, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFLINK, INT, 0),
	C(SIOCGIFCONF, SPECIAL, sizeof(struct ifconf)),
	C(SIOCGIFFLAGS, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFFLAGS, IN, sizeof(struct ifreq)),
	C(SIOCGIFADDR, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFADDR, IN, sizeof(struct ifreq)),
	C(SIOCGIFDSTADDR, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFDSTADDR, IN, sizeof(struct ifreq)),
	C(SIOCGIFBRDADDR, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFBRDADDR, IN, sizeof(struct ifreq)),
	C(SIOCGIFNETMASK, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFNETMASK, IN, sizeof(struct ifreq)),
	C(SIOCGIFMETRIC, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFMETRIC, IN, sizeof(struct ifreq)),
	C(SIOCGIFMTU, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFMTU, IN, sizeof(struct ifreq)),
	C(SIOCSIFNAME, IN, sizeof(struct ifreq)),
	C(SIOCSIFHWADDR, IN, sizeof(struct ifreq)),
	C(SIOCGIFHWADDR, INOUT, sizeof(struct ifreq)),
	C(SIOCADDMULTI, IN, sizeof(struct ifreq)),
	C(SIOCDELMULTI, IN, sizeof(struct ifreq)),
	C(SIOCGIFINDEX, INOUT, sizeof(struct ifreq)),
	C(SIOCGIFTXQLEN, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFTXQLEN, IN, sizeof(struct ifreq)),
	C(SIOCGIFMAP, INOUT, sizeof(struct ifreq)),
	C(SIOCGIFENCAP, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFENCAP, IN, sizeof(struct ifreq)),
	C(SIOCGIFSLAVE, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFSLAVE, IN, sizeof(struct ifreq)),
	C(SIOCGIFPFLAGS, INOUT, sizeof(struct ifreq)),
	C(SIOCSIFPFLAGS, IN, sizeof(struct ifreq)),
	C(SIOCGMIIPHY, INOUT, sizeof(struct ifreq)),
	C(SIOCGMIIREG, INOUT, sizeof(struct ifreq)),
	C(SIOCOUTQNSD, OUT, 4),
	C(SIOCADDRT, SPECIAL, sizeof(struct rtentry)),
	C(SIOCDELRT, SPECIAL, sizeof(struct rtentry)),
	C(SIOCDARP, IN, 68),
	C(SIOCGARP, INOUT, 68),
	C(SIOCSARP, IN, 68),
	C(TUNSETIFF, INOUT, sizeof(struct ifreq)),
	C(TUNGETIFF, OUT, sizeof(struct ifreq)),
	C(TUNSETPERSIST, INT, 0),
	C(TUNSETOWNER, INT, 0),
	C(TUNSETGROUP, INT, 0),
	C(TUNGETFEATURES, OUT, 4),
	C(TUNSETOFFLOAD, INT, 0),
	C(TUNSETVNETHDRSZ, IN, 4),
	C(TUNGETVNETHDRSZ, OUT, 4),
};

/* Families (the type byte of _IOC) whose arguments are flat structures, without addresses inside. */
static bool family_is_flat(u32 type, u32 nr)
{
	switch (type) {
	case 'T':    /* terminals, timerfd; from 200 on tun, some with filters behind an address */
		return nr < 200;
	case 'p':    /* real-time clocks; others follow */
		return nr < 0x20;
	case 'E':    /* input devices, but for EVIOCSFF, EVIOCGMASK and EVIOCSMASK */
		return nr != 0x80 && nr != 0x92 && nr != 0x93;
	case 0xff:   /* PIDFD_GET_INFO, which grows */
		return nr == 11;
	case 'j':    /* joysticks */
	case 'W':    /* watchdogs */
	case 'r':    /* FAT attributes */
		return true;
	default:
		return false;
	}
}

struct ioctl_desc ioctl_describe(u32 cmd)
{
	struct ioctl_desc d = { cmd, NULL, IOA_UNKNOWN, (u16)_IOC_SIZE(cmd) };

	for (size_t i = 0; i < ARRAY_SIZE(ioctl_table); i++)
		if (ioctl_table[i].cmd == cmd)
			return ioctl_table[i];
	if (!family_is_flat(_IOC_TYPE(cmd), _IOC_NR(cmd)))
		return d;
	switch (_IOC_DIR(cmd)) {
	case _IOC_READ:
		d.kind = IOA_OUT;
		break;
	case _IOC_WRITE:
		d.kind = IOA_IN;
		break;
	case _IOC_READ | _IOC_WRITE:
		d.kind = IOA_INOUT;
		break;
	}
	return d;
}
