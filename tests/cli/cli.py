#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The `ulk` command from the outside: options, exit statuses, errors, JSON. TAP, one line per case.

Where the host decides what is right (wait statuses, output of a guest), a native run of the same program is the
referee.
"""
import argparse
import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

CASES = []
ENV = {'PATH': '/bin:/usr/bin', 'LC_ALL': 'C'}
ENV.update({k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')})
# A sanitized ulk would forbid itself to dump core, which is a wait status of its own.
ENV['ASAN_OPTIONS'] = ':'.join(filter(None, [ENV.get('ASAN_OPTIONS'), 'disable_coredump=0']))


def case(f):
    CASES.append(f)
    return f


class Wrong(Exception):
    pass


def want(what, got, wanted):
    if got != wanted:
        raise Wrong('%s: got %r, wanted %r' % (what, got, wanted))


def want_match(what, got, pattern):
    if not re.search(pattern, got):
        raise Wrong('%s: got %r, wanted /%s/' % (what, got, pattern))


class Skip(Exception):
    pass


class Ulk:
    def __init__(self, ulk, guest, work):
        self.ulk, self.guest, self.work = ulk, guest, work

    def __call__(self, *args, **kw):
        kw.setdefault('stdin', subprocess.DEVNULL)
        kw.setdefault('stdout', subprocess.PIPE)
        kw.setdefault('env', ENV)
        p = subprocess.run([self.ulk] + list(args), stderr=subprocess.PIPE, cwd=self.work, timeout=20, **kw)
        p.text, p.errors = (p.stdout or b'').decode('utf-8', 'surrogateescape'), p.stderr.decode('utf-8', 'replace')
        return p

    def run(self, *args, **kw):
        return self('run', *args, **kw)

    def path(self, name, content=None, mode=0o755):
        path = os.path.join(self.work, name)
        if content is not None:
            with open(path, 'wb') as f:
                f.write(content)
            os.chmod(path, mode)
        return path

    def fails(self, args, status, pattern):
        p = self(*args)
        want('status', p.returncode, status)
        want('stdout', p.text, '')
        want_match('stderr', p.errors, pattern)
        want('lines on stderr', p.errors.count('\n'), 1)


def wait_status(argv, core=0, cwd=None):
    """The whole wait status, core-dump bit included."""
    pid = os.fork()
    if not pid:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (core, resource.getrlimit(resource.RLIMIT_CORE)[1]))
            if cwd:
                os.chdir(cwd)
            null = os.open('/dev/null', os.O_RDWR)
            for fd in 0, 1, 2:
                os.dup2(null, fd)
            for s in signal.valid_signals():
                if s not in (signal.SIGKILL, signal.SIGSTOP):
                    signal.signal(s, signal.SIG_DFL)
            os.execve(argv[0], argv, ENV)
        finally:
            os._exit(99)
    return os.waitpid(pid, 0)[1]


# ---- help and versions

@case
def help_lists_the_verbs(u):
    p = u('--help')
    want('status', p.returncode, 0)
    want('stderr', p.errors, '')
    for verb in ('run', 'maps', 'mm', 'stack'):
        want_match('help', p.text, r'(?m)^ +%s +\w' % verb)


@case
def verbs_have_help(u):
    for verb in ('run', 'maps', 'mm', 'stack'):
        p = u(verb, '--help')
        want(verb + ' status', p.returncode, 0)
        want_match(verb, p.text, r'^Usage: ulk %s \[OPTION' % verb)
        want_match(verb, p.text, r'--stack=SIZE')
        want(verb + ' has --json', '--json' in p.text, verb != 'run')
        want(verb + ' has --cpuid', '--cpuid' in p.text, verb == 'run')


@case
def version_names_the_libraries(u):
    p = u('--version')
    want('status', p.returncode, 0)
    want_match('version', p.text, r'^ulk \d+\.\d+\.\d+\nunicorn \d+\.\d+\S*\ncapstone \d+\.\d+\S*\nlibelf 0\.\d+\n$')


@case
def no_verb_is_a_usage_error(u):
    p = u()
    want('status', p.returncode, 125)
    want('stdout', p.text, '')
    want_match('stderr', p.errors, '^Usage: ulk')


@case
def wrong_verb(u):
    u.fails(['flyy'], 125, '^ulk: flyy: no such verb')


@case
def bad_options(u):
    for args in (['--nonsense'], ['--stack', 'big', u.guest], ['--stack', '0', u.guest], ['--stack', '-1', u.guest],
                 ['--stack', '99999999999G', u.guest], ['--memory', '1X', u.guest], ['--memory', '', u.guest],
                 ['-E', 'NOEQUALS', u.guest], ['-E', '=x', u.guest], ['-u', 'A=B', u.guest], ['--aslr=x', u.guest],
                 ['--aslr=0', u.guest], ['--aslr=-1', u.guest], [], ['-C'], ['--json', u.guest]):
        p = u.run(*args)
        want('status of %s' % args, p.returncode, 125)
        want('stdout of %s' % args, p.text, '')
        want_match('stderr of %s' % args, p.errors, r'^ulk run: .*\nTry `ulk run --help')


# ---- programs that cannot be run

@case
def not_found(u):
    u.fails(['run', './nosuch'], 127, r'^ulk: \./nosuch: No such file or directory')
    u.fails(['run', 'nosuchprogram'], 127, r'^ulk: nosuchprogram: ')
    u.fails(['run', ''], 127, r'^ulk: : No such file')
    u.fails(['maps', './nosuch'], 127, r'^ulk: \./nosuch: No such file')


@case
def interpreter_not_found(u):
    u.path('script', b'#!/no/such/interpreter\n')
    u.fails(['run', './script'], 127, r'^ulk: \./script: .*No such file')


@case
def directory(u):
    u.fails(['run', u.work], 126, r'^ulk: .*: Permission denied')


@case
def path_through_a_file(u):
    u.path('plain', b'x')
    u.fails(['run', './plain/x'], 126, r'^ulk: \./plain/x: Not a directory')


@case
def empty_file(u):
    u.path('empty', b'')
    u.fails(['run', './empty'], 126, r'^ulk: \./empty: Exec format error')


@case
def text_file(u):
    u.path('text', b'echo hello\n')
    u.fails(['run', './text'], 126, r'^ulk: \./text: Exec format error')


@case
def truncated_elf(u):
    with open(u.guest, 'rb') as f:
        whole = f.read(4096)
    for size in (4, 16, 63, 64, 100):
        u.path('cut', whole[:size])
        u.fails(['run', './cut'], 126, r'^ulk: \./cut: ')


@case
def elf32(u):
    with open(u.guest, 'rb') as f:
        data = bytearray(f.read())
    data[4], data[18] = 1, 3   # ELFCLASS32 (which the kernel does not look at), EM_386
    u.path('elf32', data)
    u.fails(['run', './elf32'], 126, r'^ulk: \./elf32: Exec format error')


@case
def other_machine(u):
    with open(u.guest, 'rb') as f:
        data = bytearray(f.read())
    data[18] = 0xb7
    u.path('arm', data)
    u.fails(['run', './arm'], 126, r'^ulk: \./arm: Exec format error')


@case
def without_x_bit(u):
    shutil.copy(u.guest, u.path('nox'))
    os.chmod(u.path('nox'), 0o644)
    u.fails(['run', './nox'], 126, r'^ulk: \./nox: Permission denied')


@case
def unreadable(u):
    if os.getuid():
        raise Skip('needs root, to become somebody else')
    os.chmod(u.work, 0o755)
    shutil.copy(u.guest, u.path('guest'))
    os.chmod(u.path('guest'), 0o755)
    try:
        p = u.run('./guest', 'exit', '6', user=65534)
    except PermissionError:
        raise Skip('ulk is not reachable for others here')
    if p.returncode != 6:
        raise Skip('ulk is not reachable for others here')
    os.chmod(u.path('guest'), 0o711)   # Linux runs it; ulk has to read what it runs
    p = u.run('./guest', 'exit', '6', user=65534)
    want('status', p.returncode, 126)
    want_match('stderr', p.errors, r'^ulk: \./guest: .*Permission denied')


@case
def device(u):
    u.fails(['run', '/dev/null'], 126, r'^ulk: /dev/null: Permission denied')


@case
def symlink_loop(u):
    os.symlink('loop', u.path('loop'))
    u.fails(['run', './loop'], 126, r'^ulk: \./loop: Too many levels')


@case
def huge_argument(u):
    # One string may have 128 KiB; more is E2BIG from the guest's kernel. 131,071 bytes and the NUL just fit.
    p = u.run(u.guest, 'count', 'x' * 131071)
    want('just fits', p.text, '3 131071\n')
    # Longer ones cannot be given to ulk itself either; in all, a quarter of the stack limit can.
    u.fails(['run', '--stack', '256K', u.guest] + ['y' * 1000] * 400, 126, r'^ulk: .*: Argument list too long')


# ---- what is passed on

@case
def arguments(u):
    words = ['args', '--help', '-v', '', 'two words', '--', '-E', 'a=b', '\udcff\udcfe']
    p = u.run(u.guest, *words)
    want('arguments', p.text.split('\n')[:-1], [u.guest] + words)
    p = u.run('--', u.guest, 'args', '--json')
    want('after --', p.text.split('\n')[:-1], [u.guest, 'args', '--json'])


@case
def argv0(u):
    want('-0', u.run('-0', 'other name', u.guest, 'args').text, 'other name\nargs\n')
    want('-0 empty', u.run('-0', '', u.guest, 'args').text, '\nargs\n')


@case
def many_arguments(u):
    p = u.run(u.guest, 'count', *['%d' % i for i in range(20000)])
    want('20000 arguments', p.text, '20002 5\n')


@case
def environment(u):
    env = dict(ENV, B='2', A='1')
    base = u.run(u.guest, 'env', env=env).text
    native = subprocess.run([u.guest, 'env'], env=env, stdout=subprocess.PIPE).stdout.decode()
    want('untouched', base, native)
    want('-i', u.run('-i', u.guest, 'env').text, '')
    want('-i -E', u.run('-i', '-E', 'X=1', '-E', 'Y=', u.guest, 'env').text, 'X=1\nY=\n')
    want('-E replaces in place', u.run('-E', 'B=3', u.guest, 'env', env=env).text, native.replace('B=2', 'B=3'))
    want('-u', u.run('-u', 'B', u.guest, 'env', env=env).text, native.replace('B=2\n', ''))
    want('-u of what is not there', u.run('-u', 'NOPE', u.guest, 'env', env=env).text, native)
    want('-u then -E', u.run('-i', '-E', 'X=1', '-u', 'X', '-E', 'X=2', u.guest, 'env').text, 'X=2\n')
    want('a value with =', u.run('-i', '-E', 'X=a=b', u.guest, 'env').text, 'X=a=b\n')


@case
def working_directory(u):
    os.mkdir(u.path('sub'))
    shutil.copy(u.guest, u.path('sub/there'))
    want('-C', u.run('-C', 'sub', u.guest, 'cwd').text, u.path('sub') + '\n')
    want('the program is found there', u.run('-C', 'sub', './there', 'cwd').text, u.path('sub') + '\n')
    u.fails(['run', '-C', 'nodir', u.guest], 125, r'^ulk: nodir: No such file')


@case
def path_lookup(u):
    for d in ('p1', 'p2'):
        os.mkdir(u.path(d))
    shutil.copy(u.guest, u.path('p2/prog'))
    path = u.path('p1') + ':' + u.path('p2')
    want('argument 0 stays', u.run('prog', 'args', env=dict(ENV, PATH=path)).text, 'prog\nargs\n')
    want('-E PATH', u.run('-E', 'PATH=' + path, 'prog', 'exit', '7').returncode, 7)
    want('a name with a slash is no name', u.run('./prog', env=dict(ENV, PATH=path)).returncode, 127)
    # A file that cannot be executed does not end the search, but is remembered.
    u.path('p1/prog', b'', 0o644)
    want('past one without x', u.run('prog', 'exit', '7', env=dict(ENV, PATH=path)).returncode, 7)
    want('only one without x', u.run('prog', env=dict(ENV, PATH=u.path('p1'))).returncode, 126)
    # One of the wrong format does.
    u.path('p1/prog', b'not a program\n', 0o755)
    want('wrong format', u.run('prog', env=dict(ENV, PATH=path)).returncode, 126)
    want('an empty element is here', u.run('-C', u.path('p2'), '-E', 'PATH=/nowhere::/x', 'prog', 'exit', '5').returncode, 5)
    want('no PATH at all', u.run('-i', 'nosuchprogram').returncode, 127)


@case
def stack_limit(u):
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    hard = 2**64 - 1 if hard == resource.RLIM_INFINITY else hard
    for arg, value in (('8M', 8 << 20), ('256k', 256 << 10), ('1G', 1 << 30), ('131072', 131072), ('0x100000', 1 << 20),
                       ('unlimited', 2**64 - 1)):
        want(arg, u.run('--stack', arg, u.guest, 'limits').text.split()[0], str(value))
    want('inherited', u.run(u.guest, 'limits').text,
         subprocess.run([u.guest, 'limits'], stdout=subprocess.PIPE).stdout.decode())


@case
def standard_input(u):
    data = bytes(range(256)) * 1000
    p = u.run(u.guest, 'cat', stdin=None, input=data)
    want('status', p.returncode, 0)
    want('bytes', p.stdout == data, True)


@case
def aslr(u):
    def stack(*options):
        return [line for line in u('maps', *options, u.guest).text.split('\n') if '[stack]' in line or '[vdso]' in line]
    off = stack()
    want('off by default', stack(), off)
    seeded = stack('--aslr=42')
    want('a seed repeats', stack('--aslr=42'), seeded)
    want('and moves', seeded != off, True)
    want('another seed differs', stack('--aslr=43') != seeded, True)
    want('without a seed it varies', len({tuple(stack('--aslr')) for _ in range(4)}) > 1, True)


@case
def cpuid(u):
    p = u.run('--cpuid')
    want('status', p.returncode, 0)
    want_match('flags', p.text, r'(?m)^flags +.*\bsse2\b')
    want('no AVX', 'avx' in p.text, False)
    want_match('leaves', p.text, r'(?m)^00000001  eax [0-9a-f]{8} ebx')


@case
def cpuinfo_tells_of_the_same_cpu(u):
    def flags(text):
        return re.search(r'(?m)^flags\s*:? +(.*)$', text).group(1).split()
    text = u.run(u.guest, 'cat', '/proc/cpuinfo').text
    with open('/proc/cpuinfo') as f:
        host = f.read()
    want('labels', [line.split(':')[0] for line in text.splitlines()], [line.split(':')[0] for line in host.splitlines()])
    made_up = {'constant_tsc', 'nopl', 'nonstop_tsc', 'cpuid', 'tsc_known_freq'}
    want('flags', [f for f in flags(text) if f not in made_up], flags(u.run('--cpuid').text))
    want('no AVX', 'avx' in flags(text), False)


@case
def check_mm(u):
    p = u.run('--check-mm', u.guest, 'args')
    want('status', p.returncode, 0)
    want('stderr', p.errors, '')


# ---- how it ends

@case
def exit_statuses(u):
    for status in range(256):
        want('exit %d' % status, u.run(u.guest, 'exit', str(status)).returncode, status)
    want('_exit 256', u.run(u.guest, '_exit', '256').returncode, 0)
    want('_exit -1', u.run(u.guest, '_exit', '-1').returncode, 255)


@case
def death_by_signal(u):
    stops = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    for signo in range(1, 65):
        if signo not in stops:
            args = [u.guest, 'raise', str(signo)]
            want('signal %d' % signo, wait_status([u.ulk, 'run'] + args), wait_status(args))


@case
def death_by_the_cpu(u):
    for how in ('segv', 'fpe', 'ill', 'trap', 'abort'):
        args = [u.guest, 'die', how]
        want(how, wait_status([u.ulk, 'run'] + args), wait_status(args))


@case
def death_with_core(u):
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        return
    args = [u.guest, 'raise', str(int(signal.SIGQUIT))]
    core = 1 << 20
    want('core bit', wait_status([u.ulk, 'run'] + args, core, u.work), wait_status(args, core, u.work))


@case
def interrupted(u):
    for verb in ('wait', 'spin'):
        for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            p = subprocess.Popen([u.ulk, 'run', u.guest, verb], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
            want('started', p.stdout.readline(), b'waiting\n')
            p.send_signal(signo)
            _, err = p.communicate(timeout=20)
            want('%s by %s' % (verb, signo), p.returncode, -signo)
            want('stderr', err, b'')


@case
def control_c_in_a_terminal(u):
    pid, fd = pty.fork()
    if not pid:
        os.execve(u.ulk, [u.ulk, 'run', u.guest, 'wait'], ENV)
    seen = b''
    while b'waiting' not in seen:
        seen += os.read(fd, 100)
    os.write(fd, b'\x03')
    want('status', os.waitpid(pid, 0)[1], signal.SIGINT)
    os.close(fd)


@case
def without_a_terminal(u):
    p = u.run(u.guest, 'args', start_new_session=True)
    want('output', p.text, u.guest + '\nargs\n')


@case
def verbose_names_unknown_calls(u):
    p = u.run(u.guest, 'unknown')
    want('quiet', (p.text, p.errors), ('Function not implemented\n', ''))
    p = u.run('-v', u.guest, 'unknown')
    want('output', p.text, 'Function not implemented\n')
    want_match('stderr', p.errors, r'(?m)^ulk: .*\b9999\b')


@case
def forked_children(u):
    p = u.run(u.guest, 'fork')
    if p.text == 'no fork\n':
        raise Skip('the guest cannot fork yet')
    want('output', p.text, 'child 3\n')
    p = u('maps', '--at', 'exit', u.guest, 'fork')
    want('child once', p.text.count('child 3\n'), 1)
    want('one report', p.text.count('[stack]'), 1)


# ---- output that cannot be written

@case
def full_disk(u):
    with open('/dev/full', 'wb') as full:
        for args in (['--help'], ['--version'], ['run', '--help'], ['maps', u.guest], ['mm', u.guest],
                     ['stack', u.guest], ['maps', '--json', u.guest], ['mm', '--json', u.guest],
                     ['stack', '--json', u.guest], ['run', '--cpuid']):
            p = u(*args, stdout=full)
            want('status of %s' % args, p.returncode, 125)
            want('stderr of %s' % args, p.errors, 'ulk: standard output: No space left on device\n')
        # A guest's own trouble is the guest's to report.
        want('guest', u.run(u.guest, 'write', stdout=full).returncode, 9)


@case
def closed_stdout(u):
    for args in (['--version'], ['maps', u.guest], ['mm', '--json', u.guest]):
        p = subprocess.run([u.ulk] + args, stderr=subprocess.PIPE, env=ENV, preexec_fn=lambda: os.close(1))
        want('status of %s' % args, p.returncode, 125)
        want('stderr of %s' % args, p.stderr, b'ulk: standard output: Bad file descriptor\n')
    p = subprocess.run([u.ulk, 'run', u.guest, 'exit', '4'], stderr=subprocess.PIPE, env=ENV, preexec_fn=lambda: os.close(1))
    want('a guest that writes nothing', p.returncode, 4)
    want('stderr', p.stderr, b'')


@case
def all_descriptors_closed(u):
    def close_all():
        os.closerange(0, 3)
    p = subprocess.run([u.ulk, 'run', u.guest, 'exit', '4'], env=ENV, preexec_fn=close_all)
    want('status', p.returncode, 4)


@case
def broken_pipe(u):
    r, w = os.pipe()
    os.close(r)
    status = subprocess.run([u.ulk, 'run', u.guest, 'write'], stdout=w, env=ENV,
                            preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL)).returncode
    os.close(w)
    want('status', status, -signal.SIGPIPE)


# ---- looking

@case
def maps_text_and_json(u):
    text = u('maps', u.guest, 'a').text
    report = json.loads(u('maps', '--json', u.guest, 'a').text)
    want('program', report['program'], u.guest)
    want('at', report['at'], 'entry')
    rows = []
    for line in text.splitlines():
        m = re.fullmatch(r'([0-9a-f]{8,})-([0-9a-f]{8,}) ([r-][w-][x-][ps]) ([0-9a-f]{8,}) ([0-9a-f]+:[0-9a-f]+) (\d+) *(.*)',
                         line)
        if not m:
            raise Wrong('not a line of maps: %r' % line)
        rows.append(m.groups())
    want('rows', [(m['start'], m['end'], m['perms'], m['offset'], m['dev'], str(m['inode']), m['name'])
                  for m in report['maps']],
         [('0x%x' % int(r[0], 16), '0x%x' % int(r[1], 16), r[2], '0x%x' % int(r[3], 16)) + r[4:] for r in rows])
    want('sizes', all(m['size'] == int(m['end'], 16) - int(m['start'], 16) for m in report['maps']), True)
    names = [m['name'] for m in report['maps']]
    for name in (os.path.realpath(u.guest), '[stack]', '[vdso]'):
        want('has ' + name, name in names, True)


@case
def mm_text_and_json(u):
    text = u('mm', u.guest).text
    report = json.loads(u('mm', '--json', u.guest).text)
    mm = report['mm']
    want('fields', [line.split()[0] for line in text.splitlines()], list(mm))
    for field in ('mmap', 'mm_rb', 'vmacache_seqnum', 'get_unmapped_area', 'mmap_base', 'mmap_legacy_base', 'task_size',
                  'highest_vm_end', 'pgd', 'mm_users', 'mm_count', 'nr_ptes', 'map_count', 'page_table_lock', 'mmap_sem',
                  'mmlist', 'hiwater_rss', 'hiwater_vm', 'total_vm', 'locked_vm', 'pinned_vm', 'shared_vm', 'exec_vm',
                  'stack_vm', 'def_flags', 'start_code', 'end_code', 'start_data', 'end_data', 'start_brk', 'brk',
                  'start_stack', 'arg_start', 'arg_end', 'env_start', 'env_end', 'saved_auxv', 'rss_stat', 'binfmt',
                  'cpu_vm_mask_var', 'context', 'flags', 'core_state', 'owner', 'exe_file', 'mmu_notifier_mm',
                  'tlb_flush_pending', 'uprobes_state'):
        if field not in mm:
            raise Wrong('no field ' + field)
        want('meaning of ' + field, bool(mm[field]['meaning']), True)
    for line in text.splitlines():
        name, value = line.split()[:2]
        if name != 'rss_stat':
            want(name, str(mm[name]['value']).split()[0], value)
    maps = json.loads(u('maps', '--json', u.guest).text)['maps']
    own = [m for m in maps if not m['name'].startswith('[vsyscall')]
    want('map_count', mm['map_count']['value'], len(own))
    want('total_vm', mm['total_vm']['value'] * 4096, sum(m['size'] for m in own))
    want('highest_vm_end', mm['highest_vm_end']['value'], own[-1]['end'])
    want_match('exe_file', mm['exe_file']['points_to'], os.path.realpath(u.guest))
    want_match('start_stack', mm['start_stack']['points_to'], r'^\[stack\]\+0x')


@case
def stack_text_and_json(u):
    args = ['two words', '', 'tab\there', '\udcff']
    options = ['-i', '-E', 'A=1', '-E', 'EMPTY=']
    text = u('stack', *options, u.guest, *args).text
    report = json.loads(u('stack', '--json', *options, u.guest, *args).text)
    words, strings = report['words'], report['strings']
    lines = text.split('\n\n')[0].splitlines()
    want('words', [(int(w['address'], 16), int(w['value'], 16)) for w in words],
         [(int(line.split()[0], 16), int(line.split()[1], 16)) for line in lines])
    want('addresses', [int(w['address'], 16) for w in words],
         list(range(int(report['sp'], 16), int(report['sp'], 16) + 8 * len(words), 8)))
    want('argc', (words[0]['kind'], words[0]['value']), ('argc', '0x5'))
    given = [u.guest, 'two words', '', 'tab\there', '\ufffd']
    want('argv', [w.get('string') for w in words if w['kind'] == 'argv'], given + [None])
    want('envp', [w.get('string') for w in words if w['kind'] == 'envp'], ['A=1', 'EMPTY=', None])
    want('strings', [s['string'] for s in strings], ['x86_64'] + given + ['A=1', 'EMPTY=', u.guest])
    want('last word', words[-2]['name'], 'AT_NULL')
    aux = {w['name']: words[i + 1] for i, w in enumerate(words) if w['kind'] == 'auxv_type'}
    want('order', list(aux)[:3], ['AT_SYSINFO_EHDR', 'AT_MINSIGSTKSZ', 'AT_HWCAP'])
    want('AT_PAGESZ', aux['AT_PAGESZ']['value'], '0x1000')
    want('AT_EXECFN', aux['AT_EXECFN']['string'], u.guest)
    want_match('AT_ENTRY', aux['AT_ENTRY']['meaning'], '_start')
    want('unknown types', [n for n in aux if re.match(r'AT_\d', n)], [])


@case
def looking_at(u):
    def at(where):
        return json.loads(u('mm', '--json', '--at', where, u.guest, 'exit', '3').text)
    want('at', at('reached')['at'], 'reached')
    entry, later = at('entry')['mm'], at('reached')['mm']
    rss = [int(re.search(r'anon (\d+)', mm['rss_stat']['value']).group(1)) for mm in (entry, later)]
    want('rss grows', rss[0] < rss[1], True)
    p = u('maps', '--at', 'exit', u.guest, 'args')
    want('status', p.returncode, 0)
    want_match('guest output comes first', p.text, r'^%s\nargs\n00400000-' % re.escape(u.guest))
    p = u('maps', '--at', 'exit', u.guest, 'die', 'segv')
    want('status', p.returncode, 0)
    want('the stack is still there', '[stack]' in p.text, True)
    want('how it died', p.errors, 'ulk: %s: killed by signal 11 (Segmentation fault)\n' % u.guest)
    u.fails(['maps', '--at', 'no_such_symbol', u.guest], 125, r'^ulk: .*: --at no_such_symbol: ')
    u.fails(['maps', '--at', 'die', u.guest, 'exit', '0'], 125, r'ended before it reached die')


@case
def looking_with_options(u):
    p = u('stack', '-0', 'zero', '-C', '/', u.guest)
    want_match('argv[0]', p.text, r'argv\[0\] +"zero"')
    big = json.loads(u('maps', '--json', '--stack', '64K', u.guest).text)
    stack = [m for m in big['maps'] if m['name'] == '[stack]'][0]
    want('stack fits its limit', stack['size'] <= 64 << 10, True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--ulk', required=True)
    p.add_argument('--guest', required=True)
    p.add_argument('only', nargs='*')
    args = p.parse_args()
    # A suite started by nohup or in the background ignores these, and so would every program under it.
    for signo in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(signo, signal.SIG_DFL)
    cases = [f for f in CASES if not args.only or f.__name__ in args.only]
    print('TAP version 13\n1..%d' % len(cases))
    failed = 0
    for n, f in enumerate(cases, 1):
        note, skip = None, ''
        work = os.path.realpath(tempfile.mkdtemp(prefix='ulk-cli-'))
        try:
            f(Ulk(os.path.abspath(args.ulk), os.path.abspath(args.guest), work))
        except Skip as why:
            skip = ' # SKIP %s' % why
        except (Wrong, subprocess.TimeoutExpired, ValueError, KeyError, IndexError, OSError) as e:
            note = '%s: %s' % (type(e).__name__, e)
        shutil.rmtree(work, ignore_errors=True)
        failed += note is not None
        print('%s %d - %s%s' % ('ok' if note is None else 'not ok', n, f.__name__.replace('_', ' '), skip))
        if note:
            print('# ' + note.encode('ascii', 'backslashreplace').decode()[:1500].replace('\n', ' '))
        sys.stdout.flush()
    return 1 if failed else 0


sys.exit(main())
