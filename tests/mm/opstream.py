#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random streams of mm system calls: the host's kernel against ulk's mm.

Each seed's stream runs natively; its log is repeated in process by `replay` (with mm_check after every
call), and printed again by a run under `ulk run`, byte for byte.
TAP on standard output. `--seeds FROM-TO --count N` for more than the suite runs."""
import argparse
import ctypes
import os
import resource
import subprocess
import sys
import tempfile

ADDR_NO_RANDOMIZE = 0x0040000
ADDR_COMPAT_LAYOUT = 0x0200000
READ_IMPLIES_EXEC = 0x0400000

# Name, personality, RLIMIT_STACK in KiB (None: inherited).
SETTINGS = [
    ("plain", 0, 8192),
    ("legacy layout", ADDR_COMPAT_LAYOUT, 8192),
    ("read implies exec", READ_IMPLIES_EXEC, 8192),
    ("large stack limit", 0, 1000000),
    ("no stack limit", 0, -1),
]


def run(cmd, persona, stack, **kwargs):
    def prepare():
        ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE | persona)
        soft = resource.RLIM_INFINITY if stack < 0 else stack * 1024
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        if hard == resource.RLIM_INFINITY or (soft >= 0 and soft <= hard):
            resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))
    return subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
                          preexec_fn=prepare, check=False, **kwargs)


def first_difference(native, ulk):
    a, b = native.decode(errors="replace").splitlines(), ulk.decode(errors="replace").splitlines()
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            ops = [line for line in a[:i] if " = " in line]
            return ["line %d" % (i + 1), "after:  %s" % (ops[-1] if ops else "-"), "native: " + x, "ulk:    " + y]
    return ["native %d lines, ulk %d lines" % (len(a), len(b))]


class Tests:
    def __init__(self):
        self.number = self.failed = 0

    def report(self, good, name, lines=()):
        self.number += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.number, name))
        for line in lines:
            print("# " + line)
        sys.stdout.flush()


def one_seed(tests, args, seed, where):
    name, persona, stack = SETTINGS[seed % len(SETTINGS)]
    user = ["65534"] if seed % 3 == 2 and os.geteuid() == 0 else []
    for flavour in ("all", "map"):
        stream = [args.opstream, str(seed), str(args.count), where, flavour] + user
        native = run(stream, persona, stack)
        title = "seed %d, %s, %s%s" % (seed, flavour, name, ", unprivileged" if user else "")
        if native.returncode:
            tests.report(False, title, ["native run: status %d" % native.returncode])
            continue
        again = run([args.replay], persona, stack, input=native.stdout)
        lines = [] if again.returncode == 0 else again.stdout.decode(errors="replace").splitlines()[:4]
        tests.report(again.returncode == 0, title + ": replay", lines)
        if args.ulk:
            again = run([args.ulk, "run"] + stream, persona, stack)
            same = again.returncode == 0 and again.stdout == native.stdout
            tests.report(same, title + ": ulk run", [] if same else first_difference(native.stdout, again.stdout))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opstream", required=True)
    parser.add_argument("--replay", required=True)
    parser.add_argument("--ulk")
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    first, last = (int(x) for x in args.seeds.split("-"))
    tests = Tests()
    with tempfile.TemporaryDirectory(prefix="ulk-opstream-") as where:
        os.chmod(where, 0o777)
        for seed in range(first, last + 1):
            one_seed(tests, args, seed, where)
            for name in os.listdir(where):
                os.unlink(os.path.join(where, name))
            os.unlink("/dev/shm/" + os.path.basename(where))
    print("1..%d" % tests.number)
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
