#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory shared by processes of which some run natively and some under ulk (share.c). TAP."""
import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

SIZE = 1024 * 4096


class Memory:
    """One kind of memory to map: what a process is told, and which descriptors it inherits."""

    def __init__(self, kind, program):
        self.kind, self.program, self.ends = kind, program, []
        if kind in ('file', 'tmpfs'):
            fd, self.name = tempfile.mkstemp(prefix='ulk-share-', dir='/var/tmp' if kind == 'file' else '/dev/shm')
            os.truncate(fd, SIZE)
            os.close(fd)
        elif kind == 'memfd':
            self.fd = os.memfd_create('share')
            os.truncate(self.fd, SIZE)
        else:
            self.name = 'shm:' + subprocess.check_output([program, 'shmget']).decode().strip()

    def argument(self):
        if self.kind != 'memfd':
            return self.name, []
        ours, theirs = socket.socketpair()
        socket.send_fds(ours, [b'x'], [self.fd])
        self.ends += [ours, theirs]
        return 'fd:%d' % theirs.fileno(), [theirs.fileno()]

    def close(self):
        for end in self.ends:
            end.close()
        if self.kind in ('file', 'tmpfs'):
            os.unlink(self.name)
        elif self.kind == 'memfd':
            os.close(self.fd)
        else:
            subprocess.run([self.program, 'shmrm', self.name], check=True)


class Suite:
    def __init__(self, opt):
        self.opt, self.number, self.failed = opt, 0, 0

    def start(self, where, role, memory, *args):
        name, fds = memory.argument()
        under = [self.opt.ulk, 'run'] if where == 'ulk' else []
        return subprocess.Popen(under + [self.opt.program, role, name] + [str(a) for a in args], pass_fds=fds,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def point(self, what, wrong):
        self.number += 1
        self.failed += bool(wrong)
        print('%s %d - %s' % ('not ok' if wrong else 'ok', self.number, what), flush=True)
        for line in wrong:
            print('# ' + line)

    def finish(self, processes):
        """processes: (Popen, expected output or None for one that was killed)."""
        wrong = []
        for p, want in processes:
            try:
                out, err = p.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                p.kill()
                out, err = p.communicate()
                wrong.append('timed out: %s' % p.args)
            if want is None and p.returncode == -signal.SIGKILL:
                continue
            if p.returncode != 0 or out.decode() != want:
                wrong.append('%s: status %s, %r %r' % (' '.join(p.args[-4:]), p.returncode, out, err[-300:]))
        return wrong

    def turns(self, kind, first, second, rounds):
        memory = Memory(kind, self.opt.program)
        try:
            pair = [(self.start(where, 'turn', memory, who, rounds), '%d: %d rounds\n' % (who, rounds))
                    for who, where in enumerate((first, second))]
            self.point('%s: %s and %s take turns' % (kind, first, second), self.finish(pair))
        finally:
            memory.close()

    def truncations(self, kind, loaders, truncator, cycles, victim=None):
        memory = Memory(kind, self.opt.program)
        try:
            running = [self.start(where, 'load', memory, who) for who, where in enumerate(loaders)]
            cutter = self.start(truncator, 'truncate', memory, cycles)
            want = ['%d: nothing lost\n' % who for who in range(len(loaders))]
            what = '%s: %s load, %s truncates %d times' % (kind, ' and '.join(loaders), truncator, cycles)
            if victim is not None:
                time.sleep(0.3)
                running[victim].kill()
                want[victim] = None
                what += ', %s is killed' % loaders[victim]
            self.point(what, self.finish(list(zip(running, want)) + [(cutter, '%d cycles, 1024 pages\n' % cycles)]))
        finally:
            memory.close()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--ulk', required=True, type=os.path.abspath)
    ap.add_argument('--program', required=True, type=os.path.abspath)
    ap.add_argument('--rounds', type=int, default=300)
    ap.add_argument('--cycles', type=int, default=1000)
    s = Suite(ap.parse_args())
    for kind in ('file', 'tmpfs', 'memfd', 'sysv'):
        for pair in (('native', 'ulk'), ('ulk', 'native'), ('ulk', 'ulk')):
            s.turns(kind, *pair, s.opt.rounds)
    for kind in ('file', 'memfd'):
        s.truncations(kind, ('native', 'ulk'), 'native', s.opt.cycles)
    s.truncations('file', ('ulk', 'ulk'), 'native', s.opt.cycles)
    s.truncations('tmpfs', ('native', 'ulk'), 'ulk', s.opt.cycles)
    s.truncations('file', ('ulk', 'ulk'), 'ulk', s.opt.cycles)
    for victim in (0, 1):
        s.truncations('tmpfs', ('native', 'ulk', 'ulk'), 'native', 3000, victim)
    print('1..%d' % s.number)
    return s.failed != 0


if __name__ == '__main__':
    sys.exit(main())
