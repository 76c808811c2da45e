#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of many threads and processes, natively and under ulk: same output, same status, same files.

Shells with scripts about jobs, servers, language runtimes, the Go toolchain. What is not installed is skipped
by name. A case whose native run does not do what it is there for fails.
"""
import argparse
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from compare import BASE_ENV, Case, Runner, Skip  # noqa: E402

BUSYBOX = '/bin/busybox'
HTTPD = '''
exec 2> /dev/null
mkdir www; seq 1 5000 > www/data; echo "<p>hello" > www/index.html; mkdir www/cgi-bin
printf '#!/bin/busybox sh\\necho; echo "cgi $QUERY_STRING"\\n' > www/cgi-bin/x; chmod +x www/cgi-bin/x
port=$((20000 + $$ % 20000))
busybox httpd -f -p 127.0.0.1:$port -h www 2> /dev/null &
server=$!
until busybox wget -q -O got http://127.0.0.1:$port/data 2> /dev/null; do
    kill -0 $server 2> /dev/null || { port=$((port + 1)); busybox httpd -f -p 127.0.0.1:$port -h www & server=$!; }
    sleep 0.02
done
cmp got www/data && echo same
busybox wget -q -O - http://127.0.0.1:$port/
busybox wget -q -O - "http://127.0.0.1:$port/cgi-bin/x?a=b"
busybox wget -q -O - http://127.0.0.1:$port/none 2> /dev/null; echo "missing $?"
for i in 1 2 3 4 5 6 7 8; do busybox wget -q -O got$i http://127.0.0.1:$port/data & jobs="$jobs $!"; done
wait $jobs; cat got? | busybox md5sum
kill $server; wait $server; echo "server $?"; rm -rf got*
'''
XARGS = '''
seq 1 60 | busybox xargs -n 3 -P 4 busybox sh -c 'echo $(($1 + $2 + $3))' x | sort -n | md5sum
seq 1 8 | busybox xargs -n 1 -P 8 busybox sh -c 'sleep 0.0$1; exit $(($1 == 5))' x; echo "status $?"
find . -type f | busybox xargs -P 3 -n 2 md5sum | sort
'''
BUSYBOX_SH = '''
trap 'echo usr1' USR1; kill -USR1 $$; trap - USR1
(exit 3); echo $?; sleep 0.05 & wait $!; echo $?
for i in 1 2 3; do (exit $i) & p="$p $!"; done; for i in $p; do wait $i; echo $?; done
(kill -TERM $(exec sh -c 'echo $PPID')); echo "killed $?"
sleep 5 & kill -KILL $!; wait $! 2> /dev/null; echo $?
x=$(for i in 1 2 3; do echo $i; done | tail -n 1); echo $x
n=0; while [ $n -lt 30 ]; do n=$(($n + $(echo 1))); done; echo $n
cat <<END
$(echo nested) $((6 * 7))
END
trap 'echo bye' EXIT; exit 7
'''


def says(want, status=0):
    def check(outcome):
        if outcome.status != status:
            return 'status %s instead of %s: %r' % (outcome.status, status, (outcome.out + outcome.err)[-300:])
        return None if want.encode() in outcome.out else '%r is not in its output' % want
    return check


def needs(*paths, then=None):
    """A setup that skips the case unless all of these are there."""
    def setup(work):
        for path in paths:
            if not (os.path.exists(path) if '/' in path else shutil.which(path, path=BASE_ENV['PATH'])):
                raise Skip('%s is not there' % os.path.basename(path))
        if then:
            then(work)
    return setup


def put_hello(work):
    shutil.copy(os.path.join(HERE, 'hello.go'), os.path.join(work, 'hello.go'))


def shell_cases():
    def script(shell, args, name, last, status):
        return Case(os.path.basename(shell) + ' ' + name, [shell] + args + [os.path.join(HERE, name)],
                    setup=needs(shell), check=says(last, status))

    def busybox(name, text, last, status=0):
        return Case('busybox ' + name, [BUSYBOX, 'sh', '-c', text], setup=needs(BUSYBOX),
                    check=says(last, status))
    return [
        script('/bin/bash-static', ['--norc'], 'jobs.bash', 'bye', 17),
        script('/bin/zsh-static', ['-f'], 'jobs.zsh', 'bye', 5),
        script('/bin/mksh-static', [], 'jobs.mksh', 'bye', 5),
        busybox('sh', BUSYBOX_SH, 'bye', 7),
        busybox('httpd and wget', HTTPD, 'server 143'),
        busybox('xargs -P', XARGS, 'status 123'),
    ]


def program_cases(programs):
    def own(name, last, status=0, *args):
        path = os.path.join(programs, name)
        return Case(name, [path] + list(args), setup=needs(path), check=says(last, status))
    return [
        own('sync', 'the lock is free: 0'),
        own('signals', 'read with SA_RESTART: 1'),
        own('stress', 'guarded 10000 of 10000, wrong 0'),
        own('segv_fix', 'file: x bus 1 wrong 0'),
        own('spawn', 'clone: 900 42'),
        own('isolation', 'without standard input and error: alive'),
        own('standard', 'No such file', 3),
        own('openmp', '1999003'),
        own('rust', 'no such program: NotFound'),
        own('server', 'bytes 6890 failed 0'),
    ]


def go_cases():
    go = shutil.which('go', path=BASE_ENV['PATH'])
    real = os.path.realpath(go) if go else 'go'
    env = dict(BASE_ENV, HOME='/tmp', GOTOOLCHAIN='local', CGO_ENABLED='0', GOFLAGS='-mod=mod', GOTELEMETRY='off',
               GO111MODULE='off')
    gosu = '/usr/sbin/gosu'
    return [
        Case('gosu --version', [gosu, '--version'], setup=needs(gosu), check=says('go1')),
        Case('gosu root', [gosu, 'root', 'id', '-u'], setup=needs(gosu),
             check=says('0') if os.getuid() == 0 else None),
        Case('go version', [real, 'version'], setup=needs(real), env=env, check=says('go version')),
        Case('go fmt', [real, 'fmt', 'hello.go'], setup=needs(real, then=put_hello), env=env),
        Case('go build', ['/bin/sh', '-c', 'GOCACHE=$PWD/cache "%s" build -p 1 -o hello hello.go && ./hello && '
                        'rm -rf cache' % real],
             setup=needs(real, then=put_hello), env=env, check=says('hello from go'), tree=False, timeout=150),
    ]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--launch', required=True)
    ap.add_argument('--ulk', help='without it, two native runs are compared')
    ap.add_argument('--programs', required=True, help='where the programs built for this suite are')
    ap.add_argument('--only')
    ap.add_argument('--repeat', type=int, default=1, help='run every case so many times')
    opt = ap.parse_args()
    cases = program_cases(os.path.abspath(opt.programs)) + shell_cases() + go_cases()
    cases = [c for c in cases if not opt.only or opt.only in c.name] * opt.repeat
    runner = Runner(os.path.abspath(opt.launch), opt.ulk and os.path.abspath(opt.ulk))
    return 1 if runner.run_all(cases) else 0


if __name__ == '__main__':
    sys.exit(main())
