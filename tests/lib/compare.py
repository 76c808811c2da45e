# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a command natively (without address randomisation) and under ulk, and compare what can be seen.

Shared by tests/native (our own small programs) and tests/run (real programs). Both runs get a fresh
directory of the same name, the same argv, environment and limits; stdout, stderr, the wait status and the
files left behind must be equal. Results are written as TAP, one line per case.
"""
import difflib
import fcntl
import hashlib
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

BASE_ENV = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/', 'LC_ALL': 'C', 'TZ': 'UTC'}
# A sanitized ulk needs its options; the guest sees them too, so both runs get them.
for _name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'):
    if _name in os.environ:
        BASE_ENV[_name] = os.environ[_name]
# A program file that is being written when another thread forks stays open in that child until it executes, and
# cannot be executed for so long (ETXTBSY): files are made and processes started one after the other.
SPAWN = threading.Lock()
# A sanitized ulk needs its time.
TIME_FACTOR = float(os.environ.get('TEST_TIME_FACTOR', '1'))
# Seconds after which a case says how long it took.
SLOW = 3


class Skip(Exception):
    """The machine lacks what a case needs; the text says what."""


class Outcome:
    def __init__(self, status, out, err, tree):
        self.status, self.out, self.err, self.tree = status, out, err, tree

    def describe_status(self):
        if self.status is None:
            return 'timed out'
        if self.status < 0:
            return 'killed by ' + signal.Signals(-self.status).name
        return 'exit %d' % self.status


class Case:
    """One command.

    argv[0] is the program's path; setup(dir) may put files into the fresh directory; check(outcome) says what
    is wrong with the native run (a test whose referee failed proves nothing); tree says whether files left
    behind are compared. pairs: what differs must do so in so many pairs of runs, for what the host's own work on memory
    (reclaim, DAMON, compaction) may disturb at any time. dialog, a list of (text to wait for, keys to send), runs the program on a terminal.
    """

    def __init__(self, name, argv, env=None, stack=None, argv0=None, stdin=b'', setup=None, timeout=60,
                 check=None, tree=True, dialog=None, pairs=1):
        self.pairs = pairs
        self.name, self.argv, self.stack, self.argv0 = name, argv, stack, argv0
        self.env = BASE_ENV if env is None else env
        self.stdin, self.setup, self.check, self.tree = stdin, setup, check, tree
        self.timeout = timeout * TIME_FACTOR
        self.dialog = dialog


def digest(path):
    """Hash of a file's bytes that are not zero, and of where they are: sparse files cost only what they hold."""
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        size, at = os.fstat(f.fileno()).st_size, 0
        while at < size:
            try:
                at = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:             # ENXIO: no more data
                break
            end = os.lseek(f.fileno(), at, os.SEEK_HOLE)
            at -= at % 4096
            while at < end:
                block = os.pread(f.fileno(), 4096, at)
                if block.strip(b'\0'):
                    h.update(b'%d %d' % (at, len(block)) + block)
                at += 4096
    return h.hexdigest()[:16]


def file_tree(top):
    """What a run left behind: kind, mode and content of each file, without times and inode numbers."""
    lines = []
    for path, dirs, files in os.walk(top):
        dirs.sort()
        for name in sorted(dirs + files):
            full = os.path.join(path, name)
            st = os.lstat(full)
            line = '%s %o' % (os.path.relpath(full, top), st.st_mode)
            if stat.S_ISLNK(st.st_mode):
                line += ' -> ' + os.readlink(full)
            elif stat.S_ISREG(st.st_mode):
                with open(full, 'rb') as f:
                    line += ' %d %s %r' % (st.st_size, digest(full), f.read(80))
            lines.append(line)
    return lines


def full_pipe(data):
    """The reading end of a pipe that holds data and has no writer any more: poll() says so from the start."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, max(len(data), 65536))
    if data:
        os.write(writer, data)
    os.close(writer)
    return reader


def talk(argv, case):
    """Run argv on a terminal of its own, wait for each text of the dialog and send its keys."""
    master, slave = os.openpty()
    with SPAWN:
        p = subprocess.Popen(argv, env=case.env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    out, seen, dialog = b'', 0, list(case.dialog)
    deadline = time.monotonic() + case.timeout
    try:
        while time.monotonic() < deadline:
            if select.select([master], [], [], 0.2)[0]:
                try:
                    data = os.read(master, 65536)
                except OSError:         # EIO: the last user of the terminal is gone
                    break
                out += data
            while dialog and dialog[0][0].encode() in out[seen:]:
                seen = out.index(dialog[0][0].encode(), seen) + len(dialog[0][0])
                os.write(master, dialog.pop(0)[1].encode())
        else:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
            return None, out
        return p.wait(), out
    finally:
        os.close(master)


class Runner:
    def __init__(self, launch, ulk, jobs=None, verbose_diff=40):
        self.launch, self.ulk = launch, ulk
        self.jobs = jobs or os.cpu_count() or 1
        self.diff_lines = verbose_diff

    def can_fix_layout(self):
        """setarch -R may be forbidden (some containers): then a native run proves nothing."""
        probe = subprocess.run([self.launch, '-R', '/bin/true'], stderr=subprocess.PIPE)
        return probe.returncode == 0

    def run_once(self, case, work, under):
        """under: the words to put before the program: [] natively, ['ulk', 'run'] under ulk."""
        if os.path.exists(work):
            shutil.rmtree(work)
        os.mkdir(work, 0o755)
        if case.setup:
            with SPAWN:
                case.setup(work)
        argv = [self.launch, '-C', work]
        if not under:
            argv.append('-R')
        if case.stack is not None:
            argv += ['-s', str(case.stack)]
        if under:
            argv += under
            if case.argv0 is not None:
                argv += ['-0', case.argv0]
        elif case.argv0 is not None:
            argv += ['-a', case.argv0]
        if case.dialog is not None:
            argv.insert(1, '-t')
            status, out = talk(argv + case.argv, case)
            return Outcome(status, out, b'', file_tree(work) if case.tree else [])
        # Not /dev/null: a lock on that would be seen by the other cases that run just now.
        stdin = full_pipe(case.stdin)
        with SPAWN:
            p = subprocess.Popen(argv + case.argv, env=case.env, stdin=stdin, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, start_new_session=True)
        os.close(stdin)
        try:
            out, err = p.communicate(timeout=case.timeout)
            status = p.returncode
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out, err = p.communicate()
            status = None
        return Outcome(status, out, err, file_tree(work) if case.tree else [])

    def diff(self, what, native, ulk):
        def lines(data):
            return data.decode('utf-8', 'backslashreplace').splitlines()
        if isinstance(native, bytes):
            native, ulk = lines(native), lines(ulk)
        text = list(difflib.unified_diff(native, ulk, what + ' native', what + ' ulk', lineterm='', n=1))
        if len(text) > self.diff_lines:
            text = text[:self.diff_lines] + ['... %d more lines' % (len(text) - self.diff_lines)]
        return text

    def compare(self, case):
        """Returns (ok, diagnostic lines)."""
        start = time.monotonic()
        base = tempfile.mkdtemp(prefix='ulk-test-')
        try:
            work = os.path.join(base, 'd')
            native = self.run_once(case, work, [])
            middle = time.monotonic()
            ulk = self.run_once(case, work, [self.ulk, 'run'] if self.ulk else [])
        finally:
            shutil.rmtree(base, ignore_errors=True)
        notes = []
        if native.status is None:
            notes.append('native run: timed out')
        if native.status == 125 and native.err.startswith(b'launch:'):
            notes.append(native.err.decode('utf-8', 'replace'))
        if case.check and not notes:
            wrong = case.check(native)
            if wrong:
                notes.append('the native run is not what the test expects: ' + wrong)
        if native.describe_status() != ulk.describe_status():
            notes.append('status: native %s, ulk %s' % (native.describe_status(), ulk.describe_status()))
        for what in ('out', 'err', 'tree'):
            a, b = getattr(native, what), getattr(ulk, what)
            if a != b:
                notes += self.diff('std' + what if what != 'tree' else 'files', a, b)
        ok, end = not notes, time.monotonic()
        if end - start > SLOW:
            notes.append('slow: natively %.1f s, under ulk %.1f s' % (middle - start, end - middle))
        return ok, notes

    def run_all(self, cases):
        """Write TAP for all cases, in their order; returns the number of failures."""
        sys.stdout.write('TAP version 13\n1..%d\n' % len(cases))
        sys.stdout.flush()
        fixed = self.can_fix_layout()

        def one(case):
            if not fixed:
                return 'ok', ' # SKIP setarch -R is not permitted here', []
            try:
                for _ in range(case.pairs):
                    ok, notes = self.compare(case)
                    if ok:
                        break
            except Skip as why:
                return 'ok', ' # SKIP %s' % why, []
            return ('ok' if ok else 'not ok'), '', notes

        failed = 0
        with ThreadPoolExecutor(self.jobs) as pool:
            for n, (case, result) in enumerate(zip(cases, pool.map(one, cases)), 1):
                word, tail, notes = result
                failed += word != 'ok'
                sys.stdout.write('%s %d - %s%s\n' % (word, n, case.name, tail))
                for note in notes:
                    for line in note.splitlines() or ['']:
                        sys.stdout.write('# ' + line + '\n')
                sys.stdout.flush()
        return failed
