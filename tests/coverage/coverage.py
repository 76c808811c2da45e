#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk run --coverage`: are the files right, whole, and what their readers expect?"""
import argparse
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position


def run(opt, files, argv, **more):
    options = [o for f in files for o in ('--coverage', f)]
    return subprocess.run([opt.ulk, 'run'] + options + argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False, **more)


class Drcov:
    """As Lighthouse reads it."""
    def __init__(self, path):
        with open(path, 'rb') as f:
            data = f.read()
        head, self.blocks = data.split(b'BB Table: ', 1)
        count, raw = self.blocks.split(b' bbs\n', 1)
        lines = head.decode().split('\n')
        assert lines[0] == 'DRCOV VERSION: 2' and lines[1].startswith('DRCOV FLAVOR: '), lines[:2]
        version, modules = re.match(r'Module Table: version (\d+), count (\d+)$', lines[2]).groups()
        assert version == '2' and lines[3] == 'Columns: id, base, end, entry, path', lines[2:4]
        self.modules = [m.strip().split(', ') for m in lines[4:4 + int(modules)]]
        assert [int(m[0]) for m in self.modules] == list(range(int(modules))) and lines[4 + int(modules):] == ['']
        assert len(raw) == 8 * int(count), (len(raw), count)
        self.blocks = [struct.unpack_from('<IHH', raw, 8 * i) for i in range(int(count))]
        assert len(set(self.blocks)) == len(self.blocks)
        for start, size, module in self.blocks:
            m = self.modules[module]
            assert size and start + size <= int(m[2], 16) - int(m[1], 16), (start, size, m)

    def module(self, name):
        return next(m for m in self.modules if os.path.basename(m[4]) == name)

    def covers(self, name, offset):
        number = int(self.module(name)[0])
        return any(m == number and start <= offset < start + size for start, size, m in self.blocks)


def lcov(path):
    """{source: {line: count}}"""
    lines, source = {}, None
    with open(path) as f:
        for line in f.read().splitlines():
            key, _, value = line.partition(':')
            if key == 'SF':
                source = lines.setdefault(value, {})
            elif key == 'DA':
                number, count = value.split(',')
                source[int(number)] = int(count)
            elif key == 'LF':
                assert int(value) == len(source)
            elif key == 'LH':
                assert int(value) == sum(c > 0 for c in source.values())
    return lines


def symbol(path, name):
    out = subprocess.run(['nm', path], stdout=subprocess.PIPE, check=True).stdout.decode()
    return int(next(line.split()[0] for line in out.splitlines() if line.split()[-1] == name), 16)


class Test:
    def __init__(self, opt, directory):
        self.opt, self.directory = opt, directory
        with open(opt.source) as f:
            self.marks = {m.group(1): n for n, m in
                          ((n, re.search(r'// ([A-Z0-9-]+)$', line)) for n, line in enumerate(f, 1)) if m}

    def file(self, name):
        return os.path.join(self.directory, name)

    def lines(self, name, executed, not_executed=()):
        counts = lcov(self.file(name))[os.path.realpath(self.opt.source)]
        for mark in executed:
            assert counts.get(self.marks[mark], -1) > 0, '%s: line %d (%s) is not executed: %s' % (
                name, self.marks[mark], mark, counts.get(self.marks[mark]))
        for mark in not_executed:
            assert counts.get(self.marks[mark], -1) == 0, '%s: line %d (%s): %s' % (
                name, self.marks[mark], mark, counts.get(self.marks[mark]))
        return counts

    def test_lcov(self):
        """lines, functions and labels of a static program"""
        p = run(self.opt, [self.file('a.info')], [self.opt.static, 'abc'])
        assert p.returncode == 0 and p.stderr == b'', p.stderr
        self.lines('a.info', ['THREE', 'LABEL-3'], ['NEVER', 'SEVENTY-SEVEN', 'LABEL-77', 'CHILD', 'THREAD', 'ABORT'])
        with open(self.file('a.info')) as f:
            text = f.read()
        assert 'FNDA:1,main\n' in text and 'FNDA:0,never\n' in text and 'FNDA:1,choose\n' in text, text[:400]
        assert 'FN:%d,never\n' % (self.marks['NEVER'] - 2) in text

    def test_drcov(self):
        """blocks of a static program"""
        run(self.opt, [self.file('a.drcov')], [self.opt.static, 'abc'])
        d = Drcov(self.file('a.drcov'))
        m = d.module(os.path.basename(self.opt.static))
        assert int(m[1], 16) == 0x400000 and m[4] == os.path.realpath(self.opt.static), m
        assert d.covers(os.path.basename(self.opt.static), int(m[3], 16) - 0x400000), 'not the entry point'
        for name, wanted in (('main', True), ('choose', True), ('never', False), ('in_thread', False)):
            at = symbol(self.opt.static, name) - 0x400000
            assert d.covers(os.path.basename(self.opt.static), at) == wanted, name

    def test_dynamic(self):
        """each file that a dynamic program maps is a module"""
        p = run(self.opt, [self.file('dyn.drcov'), 'lcov:' + self.file('dyn')], ['--aslr', self.opt.dynamic, 'abc'])
        assert p.returncode == 0, p.stderr
        d = Drcov(self.file('dyn.drcov'))
        names = [os.path.basename(m[4]) for m in d.modules]
        assert any(n.startswith('libc.so') for n in names) and any(n.startswith('ld-linux') for n in names), names
        assert len(set(names)) == len(names), names
        at = symbol(self.opt.dynamic, 'main')
        assert d.covers(os.path.basename(self.opt.dynamic), at)
        self.lines('dyn', ['THREE'], ['NEVER'])

    def test_genhtml(self):
        """genhtml takes the file without a warning"""
        if not shutil.which('genhtml'):
            return 'SKIP no genhtml'
        run(self.opt, [self.file('g.info')], [self.opt.static, 'abc'])
        p = subprocess.run(['genhtml', '-o', self.file('html'), self.file('g.info')], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
        # LCOV 2 misses a tool of a later gcc than the machine's, which is not about the file.
        text = re.sub(r'(?m)^.*unsupported.*\n', '', p.stdout.decode().split('Message summary')[0])
        assert p.returncode == 0 and not re.search('warning|error', text, re.I), text
        with open(self.file('html/index.html')) as f:
            assert 'covered' in f.read() or 'coverage' in text
        return None

    def test_merge_runs(self):
        """a second run adds to the files of the first"""
        files = [self.file('m.info'), self.file('m.drcov')]
        run(self.opt, files, [self.opt.static, 'abc'])
        before = set(Drcov(files[1]).blocks)
        run(self.opt, files, [self.opt.static, 'thread'])
        self.lines('m.info', ['THREE', 'THREAD'], ['NEVER'])
        assert before < set(Drcov(files[1]).blocks)
        with open(files[0]) as f:
            once = f.read()
        run(self.opt, files, [self.opt.static, 'thread'])
        with open(files[0]) as f:
            assert f.read() == once, 'the same again changes the file'

    def test_merge_others(self):
        """what other tools put into a tracefile stays"""
        source = os.path.realpath(self.opt.source)
        with open(self.file('o.info'), 'w') as f:
            f.write('TN:other\nSF:/other.c\nFN:1,f\nFNDA:5,f\nFNF:1\nFNH:1\nBRDA:3,0,0,1\nBRF:1\nBRH:1\nDA:3,5\nLF:1\nLH:1\n'
                    'end_of_record\nTN:\nSF:%s\nDA:%d,41\nLF:1\nLH:1\nend_of_record\n' % (source, self.marks['THREE']))
        run(self.opt, [self.file('o.info')], [self.opt.static, 'abc'])
        with open(self.file('o.info')) as f:
            text = f.read()
        assert 'BRDA:3,0,0,1\n' in text and 'FNDA:5,f\n' in text and lcov(self.file('o.info'))['/other.c'] == {3: 5}, text
        assert lcov(self.file('o.info'))[source][self.marks['THREE']] == 41

    def test_fork(self):
        """children are covered"""
        run(self.opt, [self.file('f.info')], [self.opt.static, 'fork'])
        self.lines('f.info', ['CHILD', 'AFTER'], ['KILLED'])

    def test_exec(self):
        """programs that are executed are covered"""
        run(self.opt, [self.file('e.info'), self.file('e.drcov')], [self.opt.static, 'exec', self.opt.dynamic, 'abc'])
        self.lines('e.info', ['EXEC', 'THREE'], ['CHILD'])
        d = Drcov(self.file('e.drcov'))
        assert d.module(os.path.basename(self.opt.static)) and d.module(os.path.basename(self.opt.dynamic))

    def test_killed_child(self):
        """what a child did that was killed (SIGKILL) is written by its parent"""
        p = run(self.opt, [self.file('k.info')], [self.opt.static, 'killed'])
        assert p.stdout == b'status 9\n', p.stdout
        self.lines('k.info', ['KILLED', 'AFTER'], ['CHILD'])

    def test_signals(self):
        """a program that dies of a signal is covered, and the signal is the same"""
        for how, number in (('term', signal.SIGTERM), ('abort', signal.SIGABRT), ('segv', signal.SIGSEGV)):
            p = run(self.opt, [self.file(how + '.info')], [self.opt.static, how],
                    preexec_fn=lambda: __import__('resource').setrlimit(4, (0, 0)))
            assert p.returncode == -number, p.returncode
            self.lines(how + '.info', [how.upper()], ['CHILD'])

    def test_kill9(self):
        """kill -9 of the whole run leaves FILE as it was, and nothing else"""
        path = self.file('9.info')
        run(self.opt, [path], [self.opt.static, 'abc'])
        with open(path) as f:
            before = f.read()
        files = sorted(os.listdir(self.directory))
        p = subprocess.Popen([self.opt.ulk, 'run', '--coverage', path, self.opt.static, 'killed'],
                             stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            p.wait(0.1)
        except subprocess.TimeoutExpired:
            pass
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        with open(path) as f:
            assert f.read() == before
        assert sorted(os.listdir(self.directory)) == files, os.listdir(self.directory)

    def test_parallel(self):
        """runs at the same time add to the same files"""
        files = ['--coverage', self.file('p.info'), '--coverage', self.file('p.drcov')]
        runs = [subprocess.Popen([self.opt.ulk, 'run'] + files + [self.opt.static, how], stdout=subprocess.DEVNULL)
                for how in ('abc', 'fork', 'thread', '', 'abc', 'fork')]
        assert [p.wait() for p in runs] == [0, 0, 1, 0, 0, 0]
        self.lines('p.info', ['THREE', 'CHILD', 'AFTER', 'THREAD'], ['NEVER'])
        Drcov(self.file('p.drcov'))

    def test_limits(self):
        """the program's directory, limits and descriptors do not matter"""
        def limit():
            __import__('resource').setrlimit(1, (0, 1 << 30))
        p = run(self.opt, ['l.info'], [self.opt.static, 'limits'], cwd=self.directory, preexec_fn=limit)
        assert p.returncode == 0 and p.stderr == b'', p.stderr
        self.lines('l.info', ['LIMITS'])

    def test_cannot_write(self):
        """where the files cannot be written at last, that is said, and the program's end is its own"""
        gone = self.file('gone')
        for name in ('x.info', 'x.drcov'):
            os.mkdir(gone)
            p = run(self.opt, [os.path.join(gone, name)], [self.opt.static, 'rmdir', gone])
            assert p.returncode == 0 and b'ulk: coverage: ' in p.stderr and name.encode() in p.stderr, p
        os.mkdir(gone)
        p = subprocess.run([self.opt.ulk, 'run', '--profile', os.path.join(gone, 'x.folded'), self.opt.static, 'fsize'], timeout=60,
                           check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert p.returncode == 0, p
        for options in (['run', '--coverage', self.file('q.info')], ['trace', '-o', self.file('q.trace')], ['trace', '-c', '-o', self.file('q.counts')],
                        ['run', '--itrace=main', '-o', self.file('q.itrace')]):
            p = subprocess.run([self.opt.ulk] + options + [self.opt.static, 'fsize'], timeout=60, check=False, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
            assert p.returncode == 0, (options, p)
            if not os.path.exists(options[-1]) or 'coverage' not in options[1]:
                assert b'File too large' in p.stderr, (options, p)
        for options in (['trace', '-o', '/dev/full'], ['trace', '-c', '-o', '/dev/full'], ['run', '--itrace=main', '-o', '/dev/full']):
            p = subprocess.run([self.opt.ulk] + options + [self.opt.static, 'fork'], timeout=60, check=False, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
            assert p.returncode == 0 and b'ulk: /dev/full: No space left on device' in p.stderr, (options, p)

    def test_library_sources(self):
        """of a library whose sources are not here no headers are covered, and its DWARF is read once in a run"""
        run(self.opt, [self.file('s.info')], [self.opt.dynamic, 'fork'])
        sources = list(lcov(self.file('s.info')))
        assert sources == [os.path.realpath(self.opt.source)], sources

    def test_refused(self):
        """what is no such file is refused before the program runs, and left alone"""
        for name, content in (('t.info', b'hello\n'), ('t.drcov', b'hello\n'), ('u.drcov', b'DRCOV VERSION: 3\n'),
                              ('v.info', b'SF:/x\nDA:1,1\n'), ('w.info', b'SF:/x\nDA:1,1\nend_of_record\n\0SF:/y\n')):
            with open(self.file(name), 'wb') as f:
                f.write(content)
            p = run(self.opt, [self.file(name)], [self.opt.static, 'abc'])
            assert p.returncode == 125 and b'--coverage' in p.stderr, (p.returncode, p.stderr)
            with open(self.file(name), 'rb') as f:
                assert f.read() == content
        for path in ('/dev/null', '/nonexistent/x.info', self.directory):
            p = run(self.opt, [path], [self.opt.static, 'fork'])
            assert p.returncode == 125 and p.stdout == b'', (path, p)

    def test_broken_files(self):
        """a damaged file is refused or added to, nothing else"""
        rnd = random.Random(5)
        run(self.opt, [self.file('b.info'), self.file('b.drcov')], [self.opt.static, ''])
        for i in range(40):
            name = ('b.info', 'b.drcov')[i % 2]
            with open(self.file(name), 'rb') as f:
                data = bytearray(f.read())
            for _ in range(rnd.randrange(1, 6)):
                data[rnd.randrange(min(len(data), 600))] = rnd.choice((0, 10, 45, 48, 57, 255, rnd.randrange(256)))
            if i % 5 == 0:
                del data[rnd.randrange(len(data)):]
            damaged = self.file('damaged.' + name.split('.')[1])
            with open(damaged, 'wb') as f:
                f.write(data)
            p = run(self.opt, [damaged], [self.opt.static, 'abc'])
            assert p.returncode in (0, 125), (i, p.returncode, p.stderr)


def main():
    parser = argparse.ArgumentParser()
    for name in ('ulk', 'static', 'dynamic', 'source'):
        parser.add_argument('--' + name, required=True)
    opt = argparse.Namespace(**{k: os.path.abspath(v) for k, v in vars(parser.parse_args()).items()})
    return tap.run(tap.of_class(Test, opt))


if __name__ == '__main__':
    sys.exit(main())
