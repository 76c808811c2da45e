#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that make no sense, sent to `ulk run --gdb`: it answers, or says nothing, and is there for the next."""
import argparse
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position

# What a packet may look like; each is sent as it is and broken in many ways. None lets the program run or ends it.
SAMPLES = [
    b'qSupported:multiprocess+;swbreak+;hwbreak+;fork-events+;vfork-events+;exec-events+', b'QStartNoAckMode', b'?', b'!', b'qC',
    b'Hg0', b'Hgp1.1', b'Hc-1', b'Hgp-1.-1', b'Tp1.1', b'g', b'p10', b'p3b', b'P10=0000000000000000', b'P28=' + b'00' * 16,
    b'G' + b'00' * 560, b'm401000,40', b'm0,1', b'mffffffffffffffff,10', b'm401000,ffffffffffffffff', b'M401000,4:01020304',
    b'X401000,4:}\x03\x01\x02\x03', b'X7fffffffe000,0:', b'Z0,401000,1', b'z0,401000,1', b'Z1,0,1', b'Z2,4c0000,8', b'z2,4c0000,8',
    b'Z3,4c0000,ffffffffffffffff', b'Z4,ffffffffffffffff,8', b'Z5,0,0', b'qXfer:features:read:target.xml:0,ffb',
    b'qXfer:features:read:target.xml:ffffffffffffffff,ffffffffffffffff', b'qXfer:auxv:read::0,1000', b'qXfer:siginfo:read::0,80',
    b'qXfer:siginfo:write::7f:0123', b'qXfer:threads:read::0,1000', b'qXfer:exec-file:read::0,1000', b'qXfer:exec-file:read:1:0,10',
    b'qXfer:', b'qXfer', b'qXfer:x', b'qfThreadInfo', b'qsThreadInfo', b'qThreadExtraInfo,p1.1', b'qAttached:1', b'qSymbol::', b'qRcmd,68656c70',
    b'qRcmd,6d617073', b'qRcmd,77616c6b20727370', b'qRcmd,776879206d61696e', b'qRcmd,' + b'41' * 600, b'qRcmd,zz', b'qGetTLSAddr:p1.1,0,0',
    b'qSearch:memory:401000;1000;abc', b'qSearch:memory:0;ffffffffffffffff;a', b'QPassSignals:e;10;14', b'QProgramSignals:0;1',
    b'QCatchSyscalls:1', b'QCatchSyscalls:1;0;3;ffffffffff', b'QCatchSyscalls:0', b'QDisableRandomization:1',
    b'QEnvironmentHexEncoded:413d42', b'QEnvironmentUnset:41', b'QEnvironmentReset', b'QSetWorkingDir:2f', b'QSetWorkingDir:',
    b'vCont;', b'vCont;x', b'vCont;r', b'vCont;C', b'vMustReplyEmpty', b'vKill;7fffffff', b'vAttach;1', b'vFile:setfs:0',
    b'vFile:open:2f70726f632f73656c662f6d617073,0,0', b'vFile:open:,0,0', b'vFile:open:2f,0,0', b'vFile:pread:0,1000,0',
    b'vFile:pread:0,ffffffffffffffff,ffffffffffffffff', b'vFile:pread:3f,1,1', b'vFile:fstat:0', b'vFile:fstat:ffffffff',
    b'vFile:readlink:2f70726f632f73656c662f657865', b'vFile:close:0', b'vFile:close:ffffffffffffffff', b'vFile:', b'vFile', b'D;7fffffff',
    b'', b'v', b'q', b'Q', b'H', b'T', b'P', b'Z', b'z', b'X', b'M', b'm', b'c1', b's1', b'C', b'Czz', b'vRun', b'b', b'e', b'i', b'y',
]
# A broken packet must not become one of these by chance.
DANGEROUS = re.compile(rb'^(k|R|D$|D;?\d|c$|s$|[CS][0-9a-fA-F]+$|vKill|vRun|vFile:(unlink|pwrite)|vFile:open:[^,]*,(?!0,)|vCont;)')


def frame(data):
    return b'$' + data + b'#%02x' % (sum(data) & 255)


def broken(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(4)):
        what, at = rng.randrange(5), rng.randrange(len(data) + 1)
        if what == 0:
            del data[at:at + rng.randrange(1, 8)]
        elif what == 1:
            data[at:at] = bytes(rng.choice(b'0123456789abcdef:;,.-p}') for _ in range(rng.randrange(1, 20)))
        elif what == 2 and at < len(data):
            data[at] = rng.randrange(256)
        elif what == 3:
            data = data[:at]
        else:
            data[at:at] = data[:rng.randrange(200)]
    return bytes(data).replace(b'#', b'!').replace(b'$', b'!').replace(b'\x03', b'!')


class Connection:
    def __init__(self, opt, what):
        self.dir = tempfile.TemporaryDirectory()
        path = os.path.join(self.dir.name, 'gdb')
        self.ulk = subprocess.Popen([opt.ulk, 'run', '-i', '--gdb=' + path, opt.program, what], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.first = self.ulk.stderr.readline()
        self.path = path
        self.connect()

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(self.path)
        self.buffer = b''

    def packet(self):
        """The next packet; None at the end."""
        while True:
            m = re.search(rb'\$([^#]*)#[0-9a-f]{2}', self.buffer, re.S)
            if m:
                self.buffer = self.buffer[m.end():]
                return m[1]
            more = self.socket.recv(65536)
            if not more:
                return None
            self.buffer += more

    def ask(self, data):
        self.socket.sendall(frame(data))
        return self.packet()

    def alive(self):
        """Whatever came before: this is answered, after the answers to the rest."""
        self.socket.sendall(frame(b'qulk.are.you.there') + frame(b'qAttached:0') + frame(b'vCont?'))
        while True:
            answer = self.packet()
            if answer is None:
                return False
            if answer == b'vCont;c;C;s;S;t;r':
                return True

    def end(self):
        try:
            self.socket.sendall(frame(b'k'))
        except OSError:
            pass
        self.socket.close()
        try:
            self.ulk.wait(20)
        except subprocess.TimeoutExpired:
            self.ulk.kill()
        err = self.ulk.stderr.read().decode(errors='replace')
        self.ulk.stdout.close()
        self.ulk.stderr.close()
        self.dir.cleanup()
        return self.ulk.wait(), err


def mutated(opt, seed):
    rng = random.Random(seed)
    c = Connection(opt, 'plain')
    sent = []
    for _ in range(opt.rounds):
        batch = [p for p in (broken(rng, rng.choice(SAMPLES)) for _ in range(20)) if not DANGEROUS.search(p)]
        sent = batch
        for p in batch:
            c.socket.sendall(frame(p))
        if not c.alive() or c.ask(b'qfThreadInfo')[:1] != b'm':
            return 'ulk is gone after one of %r: %r' % (sent, c.end())
    status, err = c.end()
    return None if status == -9 and 'Sanitizer' not in err else 'status %d: %s' % (status, err)


def noise(opt, seed):
    """Bytes that are no packets at all, too long ones, wrong checksums, a connection that breaks off."""
    rng = random.Random(seed)
    c = Connection(opt, 'plain')
    for k in range(20):
        data = rng.choice([rng.randbytes(rng.randrange(3000)).replace(b'k', b'K'), b'$' + b'm' * 70000, b'$g#00', b'$' * 500, b'+-' * 50, b'#' * 99,
                           b'$qXfer:features:read:target.xml:0,1000#zz', b'\x03' * 20])
        c.socket.sendall(data)
        if k % 4 == 3:
            c.socket.close()
            c.connect()
        elif not c.alive():
            return 'ulk is gone after %r: %r' % (data, c.end())
    status, err = c.end()
    return None if status == -9 and 'Sanitizer' not in err else 'status %d: %s' % (status, err)


def running(opt, seed):
    """Steps, breakpoints and interrupts in any order, till the program ends as it must."""
    rng = random.Random(seed)
    c = Connection(opt, rng.choice(['threads', 'fork', 'vfork', 'calls', 'watch', 'exec']))
    c.ask(b'qSupported:multiprocess+;swbreak+;hwbreak+;fork-events+;vfork-events+;exec-events+')
    stops = 0
    c.ask(b'QPassSignals:' + b';'.join(b'%x' % n for n in range(1, 32)))
    while stops < 300:
        p = rng.choice([b'vCont;s', b'vCont;c', b'vCont;s', b'vCont;s', b'vCont;r401000,402000', b'QCatchSyscalls:1', b'QCatchSyscalls:0',
                        b'Z0,%x,1', b'z0,%x,1', b'Z2,%x,8', b'z2,%x,8', b'qfThreadInfo', b'g', b'qXfer:threads:read::0,1000'])
        if b'%x' in p:
            p = p % rng.choice([int(a, 16) for a in opt.addresses])
        answer = c.ask(p)
        if answer is None:
            return 'ulk is gone after %r: %r' % (p, c.end())
        if p.startswith(b'vCont'):
            stops += 1
            if answer[:1] in b'WX':
                if answer[:1] == b'X':
                    return 'the program died: %r' % answer
                if not c.ask(b'qfThreadInfo') or c.ask(b'qfThreadInfo') == b'l':
                    break
    _, err = c.end()
    return err if 'Sanitizer' in err else None


def left_behind(opt):
    """A gdb that is gone while the program runs: the next one finds no breakpoint, catchpoint or watchpoint of it."""
    c = Connection(opt, 'plain')
    try:
        c.ask(b'qSupported:multiprocess+;swbreak+;hwbreak+')
        for a in opt.addresses[:4]:
            for p in (b'Z0,%x,1', b'Z1,%x,1', b'Z2,%x,4'):
                if c.ask(p % int(a, 16)) != b'OK':
                    return 'not set'
        c.ask(b'QCatchSyscalls:1')
        c.socket.sendall(frame(b'vCont;c'))
        time.sleep(0.3)
        c.socket.close()
        c.connect()
        c.ask(b'qSupported:multiprocess+;swbreak+;hwbreak+')
        if not c.ask(b'?').startswith(b'T05thread:p'):
            return 'no stop'
        answer = c.ask(b'vCont;c')
        return None if answer.startswith(b'W14;') else 'the program stops again: %r' % answer
    finally:
        c.end()


def refused(opt):
    """Actions that are none leave the program where it is; no segment begins outside user space, or has another selector."""
    c = Connection(opt, 'plain')
    try:
        c.ask(b'qSupported:multiprocess+;swbreak+;hwbreak+')
        before = c.ask(b'g')
        for p in (b'vCont;', b'vCont;q', b'vCont;c:', b'vCont;c:p', b'vCont;r1', b'vCont;r1,', b'vCont;C', b'vCont;c;', b'vCont;s:1x',
                  b'P3a=0000000000000080', b'P3b=00f0ffffff7f0000', b'P3a=ffffffffffffffff', b'P12=2b000000', b'P16=01000000'):
            answer = c.ask(p)
            if answer != b'E01':
                return '%r is answered with %r' % (p, answer)
        if c.ask(b'P12=33000000') != b'OK' or c.ask(b'P3a=00e0ffffff7f0000') != b'OK' or c.ask(b'P3a=' + b'00' * 8) != b'OK':
            return 'what is there already cannot be written'
        return None if c.ask(b'g') == before else 'registers changed'
    finally:
        c.end()


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('--program', required=True)
    ap.add_argument('--seeds', type=int, default=6)
    ap.add_argument('--first', type=int, default=1)
    ap.add_argument('--rounds', type=int, default=40)
    opt = ap.parse_args()
    opt.ulk, opt.program = os.path.abspath(opt.ulk), os.path.abspath(opt.program)
    nm = subprocess.run(['nm', opt.program], capture_output=True, text=True, check=True).stdout
    opt.addresses = re.findall(r'^(\w+) . (?:counter|origin|flag|leaf|middle|met|in_child|in_parent|touch_page|main)$', nm, re.M)
    tests = [('%s, seed %d' % (f.__name__, seed), lambda f=f, s=seed: f(opt, s))
             for seed in range(opt.first, opt.first + opt.seeds) for f in (mutated, noise, running)]
    tests += [(f.__name__, lambda f=f: f(opt)) for f in (left_behind, refused)]
    return tap.run(tests)


if __name__ == '__main__':
    sys.exit(main())
