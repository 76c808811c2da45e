#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk fuzz`: what afl-fuzz sees at the other end of its pipes (statuses, time-outs, maps), and afl-fuzz itself with a bug to find."""
import argparse
import ctypes
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

CONTROL, STATUS = 198, 199
MAP_SIZE = 65536
INPUT_MAX = 1 << 20
FACTOR = float(os.environ.get('TEST_TIME_FACTOR', '1'))

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]


class Skip(Exception):
    pass


class Memory:
    """Shared with the target; gone when nobody has it any more."""

    def __init__(self, size):
        self.id = libc.shmget(0, size, 0o1600)
        if self.id < 0:
            raise Skip('no System V shared memory')
        self.at = libc.shmat(self.id, None, 0)
        self.size = size

    def unlink(self):
        libc.shmctl(self.id, 0, None)

    def clear(self):
        ctypes.memset(self.at, 0, self.size)

    def write(self, data):
        ctypes.memmove(self.at, data, len(data))

    def read(self):
        return ctypes.string_at(self.at, self.size)


class Server:
    """A fork server as afl-fuzz starts it. With @shared the inputs are in memory, else in the file."""

    def __init__(self, opt, args, path=None, shared=True, stdin=None):
        self.map, self.input, self.path = Memory(MAP_SIZE), Memory(INPUT_MAX + 4) if shared else None, path
        env = {'PATH': '/usr/bin:/bin', '__AFL_SHM_ID': str(self.map.id), 'AFL_MAP_SIZE': '8388608'}
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS'):
            if name in os.environ:
                env[name] = os.environ[name]
        if shared:
            env['__AFL_SHM_FUZZ_ID'] = str(self.input.id)
        control, status = os.pipe(), os.pipe()
        self.err = tempfile.TemporaryFile()

        def pipes():
            os.setsid()
            os.dup2(control[0], CONTROL)
            os.dup2(status[1], STATUS)
        self.process = subprocess.Popen([opt.ulk, 'fuzz'] + args, env=env, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.err, preexec_fn=pipes, close_fds=False)
        os.close(control[0])
        os.close(status[1])
        self.control, self.status = control[1], status[0]
        self.greeting = self.get() & 0xffffffff
        if self.greeting & 0x01000000:
            self.put(0x81000001)
        # The target has them; nothing is left behind when this test is killed.
        self.map.unlink()
        if self.input:
            self.input.unlink()
        self.was_killed = 0

    def error(self):
        self.err.seek(0)
        return self.err.read().decode(errors='replace')

    def get(self, limit=60):
        if not select.select([self.status], [], [], limit * FACTOR)[0]:
            raise TimeoutError
        word = os.read(self.status, 4)
        if len(word) != 4:
            raise EOFError('the fork server has gone: ' + self.error())
        return struct.unpack('i', word)[0]

    def put(self, word):
        os.write(self.control, struct.pack('I', word))

    def run(self, data, limit=60):
        """The status of an execution, and its map."""
        if self.input:
            self.input.write(struct.pack('I', len(data)) + data)
        elif self.path:
            with open(self.path, 'wb') as f:
                f.write(data)
        self.map.clear()
        self.put(self.was_killed)
        self.was_killed = 0
        self.pid = self.get()
        try:
            status = self.get(limit)
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            self.was_killed = 1
            status = self.get()
        return status, self.map.read()

    def end(self):
        os.close(self.control)
        os.close(self.status)
        return self.process.wait(60 * FACTOR)


def exits(code):
    return code << 8


# First byte: status. What comes after each must not see that it was there.
STATUSES = [(b'', 0), (b'0', 0), (b'x', exits(7)), (b's', 11), (b'a', 6), (b'c', exits(6)), (b'd', exits(5)), (b'd', exits(5)), (b'm', 0),
            (b'f', 0), (b'x2', exits(7)), (b'0' * 5000, 0), (b'a', 6), (b'e', exits(6)), (b'x', exits(7)), (b'e', exits(6)), (b's', 11)]


def check_statuses(server, more=()):
    wrong = []
    for data, want in STATUSES + list(more):
        got, _ = server.run(data)
        if got != want:
            wrong.append('%r: status %#x, not %#x' % (data[:8], got, want))
    code = server.end()
    return wrong + (['the server ended with %d: %s' % (code, server.error())] if code else [])


def in_memory(opt, base):
    path = os.path.join(base, '.cur_input')
    server = Server(opt, [opt.guest, path], path)
    wrong = [] if server.greeting & 0xc1000001 == 0xc1000001 else ['greeting %#x' % server.greeting]
    size = (server.greeting >> 1 & 0x7fffff) + 1
    wrong += [] if size == MAP_SIZE else ['a map of %d' % size]
    return wrong + check_statuses(server, [(b'uu', exits(4)), (b'x', exits(7))])


def in_file(opt, base):
    path = os.path.join(base, 'input')
    with open(path, 'wb'):
        pass
    return check_statuses(Server(opt, ['--input', path, opt.guest, path], path, shared=False))


def in_stdin(opt, base):
    path = os.path.join(base, 'stdin')
    with open(path, 'w+b') as f:
        wrong = check_statuses(Server(opt, ['--at', 'input', opt.guest], path, stdin=f))
    return wrong


def at_input(opt, base):
    path = os.path.join(base, '.cur_input')
    return check_statuses(Server(opt, ['--at', 'input', opt.guest, path], path))


def function(opt, base):
    server = Server(opt, ['--function', 'LLVMFuzzerTestOneInput', opt.guest])
    wrong = []
    # What it returns is nobody's business; what it does is.
    for data, want in ((b'', 0), (b'x', 0), (b's', 11), (b'bbb', 11), (b'a', 6), (b'0' * INPUT_MAX, 0), (b'f', 0), (b'0', 0)):
        got, _ = server.run(data)
        if got != want:
            wrong.append('%r: status %#x, not %#x' % (data[:8], got, want))
    return wrong + ([] if server.end() == 0 else [server.error()])


def lives(group):
    """Is there a process in the group that is not just waiting to be reaped, which is not our business?"""
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/stat' % pid) as f:
                state, _, pgrp = f.read().rsplit(') ', 1)[1].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state not in 'ZX':
            return True
    return False


def group_is_gone(pid):
    for _ in range(100):
        if not lives(pid):
            return True
        time.sleep(0.02 * FACTOR)
    return False


def timeouts(opt, base):
    path = os.path.join(base, '.cur_input')
    server, wrong = Server(opt, [opt.guest, path], path), []
    for data, want, limit in ((b'x', exits(7), 60), (b'h', 9, 0.3), (b'x', exits(7), 60), (b'H', 9, 0.3), (b'h', 9, 0.2), (b'a', 6, 60),
                              (b'k', 9, 60), (b'0', 0, 60)):
        got, _ = server.run(data, limit)
        if got != want:
            wrong.append('%r: status %#x, not %#x' % (data, got, want))
        if server.was_killed and not group_is_gone(server.pid):
            wrong.append('%r left processes' % data)
    last = server.pid
    wrong += [] if server.end() == 0 else [server.error()]
    return wrong + ([] if group_is_gone(last) else ['the last worker lives'])


def killed_at_any_time(opt, base):
    """The worker is killed while it may be answering: there is exactly one status for each process id."""
    path = os.path.join(base, '.cur_input')
    server, wrong, late = Server(opt, [opt.guest, path], path), [], 0
    for i in range(40):
        server.run(b'x')   # a new worker takes its time
        server.input.write(struct.pack('I', 1) + b'x')
        server.put(0)
        pid = server.get()
        until = time.monotonic() + i % 20 * 2e-5
        while time.monotonic() < until:
            pass
        os.kill(pid, signal.SIGKILL)
        server.was_killed = 1
        status = server.get()
        late += status == exits(7)
        if status not in (9, exits(7)):
            wrong.append('status %#x' % status)
    got, _ = server.run(b'a')
    wrong += [] if got == 6 else ['at last %#x' % got]
    print('# %d of 40 were through' % late)
    return wrong + ([] if server.end() == 0 else [server.error()])


def stability(opt, base):
    path = os.path.join(base, '.cur_input')
    inputs = [b'', b'0', b'a', b'012', b'c', b'm', b'\x01\x02' * 300]
    maps, wrong = {}, []
    for _ in range(2):
        server = Server(opt, [opt.parser, path], path)
        for data in inputs * 3 + inputs[::-1]:
            text = b'a=1\nb=[' + b','.join(b'%d' % c for c in data) + b']\n'
            _, got = server.run(text)
            if maps.setdefault(text, got) != got:
                wrong.append('%r: another map' % text)
        server.end()
    wrong += [] if len(set(maps.values())) > 4 else ['%d different maps' % len(set(maps.values()))]
    edges = [sum(1 for byte in m if byte) for m in maps.values()]
    return wrong + ([] if min(edges) > 100 else ['edges: %s' % edges])


def ended_server(opt, base):
    """afl-fuzz ends the server with SIGTERM: nothing is left."""
    path = os.path.join(base, '.cur_input')
    server = Server(opt, [opt.guest, path], path)
    server.run(b'x')
    server.input.write(struct.pack('I', 1) + b'H')
    server.put(0)
    pid = server.get()
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(60 * FACTOR)
    return ([] if code == -signal.SIGTERM else ['status %d' % code]) + ([] if group_is_gone(pid) else ['the worker lives'])


def errors(opt, base):
    wrong = []
    for args, status, text in ((['/nonexistent'], 127, 'No such file'), ([opt.guest, '@@'], 125, '@@'),
                               (['--at', 'nowhere', opt.guest], 125, 'no such symbol'), (['--map-size', '100', opt.guest], 125, 'power of two'),
                               (['--function', 'nowhere', opt.guest], 125, 'no such function')):
        done = subprocess.run([opt.ulk, 'fuzz'] + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=60 * FACTOR, check=False)
        if done.returncode != status or text not in done.stderr:
            wrong.append('%s: status %d, %s' % (args, done.returncode, done.stderr))
    return wrong


def without_afl(opt, base):
    path, wrong = os.path.join(base, 'one'), []
    for data, want in ((b'x', 7), (b's', -11), (b'0', 0)):
        with open(path, 'wb') as f:
            f.write(data)
        code = subprocess.run([opt.ulk, 'fuzz', opt.guest, path], timeout=60 * FACTOR, check=False).returncode
        wrong += [] if code == want else ['%r: %d, not %d' % (data, code, want)]
    return wrong


def harness(opt, base):
    path, wrong = os.path.join(base, 'one'), []
    for data, want in ((b'\1\1x', 0), (b'\2\xffx', 0), (b'\3\2x', -11)):
        with open(path, 'wb') as f:
            f.write(data)
        with open(path, 'rb') as f:
            code = subprocess.run([opt.ulk, 'fuzz', '--function', 'LLVMFuzzerTestOneInput', opt.harness], stdin=f, timeout=60 * FACTOR,
                                  check=False).returncode
        wrong += [] if code == want else ['%r: %d, not %d' % (data, code, want)]
    return wrong


def triage(opt, base):
    crashes, wrong = os.path.join(base, 'out', 'default', 'crashes'), []
    os.makedirs(crashes)
    with open(os.path.join(base, 'out', 'default', 'fuzzer_stats'), 'w', encoding='ascii') as f:
        f.write('s')
    for name, data in (('README.txt', 's'), ('id:1', 's123'), ('id:2', 's'), ('id:3', 'a'), ('id:4', '0'), ('id:5', 's'), ('id:6', 'x'),
                       ('id:7', 'h')):
        with open(os.path.join(crashes, name), 'w', encoding='ascii') as f:
            f.write(data)
    at = os.path.join(base, 'out')
    for args in ([opt.guest, '@@'], [opt.guest], ['--function', 'LLVMFuzzerTestOneInput', opt.guest]):
        done = subprocess.run([opt.ulk, 'fuzz', '--timeout', '1', '--triage', at] + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, timeout=120 * FACTOR, check=False)
        want = ['1. SIGSEGV, 3 inputs, the smallest 1 bytes: %s/id:2' % crashes, '2. SIGABRT, 1 input, the smallest 1 bytes: %s/id:3' % crashes,
                '3. hang, 1 input, the smallest 1 bytes: %s/id:7' % crashes, '7 of 7 inputs: 3 different, 2 ended normally']
        if done.returncode != 1 or done.stdout.split('\n')[-5:-1] != want or done.stderr:
            wrong += ['%s: %d' % (args, done.returncode), done.stdout[-600:], done.stderr]
        wrong += [] if done.stdout.count(' dies of ') == 2 and 'write to 0x8' in done.stdout else ['reports', done.stdout]
    return wrong


def interrupted_triage(opt, base):
    for name, data in (('1', 's'), ('2', 'h')):
        with open(os.path.join(base, name), 'w', encoding='ascii') as f:
            f.write(data)
    with subprocess.Popen([opt.ulk, 'fuzz', '--timeout', '1000', '--triage', base, opt.guest, '@@'], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, universal_newlines=True) as p:
        first = p.stdout.readline()
        p.send_signal(signal.SIGINT)
        rest = p.communicate(timeout=60 * FACTOR)[0]
    return [] if p.returncode == 130 and '1 of 2 inputs: 1 different' in rest else [str(p.returncode), first, rest]


def afl_environment():
    env = dict(os.environ, AFL_SKIP_CPUFREQ='1', AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES='1', AFL_NO_AFFINITY='1', AFL_NO_UI='1',
               AFL_NO_COLOR='1', AFL_BENCH_UNTIL_CRASH='1', AFL_FORKSRV_INIT_TMOUT='60000')
    # afl-fuzz has its own idea of what a sanitizer's options must be.
    for name in ('AFL_MAP_SIZE', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS', 'MSAN_OPTIONS'):
        env.pop(name, None)
    return env


def afl_fuzz(opt, base):
    """With a fixed seed; how many executions it takes is then a matter of time-outs alone."""
    if not shutil.which('afl-fuzz'):
        raise Skip('no afl-fuzz')
    seeds, out, words = (os.path.join(base, name) for name in ('in', 'out', 'words'))
    os.mkdir(seeds)
    with open(os.path.join(seeds, 'seed'), 'w', encoding='ascii') as f:
        f.write('a=[1]\n')
    with open(words, 'w', encoding='ascii') as f:
        f.write('"["\n"]"\n"="\n')
    command = ['afl-fuzz', '-s', '1', '-t', '5000', '-V', str(int(100 * FACTOR)), '-i', seeds, '-o', out, '-x', words, '--',
               opt.ulk, 'fuzz', opt.parser, '@@']
    done = subprocess.run(command, env=afl_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, errors='replace', timeout=150 * FACTOR, check=False)
    crashes = os.path.join(out, 'default', 'crashes')
    found = [name for name in os.listdir(crashes) if name.startswith('id:')] if os.path.isdir(crashes) else []
    if not found:
        return ['nothing found', done.stdout[-1500:]]
    with open(os.path.join(out, 'default', 'fuzzer_stats'), encoding='utf-8') as f:
        stats = dict(re.findall(r'(\w+)\s*:\s*(.*)', f.read()))
    print('# %s executions, %s a second, stability %s' % (stats['execs_done'], stats['execs_per_sec'], stats['stability']))
    wrong = [] if stats['stability'] == '100.00%' else ['stability ' + stats['stability']]
    crash = os.path.join(crashes, found[0])
    native = subprocess.run([opt.parser, crash], stdout=subprocess.DEVNULL, check=False).returncode
    return wrong + ([] if native == -signal.SIGSEGV else ['natively %s: %d' % (found[0], native)])


def main():
    parser = argparse.ArgumentParser()
    for name in ('ulk', 'guest', 'parser', 'harness'):
        parser.add_argument('--' + name, required=True)
    opt = parser.parse_args()
    for name in ('ulk', 'guest', 'parser', 'harness'):
        setattr(opt, name, os.path.abspath(getattr(opt, name)))
    tests = [in_memory, in_file, in_stdin, at_input, function, timeouts, killed_at_any_time, stability, ended_server, errors, without_afl,
             harness, triage, interrupted_triage, afl_fuzz]
    print('1..%d' % len(tests))
    bad = 0
    for i, test in enumerate(tests):
        name = test.__name__.replace('_', ' ')
        with tempfile.TemporaryDirectory(prefix='ulk-fuzz-') as base:
            try:
                wrong = test(opt, base)
            except Skip as why:
                print('ok %d - %s # SKIP %s' % (i + 1, name, why))
                continue
            except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired) as e:
                wrong = ['%s: %s' % (type(e).__name__, e)]
        print('%sok %d - %s' % ('not ' if wrong else '', i + 1, name), flush=True)
        for line in wrong[:8]:
            print('# ' + line.replace('\n', '\n# '))
        bad += bool(wrong)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
