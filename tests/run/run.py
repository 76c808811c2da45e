#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real programs, natively and under ulk: same output, same status, same files (see tests/lib/compare.py).

What is not installed is skipped by name. Every case checks that its native run did what it is there for.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from compare import BASE_ENV, Case, Runner, Skip  # noqa: E402

LONG_AGO = 1000000000
BUSYBOX = '/bin/busybox'
SAMPLE = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..', 'samples', 'hello.c'))


def text(lines):
    """Repeatable text: the same on every machine and in every run."""
    rnd = random.Random(42)
    words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota', 'kappa']
    return ''.join('%s %s %d %d.%02d\n' % (rnd.choice(words), rnd.choice(words), rnd.randrange(10 ** 6),
                                           rnd.randrange(1000), rnd.randrange(100)) for _ in range(lines))


def age(top):
    for path, dirs, files in os.walk(top, topdown=False):
        for name in dirs + files:
            os.utime(os.path.join(path, name), (LONG_AGO, LONG_AGO), follow_symlinks=False)
    os.utime(top, (LONG_AGO, LONG_AGO))


def put_files(work):
    """data.txt, noise.bin, and fixed/ with a file of each kind; all with one old time."""
    with open(os.path.join(work, 'data.txt'), 'w') as f:
        f.write(text(4000))
    with open(os.path.join(work, 'noise.bin'), 'wb') as f:
        f.write(random.Random(7).randbytes(200000))
    top = os.path.join(work, 'fixed')
    os.makedirs(os.path.join(top, 'dir', 'deeper'))
    with open(os.path.join(top, 'file'), 'w') as f:
        f.write('contents\n')
    with open(os.path.join(top, 'dir', 'script'), 'w') as f:
        f.write('#!/bin/sh\n')
    os.chmod(os.path.join(top, 'dir', 'script'), 0o755)
    os.chmod(os.path.join(top, 'file'), 0o640)
    os.link(os.path.join(top, 'file'), os.path.join(top, 'dir', 'deeper', 'hardlink'))
    os.symlink('../file', os.path.join(top, 'dir', 'symlink'))
    os.mkfifo(os.path.join(top, 'fifo'))
    age(work)


def made_by(argv, then=None):
    """A setup that also runs argv natively in the directory."""
    def setup(work):
        put_files(work)
        subprocess.run(argv, cwd=work, env=BASE_ENV, check=True, stdout=subprocess.DEVNULL)
        if then:
            then(work)
        age(work)
    return setup


def says(want, status=0):
    """A check: the native run ends with this status and `want` stands in its output."""
    def check(outcome):
        if outcome.status != status:
            return 'status %s instead of %s: %r' % (outcome.status, status, outcome.err[-300:])
        if want.encode() not in outcome.out + outcome.err:
            return '%r is not in its output %r' % (want, outcome.out[-300:])
        return None
    return check


def ran(outcome):
    return None if outcome.status == 0 else 'status %s: %r' % (outcome.status, outcome.err[-300:])


class Suite:
    def __init__(self, programs):
        self.programs, self.cases = programs, []

    def add(self, name, argv, check=ran, setup=put_files, needs=(), **kw):
        """A bare argv[0] is one of our own programs of this directory."""
        path = argv[0] if '/' in argv[0] else os.path.join(self.programs, argv[0])

        def setup_or_skip(work):
            for need in (path,) + tuple(needs):
                if not (os.path.exists(need) if '/' in need else shutil.which(need, path=BASE_ENV['PATH'])):
                    raise Skip('%s is not installed' % os.path.basename(need))
            if setup:
                setup(work)
        self.cases.append(Case(name, [path] + argv[1:], setup=setup_or_skip, check=check, **kw))

    def busybox(self, applet, *args, name=None, **kw):
        self.add('busybox ' + (name or applet), [BUSYBOX, applet] + list(args), **kw)


def busybox_cases(s):
    s.busybox('sha256sum', 'data.txt', 'noise.bin', check=says('  noise.bin'))
    s.busybox('md5sum', 'data.txt', 'noise.bin', check=says('  noise.bin'))
    s.busybox('sha512sum', 'noise.bin')
    s.busybox('gzip', 'data.txt')
    s.busybox('gzip', '-9', '-c', 'noise.bin', name='gzip -c')
    s.busybox('gunzip', 'data.txt.gz', setup=made_by([BUSYBOX, 'gzip', 'data.txt']))
    s.busybox('bzip2', 'data.txt')
    s.busybox('bunzip2', 'data.txt.bz2', setup=made_by([BUSYBOX, 'bzip2', 'data.txt']))
    s.busybox('awk', '{ n[$1]++; s[$1] += $3; x += $4 / 7 } END { for (w in n) print w, n[w], s[w]; '
              'printf "%.9f\\n", x }', 'data.txt')
    s.busybox('awk', 'BEGIN { for (i = 0; i < 300000; i++) s = (s * 31 + i) % 65521; print s; '
              'print substr("hello", 2, 3), toupper("abc"), length("four"), index("abc", "c"); '
              'n = split("a:b:c", p, ":"); print n, p[3]; print 1 / 3, int(-3.7), 2147483647 * 3 }',
              name='awk loop')
    s.busybox('sed', '-n', '-e', 's/\\([a-z]*\\) \\([a-z]*\\)/\\2-\\1/', '-e', '/^alpha/{s/[0-9]/#/g;p}',
              '-e', '$=', 'data.txt')
    s.busybox('sed', '-i', 's/alpha/omega/', 'data.txt', name='sed -i')
    s.busybox('sort', '-k3', '-n', 'data.txt')
    s.busybox('sort', '-u', '-r', 'data.txt', name='sort -u -r')
    s.busybox('find', 'fixed', '-type', 'f', '-o', '-name', 'd*', check=says('fixed/dir/deeper/hardlink'))
    s.busybox('find', '.', '-perm', '-100', '-o', '-size', '+10', '-print', name='find -perm -size')
    s.busybox('tar', 'cf', 'out.tar', 'fixed', name='tar c')
    s.busybox('tar', 'xvf', 'in.tar', '-C', 'fixed/dir', name='tar x',
              setup=made_by([BUSYBOX, 'tar', 'cf', 'in.tar', 'fixed']))
    s.busybox('tar', 'tvf', 'in.tar', name='tar t', setup=made_by([BUSYBOX, 'tar', 'cf', 'in.tar', 'fixed']))
    s.busybox('vi', '-H', check=None)
    s.busybox('ls', '-la', 'fixed', 'fixed/dir', check=says('symlink -> ../file'))
    s.busybox('ls', '-laR', '/etc/alternatives', name='ls -laR /etc/alternatives')
    s.busybox('grep', '-c', '-E', '^(alpha|beta) .*7$', 'data.txt')
    s.busybox('wc', 'data.txt', 'noise.bin')
    s.busybox('od', '-A', 'x', '-t', 'x1', 'noise.bin')
    s.busybox('hexdump', '-C', 'noise.bin')
    s.busybox('base64', 'noise.bin')
    s.busybox('uuencode', '-m', 'noise.bin', 'name')
    s.busybox('cut', '-d', ' ', '-f', '2,3', 'data.txt')
    s.busybox('tr', 'a-y', 'b-z', stdin=text(100).encode())
    s.busybox('cat', 'data.txt', '-', stdin=b'from stdin\n')
    s.busybox('tail', '-n', '5', 'data.txt')
    s.busybox('uniq', '-c', 'data.txt')
    s.busybox('diff', 'data.txt', 'other', check=says('omega', 1),
              setup=made_by([BUSYBOX, 'sh', '-c', 'sed "s/alpha/omega/" data.txt >other']))
    s.busybox('patch', 'data.txt', 'p', setup=made_by(
        [BUSYBOX, 'sh', '-c', 'sed "5s/ / x /" data.txt >other; diff -u data.txt other >p; rm other; true']))
    s.busybox('cp', '-a', 'fixed', 'copy')
    s.busybox('mv', 'fixed', 'moved')
    s.busybox('rm', '-r', 'fixed')
    s.busybox('ln', '-s', 'data.txt', 'link')
    s.busybox('mkdir', '-p', 'a/b/c')
    s.busybox('chmod', '-R', 'u+x,go-r', 'fixed')
    s.busybox('stat', '-c', '%n %s %a %F %h %Y', 'fixed/file', 'fixed/dir', 'fixed/fifo')
    s.busybox('du', '-a', 'fixed')
    s.busybox('dd', 'if=noise.bin', 'of=part', 'bs=1000', 'skip=3', 'count=20', 'status=none')
    s.busybox('cmp', 'data.txt', 'noise.bin', check=says('differ', 1))
    s.busybox('expr', '6', '*', '7', check=says('42'))
    s.busybox('seq', '1', '0.5', '20')
    s.busybox('factor', '1234567890123')
    s.busybox('dc', '-e', '2 200 ^ p 16 o 255 p')
    s.busybox('bc', '-q', stdin=b'scale=40\n4*a(1)\n2^300\n', check=None)
    s.busybox('date', '-u', '-d', '@1234567890', check=says('Feb'))
    s.busybox('cal', '2', '2024')
    s.busybox('printf', '%08.3f|%-5s|%x\n', '3.14159', 'ab', '255')
    s.busybox('env')
    s.busybox('readlink', '-f', 'fixed/dir/symlink')
    s.busybox('unexpand', '-a', stdin=b'a       b               c\n')
    s.busybox('xxd', 'fixed/file')
    s.busybox('no-such-applet', check=says('applet not found', 127))
    s.busybox('sh', '-c', 'i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done; echo $i; '
              'for f in fixed/*; do echo "$f"; done; case abc in a*) echo yes;; esac; set -- 1 2 3; echo $#; '
              'read x <data.txt; echo "${x%% *}"; exit 9', name='sh without fork', check=says('2000', 9))


def clear_an_inode(work):
    """Damage the image, so that e2fsck has much to say: a directory's entries lead to nothing."""
    subprocess.run(['/sbin/debugfs', '-w', '-R', 'clri <12>', 'image'], cwd=work, check=True,
                   stderr=subprocess.DEVNULL)


def package_cases(s):
    mke2fs = ['/sbin/mke2fs', '-q', '-t', 'ext4', '-d', 'fixed', '-U', '01234567-89ab-cdef-0123-456789abcdef',
              '-E', 'hash_seed=01234567-89ab-cdef-0123-456789abcdef', 'image', '4M']
    fsck = '/sbin/e2fsck.static'
    s.add('e2fsck-static -n', [fsck, '-n', '-f', 'image'], setup=made_by(mke2fs), needs=[mke2fs[0]],
          check=says('Pass 5'), tree=False)
    s.add('e2fsck-static -n, damaged image', [fsck, '-n', '-f', 'image'], needs=[mke2fs[0]],
          setup=made_by(mke2fs, clear_an_inode), check=says('Pass 5', 4), tree=False)
    s.add('gpgv-static --version', ['/usr/bin/gpgv-static', '--version'], check=says('libgcrypt'))
    s.add('gpgv-static, no signature', ['/usr/bin/gpgv-static', '--keyring',
                                        '/usr/share/keyrings/debian-archive-keyring.gpg', 'data.txt'],
          check=says('valid OpenPGP', 2))
    dar = '/usr/bin/dar_static'
    # The archive holds a random label: its bytes are not compared. dar looks for gpg (and would start it); where
    # there is none it asks on the terminal.
    s.add('dar_static -c', [dar, '-c', 'archive', '-g', 'fixed'], tree=False, check=says('inode(s) saved'),
          env=dict(BASE_ENV, PATH='/nowhere'), dialog=[('Esc = NO]', '\r')])
    s.add('dar_static -V', [dar, '-V'], check=says('Long options support'), env=dict(BASE_ENV, PATH='/nowhere'),
          dialog=[('Esc = NO]', '\r')])
    s.add('ldconfig -p', ['/sbin/ldconfig', '-p'], check=says('libs found in cache'))
    s.add('ldconfig -N -v', ['/sbin/ldconfig', '-N', '-X', '-v'], check=says('libc'))
    s.add('bash-static without fork', ['/bin/bash-static', '--norc', '-c',
          'declare -A n; while read -r a b c d; do (( n[$a] += c )); done <data.txt; '
          'for k in alpha beta; do echo $k ${n[$k]}; done; printf -v x "%05d" 42; echo $x ${x//0/o}; '
          '[[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}; shopt -s globstar; echo fixed/**; exit 3'],
          check=says('00042', 3))
    s.add('zsh-static without fork', ['/bin/zsh-static', '-f', '-c',
          'typeset -A n; for ((i = 0; i < 5000; i++)) { (( n[$((i % 7))] += i )) }; print ${(kv)n}; '
          'print -l fixed/**/*(.); print ${(U)HOME} ${#:-four}'], check=says('fixed/file'))
    s.add('mksh-static without fork', ['/bin/mksh-static', '-c',
          'integer i=0 s=0; while (( i < 20000 )); do (( s += i++ )); done; print $s'], check=says('199990000'))
    s.add('tini-static --version', ['/usr/bin/tini-static', '--version'], check=says('tini version'))


def process_cases(s):
    """Programs that start others: pipelines, substitutions, jobs."""
    s.add('bash-static, pipelines', ['/bin/bash-static', '--norc', '-c',
          'echo a | cat; for i in {1..5}; do echo $((i * i)); done | sort -rn; x=$(echo sub); echo $x; '
          "trap 'echo bye' EXIT; (exit 3); echo $?; sleep 0.05 & wait $!; echo waited $?; cat <<END\n"
          'here $x\nEND\n'], check=says('waited 0'))
    s.add('zsh-static, pipelines', ['/bin/zsh-static', '-f', '-c',
          'print -l a b | while read x; do print got $x; done; print $((7 ** 20)) $(print sub)'],
          check=says('got b'))
    s.add('mksh-static, pipelines', ['/bin/mksh-static', '-c', 'print a | cat; x=$(print sub); print $x'],
          check=says('sub'))
    s.busybox('sh', '-c', 'ls | wc -l; seq 1 100 | awk "{s += \\$1} END {print s}"; '
              'cat data.txt | gzip | gunzip | md5sum; find fixed -type f | xargs -n1 md5sum',
              name='sh, pipelines', check=says('5050'))
    s.busybox('tar', 'czf', 'out.tgz', 'fixed', name='tar cz')
    s.add('dynamic: dash', ['/bin/dash', '-c', 'for i in 1 2 3; do echo $i | tr 1 x; done; (exit 3); echo $?'],
          check=says('3'))
    s.add('dynamic: find -exec', ['/usr/bin/find', 'fixed', '-type', 'f', '-exec', 'wc', '-c', '{}', '+'])
    s.add('dynamic: perl, pipes', ['/usr/bin/perl', '-e', 'print `echo hi`; open F, "|cat"; print F "x\n"; close F; '
                                   'print "$?\n"; print wait, "\n"'], check=says('hi'))
    s.add('dynamic: timeout', ['/usr/bin/timeout', '0.1', '/bin/sleep', '5'], check=says('', 124))
    s.add('dynamic: gcc', ['/usr/bin/gcc', '-O1', '-o', 'hello', SAMPLE], needs=['as', 'ld'])


def own_cases(s):
    s.add('musl hello', ['musl_hello', 'a', 'b'], check=says('hello from musl', 7))
    s.add('C++ with exceptions and iostreams', ['cxx'], check=says('because of the bottom', 42))
    s.add('SQLite, static', ['sqlite_work'], check=says('ok'))
    s.add('Lua, static', ['lua_work'], check=says('lines\t1000'))
    s.add('dynamic: ls -la', ['/bin/ls', '-la', 'fixed', 'fixed/dir'], check=says('symlink -> ../file'))
    s.add('dynamic: cat', ['/bin/cat', 'data.txt'])
    s.add('dynamic: sha256sum', ['/usr/bin/sha256sum', 'noise.bin'])
    s.add('dynamic: sed', ['/bin/sed', 's/alpha/omega/;s/\\([0-9]\\)\\1/<\\1>/g', 'data.txt'])
    s.add('dynamic: perl', ['/usr/bin/perl', '-e',
          'my %n; open my $f, "<", "data.txt" or die; while (<$f>) { $n{(split)[0]}++ } '
          'print map { "$_ $n{$_}\\n" } sort keys %n; print sprintf("%.10f", atan2(1, 1) * 4), "\\n"; '
          '$_ = "x" x 100000; print length, " ", tr/x/y/, "\\n"; print join(",", map { chr(65 + $_) } 0..5)'],
          check=says('A,B,C,D,E,F'))
    s.add('1 TiB reserved', ['bigmem', 'reserve', '1'], check=says('1 TiB at'))
    s.add('8 TiB reserved', ['bigmem', 'reserve', '8'], check=says('8 TiB at'))
    s.add('6 GiB touched sparsely', ['bigmem', 'sparse'], check=says('6 GiB at'))
    s.add('deep recursion, stack 8 MiB', ['bigmem', 'deep', '8100'], stack=8192, check=says('went down'))
    s.add('deep recursion, stack 256 KiB', ['bigmem', 'deep', '200'], stack=256, check=says('went down'))
    s.add('deep recursion, stack unlimited', ['bigmem', 'deep', '60000'], stack='unlimited',
          check=says('went down'))
    s.add('too deep, stack 8 MiB', ['bigmem', 'overflow'], stack=8192, check=says('SIGSEGV at depth', -11))
    s.add('too deep, stack 256 KiB', ['bigmem', 'overflow'], stack=256, check=says('SIGSEGV at depth', -11))
    here = os.path.dirname(os.path.abspath(__file__))
    s.add('CPython, static', ['python_work', os.path.join(here, 'python_work.py')], check=says('collected True', 3),
          env=dict(BASE_ENV, PYTHONHOME='/usr', PYTHONDONTWRITEBYTECODE='1'))
    s.add('Perl, static', ['perl_work', os.path.join(here, 'perl_work.pl')], check=says('through a pipe', 4))
    s.add('GHC runtime', ['ghc_work'], check=says('divide by zero', 7))
    s.add('GHC runtime, two capabilities', ['ghc_work', '+RTS', '-N2'], check=says('divide by zero', 7))
    s.add('dynamic: shellcheck (GHC)', ['/usr/bin/shellcheck', '-'], check=says('SC2086', 1),
          stdin=b'#!/bin/sh\nx=$1\nif [ $x == "a" ]; then echo `ls $y`; fi\n')
    s.add('memfd written and executed', ['memfd_exec'], check=says('125250'))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--launch', required=True)
    ap.add_argument('--ulk', help='without it, two native runs are compared')
    ap.add_argument('--programs', required=True, help='where the programs built for this suite are')
    ap.add_argument('--only')
    opt = ap.parse_args()
    suite = Suite(os.path.abspath(opt.programs))
    busybox_cases(suite)
    package_cases(suite)
    process_cases(suite)
    own_cases(suite)
    cases = [c for c in suite.cases if not opt.only or opt.only in c.name]
    runner = Runner(os.path.abspath(opt.launch), opt.ulk and os.path.abspath(opt.ulk))
    return 1 if runner.run_all(cases) else 0


if __name__ == '__main__':
    sys.exit(main())
