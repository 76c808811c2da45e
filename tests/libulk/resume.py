#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""resume.py ULK GUEST: `ulk run --save-snapshot' and `--resume': a process goes on in another, from a file. TAP."""
import os
import subprocess
import sys
import tempfile

ulk, guest = map(os.path.abspath, sys.argv[1:3])
work = tempfile.TemporaryDirectory(prefix="ulk-resume-")
os.chdir(work.name)
with open("numbers", "w") as f:
    f.write("1\n20\n300\n4000\n50000\n600000\n")
results = []


def run(*args, stdin=subprocess.DEVNULL, **kw):
    return subprocess.run([ulk, "run", *args], stdin=stdin, capture_output=True, text=True, timeout=60, **kw)


def saved(*args, stdin=None):
    with open(stdin or "numbers") as f:
        return run(*args, stdin=f)


def check(what, got, wanted):
    results.append((what, got == wanted, f"got {got!r}, wanted {wanted!r}"))


def fails(what, done, status, text):
    results.append((what, done.returncode == status and text in done.stderr and not done.stdout,
                    f"status {done.returncode}, {done.stdout!r}, {done.stderr!r}"))


def read(path):
    with open(path) as f:
        return f.read()


said = "654321 in 6 lines, adds up in /usr for ever\n"
out = os.path.join(work.name, "out")
done = saved("-E", "FOR=ever", "--save-snapshot", "half", "--at", "half_way", guest, "-", out)
check("saved: nothing is said", (done.returncode, done.stdout, done.stderr), (0, "", ""))
check("... what was written is there", read(out), "1\n20\n300\n")
done = run("--resume", "half")
check("resumed: input and output go on in their places, name and directory are the program's",
      (done.returncode, done.stdout, done.stderr), (6, said, ""))
check("... so does the file", read(out), "1\n20\n300\n4000\n50000\n600000\n")
with open("said", "w") as f:
    f.write("before\n")
    f.flush()
    done = subprocess.run([ulk, "run", "--resume", "half"], stdout=f, stdin=subprocess.DEVNULL, timeout=60)
check("standard output is of who resumes", read("said"), "before\n" + said)
both = [subprocess.Popen([ulk, "run", "--resume", "half"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        for _ in range(3)]
check("three at once", [(p.communicate()[0], p.returncode) for p in both], [(said, 6)] * 3)
done = run("--resume", "half", "--save-snapshot", "later", "--at", "nearly")
check("a resumed one is saved again", (done.returncode, done.stdout, done.stderr), (0, "", ""))
done = run("--resume", "later", "--trace=prctl,read,execve")
check("... and traced: no execve any more", (done.stdout, "execve" in done.stderr, done.stderr.count("\nread(0,") >= 6),
      (said, False, True))
check("its memory is in order after each call", run("--resume", "half", "--check-mm").stdout, said)
done = saved("-E", "FOR=ever", "--save-snapshot", "first", guest)
check("at its entry, when nothing is said of where", done.returncode, 0)
check("... and on from there", run("--resume", "first").stdout.split(",")[0], "654321 in 6 lines")

fails("no such file", run("--resume", "nothing"), 127, "nothing: No such file")
fails("not such a file", run("--resume", guest), 126, "not a snapshot's file")
with open("half", "rb") as f:
    data = bytearray(f.read())
data[len(data) // 2] ^= 1
with open("bad", "wb") as f:
    f.write(data)
fails("a damaged one", run("--resume", "bad"), 126, "damaged")
os.truncate("bad", 5000)
fails("half of one", run("--resume", "bad"), 126, "not complete")
fails("a pipe cannot be saved", saved("--save-snapshot", "x", "--at", "half_way", guest, "pipe"), 125, "descriptor 3 is no file")
fails("a second thread cannot", saved("--save-snapshot", "x", "--at", "half_way", guest, "thread"), 125, "one thread")
fails("nor a process that has ended", saved("--save-snapshot", "x", "--at", "exit", "/bin/true"), 125, "the process has ended")
done = saved("--save-snapshot", "x", "--at", "nearly", guest, stdin="/dev/null")
check("a point that is not reached", (done.returncode, "ended before it reached" in done.stderr), (125, True))
check("none of these has left a file", [n for n in os.listdir(".") if n.startswith("x")], [])
fails("a directory that is not there", saved("--save-snapshot", "no/x", guest), 125, "No such file")
for what, args, text in [("a program beside --resume", ["--resume", "half", guest], "the program is the snapshot's"),
                         ("--at alone", ["--at", "main", guest], "--at is for"),
                         ("a new environment", ["--resume", "half", "-E", "A=B"], "are the snapshot's"),
                         ("--deterministic", ["--resume", "half", "--deterministic"], "beginning to its end")]:
    fails("refused: " + what, run(*args), 125, text)

print(f"1..{len(results)}")
for i, (what, ok, why) in enumerate(results, 1):
    print(f"{'ok' if ok else 'not ok'} {i} - {what}")
    if not ok:
        print("#", why)
