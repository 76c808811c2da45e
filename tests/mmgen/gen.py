# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a random program of memory operations for `runner`, from a seed. Each seed picks its own few families of
operations and its own habits (swarm testing), so that rare combinations meet often."""
import random

PAGE = 4096
NR = dict(read=0, write=1, close=3, lseek=8, mmap=9, mprotect=10, munmap=11, brk=12, ioctl=16, pread64=17, pwrite64=18,
          readv=19, writev=20, mremap=25, msync=26, mincore=27, madvise=28, shmget=29, shmat=30, shmctl=31, dup2=33, getpid=39,
          sendfile=40, shmdt=67, fcntl=72, ftruncate=77, getrusage=98, sigaltstack=131, personality=135, mlock=149, munlock=150,
          mlockall=151, munlockall=152, prctl=157, arch_prctl=158, setrlimit=160, gettid=186, readahead=187, futex=202,
          remap_file_pages=216, fadvise64=221, mbind=237, set_mempolicy=238, get_mempolicy=239, migrate_pages=256,
          openat=257, splice=275, tee=276, sync_file_range=277, vmsplice=278, move_pages=279, fallocate=285, pipe2=293,
          preadv=295, pwritev=296, prlimit64=302, process_vm_readv=310, process_vm_writev=311, getrandom=318, memfd_create=319,
          membarrier=324, mlock2=325, copy_file_range=326, preadv2=327, pwritev2=328, pkey_mprotect=329, pkey_alloc=330,
          pkey_free=331, pidfd_open=434, process_madvise=440, set_mempolicy_home_node=450, cachestat=451, mseal=462,
          get_robust_list=274, set_robust_list=273, rt_sigprocmask=14, uname=63, getcwd=79, gettimeofday=96, pselect6=270)
MAP_FLAGS = [0x20, 0x40, 0x100, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x4000000]
MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_ANON, MAP_POPULATE, MAP_LOCKED = 0x10, 0x100000, 0x20, 0x8000, 0x2000
MAP_NORESERVE, MAP_HUGETLB = 0x4000, 0x40000
BIG = 64 << 20
EDGES = [0, 1, PAGE - 1, PAGE, PAGE + 1, 0x10000, 0x10000 - PAGE, 1 << 21, 1 << 31, 1 << 32, (1 << 32) - 1, (1 << 47) - PAGE,
         (1 << 47) - 2 * PAGE, 1 << 47, (1 << 47) - 1, (1 << 56) - PAGE, 1 << 63, (1 << 63) - PAGE, (1 << 64) - 1,
         (1 << 64) - PAGE, (1 << 64) - PAGE + 1, (1 << 64) - 2 * PAGE, 0xffffffffff600000]
LEN_EDGES = [0, 1, PAGE - 1, PAGE + 1, 1 << 47, (1 << 47) - PAGE, 1 << 63, (1 << 63) - 1, (1 << 64) - 1, (1 << 64) - PAGE,
             (1 << 64) - PAGE + 1, (1 << 64) - 2 * PAGE]
ARENA = 0x10000000
ADVICE = list(range(0, 27)) + [100, 101, 102, 103, -1, 5, 6, 7, 27, 1 << 31]


class Gen:
    def __init__(self, seed, where, ops):
        self.r = random.Random(seed)
        self.lines = []
        self.n = 0
        self.where = where
        self.regions = []
        self.fds = []
        self.shms = []
        self.pipes = []
        self.depth = 0
        self.race = 0
        self.want = ops
        self.scratch = 0x10000

    # ----- text
    def raw(self, text):
        self.n += 1
        self.lines.append("%d %s" % (self.n, text))
        return "r%d" % self.n

    def sys(self, name, *args, op="s"):
        return self.raw("%s %d %s" % (op, NR[name], " ".join(self.num(a) for a in args)))

    @staticmethod
    def num(a):
        return a if isinstance(a, str) else str(a) if -10 < a < 10 else "0x%x" % (a & (1 << 64) - 1)

    def iov(self, at, pairs):
        self.raw("q %d %s" % (at, " ".join(self.num(x) for p in pairs for x in p)))

    def plus(self, expr, off):
        if isinstance(expr, int):
            return expr + off
        return expr if not off else "%s+0x%x" % (expr, off) if off > 0 else "%s-0x%x" % (expr, -off)

    # ----- dice
    def chance(self, p):
        return self.r.random() < p

    def pick(self, xs):
        return self.r.choice(xs)

    def pages(self):
        return self.pick([1, 1, 2, 2, 3, 4, 5, 7, 8, 16, 33]) if self.chance(self.p_small) else self.pick([512, 513, 600, 1024, 1536])

    def region(self):
        if not self.regions or self.chance(0.15):
            return (ARENA + PAGE * self.r.randrange(0, 48), self.r.randrange(1, 12))
        if self.chance(0.5):
            return self.regions[-self.r.randrange(1, min(4, len(self.regions)) + 1)]
        return self.pick(self.regions)

    def span(self):
        """An address and a length that mostly lie in a region."""
        base, n = self.region()
        x = self.r.random()
        if x < 0.35:
            k, m = 0, n
        elif x < 0.75:
            k = self.r.randrange(0, n)
            m = self.r.randrange(1, n - k + 1)
        elif x < 0.9:
            k = self.r.randrange(-2, n + 2)
            m = self.r.randrange(1, n + 4)
        else:
            k, m = self.r.randrange(0, n), 1
        addr, length = self.plus(base, k * PAGE), m * PAGE
        if self.chance(self.p_edge):
            y = self.r.random()
            if y < 0.3:
                addr = self.plus(addr, self.pick([1, 8, 0x800, PAGE - 1, -1]))
            elif y < 0.6:
                length = self.pick(LEN_EDGES)
            elif y < 0.7:
                length += self.pick([1, -1, 0x10, -0x800])
            elif y < 0.85:
                addr = self.pick(EDGES)
            else:
                addr, length = self.pick(EDGES), self.pick(LEN_EDGES)
        return addr, length

    def sane(self):
        """Somewhere to move data from or to."""
        base, n = self.region()
        k = self.r.randrange(0, n)
        return self.plus(base, k * PAGE + self.pick([0, 0, 0, 1, 8, 0xff8, 0xffd, 0x800])), self.pick([1, 8, 16, 0x800, PAGE, PAGE, 2 * PAGE, 3 * PAGE + 5, n * PAGE])

    def prot(self):
        return self.pick([0, 1, 2, 3, 3, 3, 3, 1, 4, 5, 6, 7, 7]) if not self.chance(0.04) else self.pick([8, 0x10, 0x1000003, 0x2000003, 0x3000003, -1, 0x13])

    def fd(self):
        return self.pick(self.fds) if self.fds and not self.chance(0.03) else self.pick([-1, 0, 300])

    def off(self):
        if self.chance(0.06):
            return self.pick([1, PAGE - 1, (1 << 63) - PAGE, (1 << 64) - PAGE, 1 << 62, 1 << 43, 0x7fffffff000])
        return PAGE * self.r.randrange(0, 12)

    def buf(self):
        """A pointer into the runner's own buffer, or anywhere."""
        if self.chance(0.12):
            return self.sane()[0]
        return "@0x8000"

    # ----- families
    def f_mmap(self):
        n = self.pages()
        length = n * PAGE
        flags = self.pick([1, 2, 2, 2, 3, 8 if self.chance(.2) else 2]) if not self.chance(0.03) else self.r.randrange(0, 16)
        anon = self.chance(0.6) or not self.fds
        if anon:
            flags |= MAP_ANON
        for f in MAP_FLAGS[1:]:
            if self.chance(self.p_flag):
                flags |= f
        if self.chance(0.02):
            flags |= 1 << self.r.randrange(0, 32)
        addr, x = 0, self.r.random()
        if x < 0.55:
            addr = ARENA + PAGE * self.r.randrange(0, 48) if self.chance(.6) else self.span()[0]
            if self.chance(.8):
                flags |= self.pick([MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_FIXED | MAP_FIXED_NOREPLACE])
        if self.chance(self.p_edge):
            if self.chance(.5):
                addr = self.pick(EDGES)
            else:
                length = self.pick(LEN_EDGES)
        if length > BIG:
            flags &= ~(MAP_POPULATE | MAP_LOCKED)
        # Huge pages without a reservation are mapped natively, to give SIGBUS when touched (docs/limits.md).
        if flags & MAP_HUGETLB:
            flags &= ~MAP_NORESERVE
        prot = self.prot()
        r = self.sys("mmap", addr, length, prot, flags, -1 if anon and not self.chance(.05) else self.fd(),
                     self.off() if not anon or self.chance(.1) else 0)
        self.regions.append((r, max(1, min(length, BIG) // PAGE)))
        if self.chance(.6):
            self.raw("fill %s 0x%x 0x%x" % (r, min(length, 40 * PAGE), self.pick([0x11, 0xc3c3c3c3c3c3c3c3, 0x5500 + self.n])))

    def f_munmap(self):
        self.sys("munmap", *self.span())

    def f_mprotect(self):
        a, n = self.span()
        if self.chance(.2):
            self.sys("pkey_mprotect", a, n, self.prot(), self.pick([-1, 0, 0, 1, 2, 15, 16, -2]))
        else:
            p = self.prot()
            if self.chance(.08):
                p |= self.pick([0x1000000, 0x2000000, 0x3000000])
            self.sys("mprotect", a, n, p)

    def f_pkey(self):
        self.sys("pkey_alloc", self.pick([0, 0, 1]), self.pick([0, 1, 2, 3, 4]))
        self.sys("pkey_free", self.pick([0, 1, 2, 16, -1]))

    def f_mremap(self):
        a, n = self.span()
        flags = self.pick([0, 1, 1, 1, 3, 3, 5, 7, 2, 4, 6, 8]) if self.chance(.95) else self.r.randrange(0, 64)
        new = self.pick([n, n, n + PAGE, n * 2, max(PAGE, n // 2), PAGE, 1, 0, n + 5 * PAGE])
        if self.chance(self.p_edge):
            new = self.pick(LEN_EDGES)
        if self.chance(.1):
            n = 0
        to = 0
        if flags & 2 or self.chance(.2):
            to = ARENA + PAGE * self.r.randrange(0, 64) if self.chance(.6) else self.span()[0]
        if new > BIG and new < 1 << 46:
            new = PAGE
        r = self.sys("mremap", a, n, new, flags, to)
        self.regions.append((r, max(1, min(new, BIG) // PAGE)))

    def advise_len(self, adv, n):
        return n if adv not in (22, 23) or n <= BIG else self.pick([PAGE, 1 << 63])

    def f_madvise(self):
        a, n = self.span()
        adv = self.pick(self.advices)
        if adv in (100, 101):
            a, n = self.pick(EDGES), n
        self.sys("madvise", a, self.advise_len(adv, n), adv)

    def f_process_madvise(self):
        p = self.sys("getpid", op="S")
        if self.chance(.8):
            p = self.sys("pidfd_open", p, 0)
        pairs = [(a, self.advise_len(22, n)) for a, n in (self.span() for _ in range(self.r.randrange(1, 4)))]
        self.iov(0, pairs)
        self.sys("process_madvise", p, self.pick(["@0"] * 6 + [self.sane()[0]]), self.pick([len(pairs)] * 6 + [0, 1025, -1]),
                 self.pick([4, 20, 21, 3, 20, 21, 25] + self.advices), self.pick([0] * 9 + [1]))
        self.sys("close", p)

    def f_lock(self):
        a, n = self.span()
        x = self.r.random()
        if x < .4:
            self.sys("mlock2", a, n, self.pick([0, 1, 1, 2]))
        elif x < .5:
            self.sys("mlock", a, n)
        elif x < .75:
            self.sys("munlock", a, n)
        elif x < .9:
            self.sys("mlockall", self.pick([1, 2, 3, 4, 5, 6, 7, 0, 8]))
        else:
            self.sys("munlockall")

    def f_remap(self):
        a, n = self.span()
        self.sys("remap_file_pages", a, n, self.pick([0] * 8 + [1]), self.r.randrange(0, 12) if self.chance(.9) else self.pick(EDGES),
                 self.pick([0, 0, 0x10000, 0x2000, 1]))

    def f_sync(self):
        a, n = self.span()
        if self.chance(.5):
            self.sys("msync", a, n, self.pick([0, 1, 2, 4, 5, 6, 3, 7, 8]))
        else:
            if n > 64 * PAGE and n < 1 << 40:
                n = 64 * PAGE
            self.raw("q 0x8000 0 0 0 0 0 0 0 0")
            self.sys("mincore", a, n, self.buf())
            self.raw("d 0x8000 2")

    def f_seal(self):
        a, n = self.span()
        self.sys("mseal", a, n, self.pick([0] * 9 + [1]))

    def f_memfd(self):
        self.raw("z 0 gen%d" % self.n)
        fd = self.sys("memfd_create", "@0", self.pick([2, 2, 2, 3, 0, 0xa, 0x12, 8, 0x10, 4, 6, 0x18]))
        self.fds.append(fd)
        self.sys("ftruncate", fd, self.pick([0, 1, 5 * PAGE, 8 * PAGE, 8 * PAGE + 100]))
        if self.chance(.5):
            self.f_fdseal()

    def f_fdseal(self):
        fd = self.fd()
        self.sys("fcntl", fd, 1033, self.pick([1, 2, 4, 8, 16, 32, 24, 6, 63, 64, 0, 40]))
        self.sys("fcntl", fd, 1034)

    def f_file(self):
        if len(self.fds) > 6:
            return self.f_truncate()
        self.raw("z 0 %s/f%d" % (self.where[self.r.randrange(len(self.where))], self.r.randrange(3)))
        fd = self.sys("openat", -100, "@0", self.pick([0o102, 0o102, 0o100, 0o101, 0o2102]), 0o700)
        self.fds.append(fd)
        return self.sys("ftruncate", fd, self.pick([0, 1, 5 * PAGE, 8 * PAGE, 8 * PAGE + 100]))

    def f_truncate(self):
        fd = self.fd()
        if self.chance(.5):
            self.sys("ftruncate", fd, self.pick([0, 1, PAGE, PAGE + 1, 3 * PAGE, 8 * PAGE, 12 * PAGE, 5 * PAGE - 1, 1 << 40, -1]))
        else:
            self.sys("fallocate", fd, self.pick([0, 1, 3, 3, 2, 0x10, 0x11, 8, 0x20, 0x40, 9]), self.pick([0, PAGE, 1, 2 * PAGE, 5 * PAGE + 7, -1]),
                     self.pick([PAGE, 3 * PAGE, 1, 100, 20 * PAGE, 0, -1]))

    def f_io(self):
        fd, (a, n) = self.fd(), self.sane()
        if self.chance(self.p_edge):
            a, n = self.span()
            n = n if n <= BIG or n > 1 << 62 else PAGE
        x = self.r.randrange(9)
        if x == 0:
            self.sys("pread64", fd, a, n, self.off())
        elif x == 1:
            self.sys("pwrite64", fd, a, n, self.off() if self.chance(.9) else 0x123)
        elif x == 2:
            self.sys("lseek", fd, self.r.randrange(0, 5 * PAGE), self.pick([0, 0, 3, 4]))
            self.sys(self.pick(["read", "write"]), fd, a, n)
        elif x in (3, 4):
            pairs = [self.sane() for _ in range(self.r.randrange(1, 5))]
            if self.chance(self.p_edge):
                pairs.append(self.span())
            self.iov(0, pairs)
            call = self.pick(["preadv", "pwritev", "preadv2", "pwritev2"])
            self.sys(call, fd, self.pick(["@0"] * 9 + [a]), len(pairs), self.off(), 0, self.pick([0, 0, 0, 2, 8, 0x10]))
        elif x == 5:
            self.sys("getrandom", a, 0, 0)
            self.sys("copy_file_range", fd, 0, self.fd(), 0, n, 0)
        elif x == 6:
            self.sys("sendfile", self.fd(), fd, self.pick([0, a]), n)
        elif x == 7:
            self.sys("readahead", fd, self.off(), n)
            self.sys("fadvise64", fd, self.off(), n, self.pick([0, 1, 2, 3, 5]))
        else:
            self.sys("sync_file_range", fd, self.off(), n, self.pick([0, 1, 2, 4, 7, 8]))

    def f_pipe(self):
        if not self.pipes or self.chance(.1):
            self.sys("pipe2", "@0x100", 0o4000)
            a = self.raw("set @0x100")
            # The two descriptors: moved to numbers of ours.
            k = 100 + 2 * len(self.pipes)
            self.raw("pipe %d" % k)
            self.pipes.append((k, k + 1))
            return a
        rd, wr = self.pick(self.pipes)
        a, n = self.sane()
        x = self.r.randrange(8)
        if x < 2:
            pairs = [self.sane() for _ in range(self.r.randrange(1, 4))]
            self.iov(0, pairs)
            self.sys("vmsplice", self.pick([rd, wr, wr]), "@0", len(pairs), self.pick([0, 2, 8, 10, 16]))
        elif x == 2:
            self.sys("read", rd, a, n)
        elif x == 3:
            self.sys("write", wr, a, n)
        elif x == 4:
            self.sys("splice", rd, 0, self.fd(), 0, n, 2)
        elif x == 5:
            self.raw("q 0x200 %s" % self.num(self.off()))
            self.sys("splice", self.fd(), self.pick([0, "@0x200", a]), wr, 0, n, 2)
        elif x == 6:
            self.sys("tee", rd, self.pick(self.pipes)[1], n, 2)
        else:
            self.sys("ioctl", rd, 0x541b, self.pick(["@0x200", a]))
        return None

    def f_shm(self):
        x = self.r.random()
        if not self.shms or x < .15:
            s = self.sys("shmget", self.pick([0, 0, 0x77]), self.pick([PAGE, 3 * PAGE, 8 * PAGE, 5 * PAGE + 1, 0, 1, 1 << 21]),
                         self.pick([0o1600, 0o1600, 0o1700, 0o1400, 0o5600, 0o1200, 0o11600, 0o3600]))
            self.shms.append(s)
        elif x < .65:
            flags = self.pick([0, 0, 0o10000, 0o20000, 0o40000, 0o100000, 0o60000, 0o160000, 0o30000])
            if self.chance(.5):
                a = 0
            else:
                a = self.plus(ARENA, PAGE * self.r.randrange(48) + self.pick([0, 0, 0, 1, 0x800])) if self.chance(.8) else self.span()[0]
            r = self.sys("shmat", self.pick(self.shms), a, flags)
            self.regions.append((r, self.pick([1, 3, 8])))
        elif x < .85:
            self.sys("shmdt", self.region()[0] if self.chance(.9) else self.span()[0])
        else:
            self.sys("shmctl", self.pick(self.shms), self.pick([0, 2, 2, 11, 12, 1]), self.pick(["@0x8000", 0]))
            if self.chance(.5):
                self.raw("d 0x8000 1")

    def f_vm(self):
        p = self.sys("getpid", op="S")
        la = [self.sane() for _ in range(self.r.randrange(1, 4))]
        ra = [self.sane() for _ in range(self.r.randrange(1, 4))]
        if self.chance(self.p_edge):
            (la if self.chance(.5) else ra).append(self.span())
        self.iov(0, la)
        self.iov(0x400, ra)
        self.sys(self.pick(["process_vm_readv", "process_vm_writev"]), p, "@0", len(la), "@0x400", len(ra), self.pick([0] * 9 + [1]))

    def f_procmem(self):
        self.raw("z 0 /proc/self/mem")
        fd = self.sys("openat", -100, "@0", self.pick([2, 2, 0, 1]))
        for _ in range(self.r.randrange(1, 4)):
            a, n = self.sane()
            at = self.sane()[0] if self.chance(.9) else self.pick(EDGES)
            self.sys(self.pick(["pread64", "pwrite64"]), fd, a, n, at)
        if self.chance(.2):
            self.sys("lseek", fd, self.pick(EDGES), self.pick([0, 0, 1, 2]))
        self.sys("close", fd)

    def f_clear(self):
        self.raw("z 0 /proc/self/clear_refs")
        self.raw("z 0x40 %s" % self.pick(["4", "4", "1", "2", "3", "5", "6", "0", "x", "-1"]))
        fd = self.sys("openat", -100, "@0", 1)
        self.sys("write", fd, "@0x40", 1)
        self.sys("close", fd)
        a, n = self.span()
        self.raw("pm %s %d" % (self.num(self.region()[0]), self.r.randrange(1, 12)))

    def f_pagemap(self):
        base, n = self.region()
        self.raw("pm %s %d" % (self.num(base), min(n, 40)))

    def f_scan(self):
        self.raw("z 0 /proc/self/pagemap")
        fd = self.sys("openat", -100, "@0", 0)
        a, n = self.span()
        vec = self.pick(["@0x2000", "@0x2000", "@0x2000", 0, self.sane()[0]])
        cats = [0, 1, 2, 3, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x7f, 0x1f]
        end = "%s+%s" % (self.num(a), self.num(n)) if self.chance(.9) else self.pick(EDGES)
        self.raw("q 0x2000 " + "0 " * 24)
        self.raw("q 0x1000 96 %d %s %s 0 %s %d %d %d %d %d %d" % (
            self.pick([0, 0, 0, 0, 1, 2, 3, 4]), self.num(a), self.num(end), self.num(vec), self.pick([8, 8, 1, 3, 0]), self.pick([0, 0, 1, 3, 2]),
            self.pick(cats) if self.chance(.3) else 0, self.pick(cats), self.pick(cats) if self.chance(.4) else 0, self.pick(cats[1:])))
        self.sys("ioctl", fd, 0xc0606610, "@0x1000")
        self.raw("d 0x1018 2")
        self.raw("d 0x2000 24")
        self.sys("close", fd)

    def f_query(self):
        self.raw("z 0 /proc/self/maps")
        fd = self.sys("openat", -100, "@0", 0)
        a, _ = self.span()
        # struct procmap_query
        self.raw("q 0x1000 104 %d %s 0 0 0 0 0 0 0 0 0 0" % (self.pick([0, 0x10, 0x11, 1, 2, 4, 8, 0x18, 0x30, 0x20, 0x3f, 0x40, 0x19]), self.num(a)))
        self.sys("ioctl", fd, 0xc0686611, "@0x1000")
        self.raw("d 0x1000 8")
        self.sys("close", fd)

    def f_setmm(self):
        a, _ = self.span()
        self.sys("prctl", 35, self.pick(list(range(0, 16))), self.pick([a, a, "brk", "brk+0x10000", "sp", "text", "@0", "scr"] + [self.pick(EDGES)]),
                 self.pick([0, 0, 8, 0x100]), 0)
        if self.chance(.3):
            self.raw("cat /proc/self/cmdline" if self.chance(.5) else "cat /proc/self/environ")

    def f_name(self):
        a, n = self.span()
        self.raw("z 0x300 %s" % self.pick(["one", "two", "a[b", "x" * 79, "y" * 80, "", "a\x01b", "tab$"]))
        self.sys("prctl", 0x53564d41, self.pick([0] * 9 + [1]), a, n, self.pick(["@0x300"] * 5 + [0, 0, self.sane()[0]]))

    def f_prctl(self):
        x = self.r.randrange(10)
        if x == 0 and self.chance(self.p_mdwe):
            self.sys("prctl", 65, self.pick([1, 1, 3, 2, 0, 4]), 0, 0, 0)
        elif x < 3:
            self.sys("prctl", 66, 0, 0, 0, 0)
        elif x < 6:
            self.sys("prctl", 41, self.pick([0, 1, 2]), self.pick([0, 0, 1, 2]), 0, 0)
            self.sys("prctl", 42, 0, 0, 0, 0)
        elif x < 8:
            self.sys("prctl", self.pick([67, 68]), self.pick([0, 1, 0, 2]), 0, 0, 0)
        elif x == 8:
            self.sys("prctl", 4, self.pick([0, 1, 2, 3]), 0, 0, 0)
            self.sys("prctl", 3, 0, 0, 0, 0)
        else:
            self.sys("membarrier", self.pick([0, 1, 2, 4, 8, 16, 32, 64, 128, 256]), 0, 0)

    def f_rlimit(self):
        what = self.pick([2, 3, 8, 9])
        v = self.pick([0, PAGE, 1 << 16, 1 << 20, 1 << 22, 8 << 20, -1, 3 << 20, 1 << 23, 200 << 10])
        self.raw("q 0x400 0 0")
        self.sys("prlimit64", 0, what, 0, "@0x400")
        self.raw("q 0x400 %s" % self.num(v))
        self.sys("prlimit64", 0, what, "@0x400", 0)

    def f_numa(self):
        a, n = self.span()
        mode = self.pick([0, 1, 2, 3, 4, 5, 6, 7, -1, 0x8002, 0x4002, 0xc002, 0x2002, 0x8001])
        self.raw("q 0x500 %s 0" % self.pick(["0", "1", "1", "1", "2", "3", "-1"]))
        mask, bits = self.pick(["@0x500", "@0x500", "@0x500", 0]), self.pick([64, 2, 1, 0, 65, 1024, 33000, -1, 8])
        x = self.r.randrange(6)
        if x < 2:
            self.sys("mbind", a, n, mode, mask, bits, self.pick([0, 0, 1, 2, 3, 4, 8]))
        elif x == 2:
            self.sys("set_mempolicy", mode, mask, bits)
        elif x == 3:
            self.raw("q 0x600 0 0 0 0")
            self.sys("get_mempolicy", self.pick(["@0x600", 0]), self.pick(["@0x608", 0]), bits, self.pick([0, a]), self.pick([0, 1, 2, 3, 4, 5, 7]))
            self.raw("d 0x600 2")
        elif x == 4:
            pairs = [self.span()[0] for _ in range(4)]
            self.raw("q 0x700 %s" % " ".join(self.num(p) for p in pairs))
            self.raw("q 0x780 0x100000000 0 0 0")
            self.raw("q 0x800 0 0 0")
            self.sys("move_pages", 0, self.pick([4, 4, 4, 0, 1]), self.pick(["@0x700"] * 5 + [0]), self.pick([0, 0, "@0x788"]), "@0x800", self.pick([0, 2, 2, 4, 1]))
            self.raw("d 0x800 2")
        else:
            self.sys(self.pick(["migrate_pages"]), 0, bits, mask, self.pick(["@0x500", 0]))
            self.sys("set_mempolicy_home_node", a, n, self.pick([0, 0, 1, -1]), self.pick([0, 0, 1]))

    def f_brk(self):
        r = self.sys("brk", self.pick(["brk", "brk+0x1000", "brk+0x5000", "brk+0x3001", "brk-0x1000", "brk+0x200000", "brk-0x22000",
                                       "brk-0x30000", 0, 1, -1, "brk+0x10000", "brk+0x100000000", "sp", 1 << 47, "brk+7"]))
        self.regions.append((self.plus("brk", -8 * PAGE), 16))
        if self.chance(.5):
            self.raw("tw %s-1 1" % r)
            self.raw("tr %s+0xfff" % r)

    def f_personality(self):
        self.sys("personality", self.pick([0x40000, 0x440000, 0x240000, 0x140000, 0x8040000, -1, 0x640000, 0x1040000]))

    def f_stack(self):
        x = self.r.randrange(6)
        d = self.pick([PAGE, 32 * PAGE, 33 * PAGE, 34 * PAGE, 100 * PAGE, 1000 * PAGE, 8 << 20, (8 << 20) - 40 * PAGE, 2000 * PAGE, 2047 * PAGE])
        if x < 2:
            self.raw("t%s sp-0x%x 7" % (self.pick("rwRp"), d))
        elif x == 2:
            self.sys("mmap", "sp-0x%x" % (d + self.pick([0, PAGE, 256 * PAGE, 255 * PAGE, 257 * PAGE])), self.pages() * PAGE, self.pick([0, 3]),
                     0x22 | self.pick([MAP_FIXED_NOREPLACE, 0, 0x100 | MAP_FIXED_NOREPLACE]), -1, 0)
        elif x == 3:
            # A stack of one's own, with something below it or not.
            at = 0x30000000 + 0x1000000 * self.r.randrange(4)
            r = self.sys("mmap", at, 4 * PAGE, 3, 0x122 | MAP_FIXED, -1, 0)
            self.regions.append((r, 4))
            if self.chance(.6):
                self.sys("mmap", at - self.pick([PAGE, 2, 255, 256, 257, 300, 1000]) * PAGE, self.pick([1, 1, 3]) * PAGE, self.pick([0, 1, 3]), 0x22 | MAP_FIXED | self.pick([0, 0, 0x100]), -1, 0)
            if self.chance(.5):
                # Something above, whose own gap may matter.
                self.sys("mmap", at + self.pick([4, 5, 100, 256, 260]) * PAGE, PAGE, 3, 0x122 | MAP_FIXED_NOREPLACE, -1, 0)
            for _ in range(3):
                self.raw("t%s %s-0x%x 9" % (self.pick("rwpaW"), r, self.pick([1, 8, PAGE, PAGE + 8, 3 * PAGE, 250 * PAGE, 256 * PAGE, 300 * PAGE, 2000 * PAGE])))
        elif x == 4:
            a, n = self.span()
            self.sys("mprotect", self.pick(["sp-0x%x" % (8 * PAGE), a]), self.pick([PAGE, 2 * PAGE, n]), 3 | self.pick([0x1000000, 0x2000000, 0x1000004, 0x3000000]))
        else:
            base, n = self.region()
            self.raw("tp %s 5" % self.num(self.plus(base, self.pick([0, 8, PAGE, 1]))))

    def f_touch(self):
        for _ in range(self.r.randrange(1, 4)):
            base, n = self.region()
            k = self.r.randrange(-1, n + 1)
            a = self.plus(base, k * PAGE + self.pick([0, 0, 8, 0xff8, 0xffc, 0xfff, 5]))
            if self.chance(self.p_edge * .3):
                a = self.pick(EDGES)
            self.raw("t%s %s 0x%x" % (self.pick("rrRwwWax"), self.num(a), self.r.randrange(1, 255)))
        if self.chance(.2):
            self.raw("tc %s %s" % (self.num(self.sane()[0]), self.num(self.sane()[0])))

    def f_hash(self):
        base, n = self.region()
        self.raw("h %s 0x%x" % (self.num(base), min(n, 40) * PAGE))

    def f_fork(self):
        if self.depth or self.race:
            return
        kind = self.pick(["fork", "fork", "thread"])
        self.depth += 1
        self.raw(kind)
        for _ in range(self.r.randrange(2, 14)):
            self.one()
        if self.chance(.5):
            self.raw("cat /proc/self/maps")
        if kind == "fork" and self.chance(.15):
            self.raw("exec")
            self.raw("cat /proc/self/maps")
            self.raw("exit 3")
        self.raw("end")
        self.depth -= 1
        self.f_hash()

    def f_race(self):
        """Threads touch while others unmap; only what is left in the end is told."""
        if self.depth or self.race:
            return
        base, n = self.region()
        n = min(n, 64)
        self.race = 1
        for i in range(self.r.randrange(1, 3)):
            self.raw("race %d %d %s 0x%x" % (i, ord(self.pick("rw")), self.num(base), n * PAGE))
        for _ in range(self.r.randrange(2, 8)):
            self.pick([self.f_munmap, self.f_mprotect, self.f_mremap, self.f_mmap, self.f_madvise])()
        self.raw("join")
        self.race = 0

    def f_describe(self):
        self.raw(self.pick(["cat /proc/self/maps", "cat /proc/self/smaps", "cat /proc/self/maps", "cat /proc/self/status", "cat /proc/self/numa_maps"]))

    def f_exec(self):
        if self.depth or not self.chance(.2):
            return
        self.raw("exec")
        self.regions = []

    def f_args(self):
        """Calls that read or write small things, at page edges and in odd areas."""
        a = self.sane()[0]
        x = self.r.randrange(9)
        if x == 0:
            self.sys("uname", a)
        elif x == 1:
            self.sys("rt_sigprocmask", 0, 0, a, 8)
        elif x == 2:
            self.sys("getcwd", a, self.pick([0, 5, 4096, 1 << 63]))
        elif x == 3:
            self.sys("prlimit64", 0, 7, 0, a)
        elif x == 4:
            self.sys("futex", a, self.pick([0, 1, 128, 129, 3, 5, 9, 10]), 0x7777, self.pick([0, "@0x900", a]), self.pick([0, a]), -1)
        elif x == 5:
            self.sys("pipe2", a, 0o2000000 | 0o1)
        elif x == 6:
            self.sys("arch_prctl", self.pick([0x1003, 0x1004]), a)
            self.raw("q 0x900 0 0")
        elif x == 7:
            self.sys("sigaltstack", self.pick([0, a]), a)
        else:
            self.sys("openat", -100, a, 0, 0)

    FAMILIES = dict(mmap=5, munmap=1.5, mprotect=3, pkey=.2, mremap=3, madvise=4, process_madvise=1, lock=2, remap=1, sync=1.5, seal=.4, memfd=1,
                    fdseal=.5, file=1, truncate=1.5, io=3, pipe=2, shm=2.5, vm=1.5, procmem=1.5, clear=1, pagemap=1.5, scan=1.5, query=.7,
                    setmm=.7, name=1, prctl=.6, rlimit=.6, numa=1.5, brk=1, personality=.2, stack=1.5, touch=5, hash=3, fork=1, race=.5,
                    describe=1.5, exec=.3, args=1)

    def one(self):
        getattr(self, "f_" + self.r.choices(self.names, self.weights)[0])()

    def program(self):
        self.p_small = self.pick([1, 1, 1, .9, .6])
        self.p_edge = self.pick([0, .02, .05, .1, .25])
        self.p_flag = self.pick([0, .03, .08, .15])
        self.p_mdwe = self.pick([0, 0, .3])
        self.advices = self.r.sample(ADVICE, self.r.randrange(3, 12)) if self.chance(.7) else ADVICE
        names = list(self.FAMILIES)
        if self.chance(.85):
            names = self.r.sample(names, self.r.randrange(4, 14))
        always = ["mmap", "touch", "hash"]
        self.names = always + [n for n in names if n not in always]
        self.weights = [self.FAMILIES[n] * self.r.uniform(.3, 3) for n in self.names]
        if self.chance(.5):
            self.raw("q 0x400 0x180000000 0x180000000")
            self.sys("prlimit64", 0, 9, "@0x400", 0)
        for _ in range(self.r.randrange(1, 3)):
            self.f_mmap()
        if {"io", "truncate", "pipe", "fdseal", "remap"} & set(self.names) or self.chance(.4):
            self.f_file() if self.chance(.5) else self.f_memfd()
            if self.chance(.5):
                self.f_memfd()
        while len(self.lines) < self.want:
            self.one()
        for base, n in self.regions[-8:]:
            self.raw("h %s 0x%x" % (self.num(base), min(n, 40) * PAGE))
        self.raw("cat /proc/self/maps")
        self.raw("cat /proc/self/smaps")
        return "\n".join(self.lines) + "\n"


def generate(seed, where, ops=120):
    return Gen(seed, where, ops).program()
