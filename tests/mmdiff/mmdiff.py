#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random streams of memory calls and touches (`stream`): the host's kernel against `ulk run`, line for line.

    mmdiff.py --stream S --ulk U --seeds 1-200 --ops 2000     the suite: TAP, one line per block of seeds
    mmdiff.py --stream S --ulk U --seeds 1-200 --accounting   counters after each operation, too
    mmdiff.py --stream S --ulk U --shrink 17                  the fewest operations that still diverge

A seed decides the layout as well: personality, stack limit and user (see SETTINGS)."""
import argparse
import concurrent.futures
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

ADDR_NO_RANDOMIZE = 0x0040000
ADDR_COMPAT_LAYOUT = 0x0200000
READ_IMPLIES_EXEC = 0x0400000
TIMEOUT = 120
OPERATION = re.compile(rb"^([0-9]+)(\.[0-9]+)?: ")

# Name, personality, RLIMIT_STACK in KiB at exec, unprivileged.
SETTINGS = [
    ("plain", 0, 8192, False),
    ("plain", 0, 8192, False),
    ("unprivileged", 0, 8192, True),
    ("legacy layout", ADDR_COMPAT_LAYOUT, 8192, False),
    ("read implies exec", READ_IMPLIES_EXEC, 8192, False),
    ("large stack limit, unprivileged", 0, 1000000, True),
    ("no stack limit", 0, -1, False),
]
# A user that nobody else is: what a program does to all processes of its user (kill) must not meet a stream.
USER = 747100
# As stream.h has them. "each": by the seed, all but the first.
MODES = ["plain", "all", "narrow", "huge", "files", "forks"]
# Where rseq(2) is registered the kernel stores to the program's TLS whenever it was off the CPU: faults at random.
ENVIRONMENT = {"LC_ALL": "C", "GLIBC_TUNABLES": "glibc.pthread.rseq=0"}


class Runner:
    """Runs one stream at a time in a directory of its own."""

    def __init__(self, args, where, number):
        self.args = args
        # The kernel keeps a part of the RSS per CPU: a program that stays on one has reproducible marks.
        cpus = sorted(os.sched_getaffinity(0))
        self.cpu = cpus[number % len(cpus)]
        self.dir = os.path.join(where, "mmdiff-%d-%d" % (os.getpid(), number))
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o777)

    def command(self, seed, extra):
        a = self.args
        cmd = [a.stream, "--seed=%d" % seed, "--ops=%d" % a.ops, "--dir=" + self.dir, "--avoid=%d" % a.avoid]
        if a.accounting:
            cmd.append("--accounting")
        mode = MODES.index(a.mode) if a.mode != "each" else 1 + seed // len(SETTINGS) % (len(MODES) - 1)
        cmd.append("--mode=%d" % mode)
        if SETTINGS[seed % len(SETTINGS)][3] and os.geteuid() == 0:
            cmd.append("--user=%d" % USER)
        return cmd + extra

    def run(self, seed, ulk, extra):
        _, persona, stack, _ = SETTINGS[seed % len(SETTINGS)]

        def prepare():
            ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE | persona)
            soft = resource.RLIM_INFINITY if stack < 0 else stack * 1024
            hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
            if hard == resource.RLIM_INFINITY or 0 <= soft <= hard:
                resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if self.args.accounting:
                os.sched_setaffinity(0, {self.cpu})
        cmd = self.command(seed, extra)
        if ulk:
            cmd = self.args.ulk.split() + ["run"] + cmd
        name = os.path.join(self.dir, "out")
        with open(name, "wb") as out:
            child = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=ENVIRONMENT,
                                     preexec_fn=prepare, start_new_session=True)
            try:
                status = child.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                status = None
            # What the stream forked may be left behind.
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
        with open(name, "rb") as f:
            return status, f.read()

    def compare(self, seed, extra=()):
        """None, or how far the two agree at most. What the host does behind the programs' backs (README.md) hits runs at
        random places, so each run of the one is compared with all of the other, until nothing is gained by more."""
        natives, ulks, best, stale = [], [], None, 0
        while stale < 2:
            natives.append(self.run(seed, False, list(extra)))
            ulks.append(self.run(seed, True, list(extra)))
            stale += 1
            for native, ulk in [(n, ulks[-1]) for n in natives] + [(natives[-1], u) for u in ulks[:-1]]:
                if native == ulk and native[0] == 0:
                    return None
                diff = Difference(seed, native, ulk)
                if best is None or diff.place > best.place:
                    best, stale = diff, 0
        return best

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        try:
            os.unlink("/dev/shm/ulk-mmdiff-" + os.path.basename(self.dir))
        except FileNotFoundError:
            pass


class Difference:
    def __init__(self, seed, native, ulk):
        self.seed, self.native, self.ulk = seed, native, ulk
        self.a, self.b = native[1].splitlines(), ulk[1].splitlines()
        self.line = next((i for i, (x, y) in enumerate(zip(self.a, self.b)) if x != y),
                         min(len(self.a), len(self.b)))
        self.op = None
        for line in self.a[:self.line + 1]:
            m = OPERATION.match(line)
            if m:
                self.op = int(m.group(1))
        self.place = -1 if self.op is None else self.op

    def context(self, count=4):
        def show(lines, i):
            return lines[i].decode(errors="replace") if i < len(lines) else "(nothing more)"
        ops = [x for x in self.a[:self.line] if OPERATION.match(x)]
        lines = ["seed %d, operation %s, line %d; status native %s, ulk %s" %
                 (self.seed, self.op, self.line + 1, self.native[0], self.ulk[0])]
        lines += ["  before: " + x.decode(errors="replace") for x in ops[-count:]]
        for i in range(self.line, self.line + 3):
            a, b = show(self.a, i), show(self.b, i)
            if a != b:
                lines += ["  native: " + a, "  ulk:    " + b]
        return lines


def shrink(args, where):
    runner = Runner(args, where, 0)
    every = ["--every=1"]

    def fails(ops):
        name = os.path.join(runner.dir, "ops")
        with open(name, "w") as f:
            f.write("".join("%d\n" % i for i in ops))
        return runner.compare(args.shrink, every + ["--only=" + name])

    diff = runner.compare(args.shrink, every) or runner.compare(args.shrink)
    if not diff:
        print("seed %d does not diverge" % args.shrink)
        return 0
    ops = list(range((diff.op or 0) + 1))
    best = fails(ops)
    if not best:
        print("\n".join(diff.context()))
        print("it does not diverge when the operations are given as a list, so it cannot be shrunk")
        return 1
    size = max(1, len(ops) // 2)
    while True:
        i, removed = 0, False
        while i < len(ops):
            rest = ops[:i] + ops[i + size:]
            again = fails(rest) if rest else None
            if again:
                ops, best, removed = rest, again, True
                # Nothing after the first difference matters.
                if again.op is not None and again.op in ops:
                    ops = ops[:ops.index(again.op) + 1]
            else:
                i += size
        if size == 1 and not removed:
            break
        size = max(1, size // 2)
        print("# %d operations left" % len(ops), file=sys.stderr)
    print("seed %d diverges with operations %s:" % (args.shrink, " ".join(map(str, ops))))
    for line in best.a[:best.line + 1]:
        if OPERATION.match(line):
            print(line.decode(errors="replace"))
    print("\n".join(best.context()))
    runner.close()
    return 1


def block(runners, seeds):
    runner = runners.pop()
    try:
        return [d for d in (runner.compare(seed) for seed in seeds) if d]
    finally:
        runners.append(runner)


def suite(args, where):
    first, last = (int(x) for x in (args.seeds if "-" in args.seeds else args.seeds + "-" + args.seeds).split("-"))
    blocks = [list(range(i, min(i + args.block, last + 1))) for i in range(first, last + 1, args.block)]
    runners = [Runner(args, where, i) for i in range(args.jobs)]
    failed = 0
    print("1..%d" % len(blocks))
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda seeds: block(runners, seeds), blocks)
        for number, (seeds, diffs) in enumerate(zip(blocks, results), 1):
            failed += bool(diffs)
            print("%s %d - seeds %d to %d, %d operations each%s" % (
                "not ok" if diffs else "ok", number, seeds[0], seeds[-1], args.ops,
                ": %d diverge" % len(diffs) if diffs else ""))
            for diff in diffs:
                for line in diff.context():
                    print("# " + line)
            sys.stdout.flush()
    for runner in runners:
        runner.close()
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stream", required=True)
    parser.add_argument("--ulk", required=True, help="the command; may have options")
    parser.add_argument("--seeds", default="1-200")
    parser.add_argument("--ops", type=int, default=2000)
    parser.add_argument("--block", type=int, default=10, help="seeds per line of TAP")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--accounting", action="store_true")
    parser.add_argument("--avoid", type=int, default=0, help="kinds of operation to leave out, see stream.h")
    parser.add_argument("--mode", choices=MODES + ["each"], default="plain", help="which operations are frequent")
    parser.add_argument("--shrink", type=int, metavar="SEED")
    args = parser.parse_args()
    args.stream = os.path.abspath(args.stream)
    with tempfile.TemporaryDirectory(prefix="ulk-mmdiff-") as where:
        os.chmod(where, 0o777)
        return suite(args, where) if args.shrink is None else shrink(args, where)


if __name__ == "__main__":
    sys.exit(main())
