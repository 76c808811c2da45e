#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random programs of memory operations (gen.py, runner.c): the host's kernel against `ulk run`, line for line.

    mmgen.py --runner R --ulk U --seeds 1-40             the suite: TAP
    mmgen.py --runner R --ulk U --seeds 367 --shrink     the fewest operations that still diverge
    mmgen.py --runner R --ulk U --file x.ops             a program of one's own"""
import argparse
import atexit
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import gen  # noqa: E402

LIBC = ctypes.CDLL(None)
ADDR_NO_RANDOMIZE, ADDR_COMPAT_LAYOUT, CLONE_NEWIPC = 0x40000, 0x200000, 0x08000000
USER = 64321  # nobody else's: other tests' programs may kill all that a shared user has
TIMEOUT = 60
SMAPS = re.compile(r"^(Size|KernelPageSize|MMUPageSize|Rss|Anonymous|AnonHugePages|Swap|Locked|VmFlags|THPeligible):")
STATUS = re.compile(r"^(VmSize|VmLck|VmPin|VmData|VmStk|VmExe|VmLib|VmPTE|THP_enabled)")
MAPS = re.compile(r"^([0-9a-f]+-[0-9a-f]+ \S{4} [0-9a-f]+) \S+ \d+\s*(.*)$")
PROGRAM_END = 0x600000  # below lies the runner itself, of which other code is reached (the C library's by CPU)


class Tidy:
    """Leaves out what two native runs do not agree on either (README.md)."""

    def __init__(self):
        self.file, self.area = None, ""

    def line(self, line):
        if line.startswith("<</proc"):
            self.file = line.split("/")[-1]
            return line
        if line.startswith(">>"):
            self.file = None
        m = MAPS.match(line)
        if m:
            self.area = "runner" if int(m.group(1).split("-")[0], 16) < PROGRAM_END else m.group(2)
            return m.group(1) + " " + m.group(2)
        return getattr(self, self.file, str)(line) if self.file in ("smaps", "status", "numa_maps") else line

    def smaps(self, line):
        own = self.area == "runner" or self.area.startswith(("[v", "[stack]"))
        keep = SMAPS.match(line) and (not own or line.startswith(("Size", "VmFlags")))
        return self.area + " " + line if keep else None

    @staticmethod
    def status(line):
        return line if STATUS.match(line) else None

    @staticmethod
    def numa_maps(line):
        words = line.split()
        if not words or int(words[0], 16) < PROGRAM_END:
            return None
        if "anon=" not in line or "[stack]" in line or "stack" in words:
            return " ".join(words[:2])
        return " ".join(w for w in words if not w.startswith(("active=", "mapmax=", "dirty=", "mapped=", "N0=")))


class Bench:
    def __init__(self, args):
        self.args = args
        self.dirs = [tempfile.mkdtemp(prefix="mmgen-", dir=d) for d in ("/dev/shm", None)]

    def close(self):
        for d in self.dirs:
            shutil.rmtree(d, ignore_errors=True)

    def run(self, text, seed, ulk):
        for d in self.dirs:
            shutil.rmtree(d, ignore_errors=True)
            os.makedirs(d)
            os.chmod(d, 0o777)
        ops, out = self.dirs[1] + "/ops", self.dirs[1] + "/out"
        with open(ops, "w") as f:
            f.write(text)

        def prepare():
            LIBC.personality(ADDR_NO_RANDOMIZE | (ADDR_COMPAT_LAYOUT if seed % 7 == 3 else 0))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (8 << 20, 8 << 20))
            os.chdir(self.dirs[1])
            if os.geteuid() == 0:
                # Segments get the same numbers each time, and what is left of them goes.
                LIBC.unshare(CLONE_NEWIPC)
                os.setgroups([])
                os.setgid(USER)
                os.setuid(USER)
        cmd = (self.args.ulk.split() + ["run"] if ulk else []) + [self.args.runner, ops]
        with open(out, "wb") as f:
            p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=f, stderr=f, preexec_fn=prepare,
                                 start_new_session=True, env={"GLIBC_TUNABLES": "glibc.pthread.rseq=0"})
            try:
                status = p.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                status = "timeout"
            try:
                os.killpg(p.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            p.wait()
        tidy = Tidy()
        with open(out, errors="replace") as f:
            lines = [tidy.line(x) for x in f.read().split("\n")]
        return [x for x in lines if x is not None] + ["exit %s" % status]

    def compare(self, text, seed):
        """None, or (line, native, ulk). Three times, and natively always the same up to there."""
        for _ in range(3):
            native, ulk = self.run(text, seed, False), self.run(text, seed, True)
            at = first_difference(native, ulk)
            if at is None or native[:at + 1] != self.run(text, seed, False)[:at + 1]:
                return None
        return at, native, ulk

    def shrink(self, text, seed):
        lines = text.rstrip("\n").split("\n")
        step = len(lines)
        while step:
            i, less = 0, None
            while i < len(lines):
                less = lines[:i] + lines[i + step:]
                if less and self.compare("\n".join(less) + "\n", seed):
                    lines = less
                else:
                    i += step
            step //= 2
        return lines


def first_difference(a, b):
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return i
    return None if len(a) == len(b) else min(len(a), len(b))


def show(found, lines):
    at, native, ulk = found
    for x in lines:
        print("#     " + x)
    for x in native[max(0, at - 3):at]:
        print("#   before: " + x[:200])
    print("#   native: " + " | ".join(native[at:at + 2])[:300])
    print("#   ulk:    " + " | ".join(ulk[at:at + 2])[:300])


def seeds_of(text):
    for part in text.split(","):
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--runner", required=True)
    p.add_argument("--ulk", required=True)
    p.add_argument("--seeds", default="1-20")
    p.add_argument("--ops", type=int, default=120)
    p.add_argument("--shrink", action="store_true")
    p.add_argument("--file")
    args = p.parse_args()
    # Where the user they run as can reach them.
    place = tempfile.mkdtemp(prefix="mmgen-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.chmod(place, 0o755)
    args.runner = shutil.copy(args.runner, place + "/runner")
    ulk, *options = args.ulk.split()
    args.ulk = " ".join([shutil.copy(ulk, place + "/ulk")] + options)
    bench, failed, seeds = Bench(args), 0, list(seeds_of(args.seeds))
    print("TAP version 13\n1..%d" % len(seeds))
    try:
        for i, seed in enumerate(seeds):
            if args.file:
                with open(args.file) as f:
                    text = f.read()
            else:
                text = gen.generate(seed, bench.dirs, args.ops)
            found = bench.compare(text, seed)
            print("%sok %d - seed %d" % ("not " if found else "", i + 1, seed))
            if found:
                failed += 1
                lines = bench.shrink(text, seed) if args.shrink else []
                show(found if not lines else bench.compare("\n".join(lines) + "\n", seed) or found, lines)
            sys.stdout.flush()
    finally:
        bench.close()
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
