#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""valgrind.py LEAKS GUEST SUPPRESSIONS [ROUNDS]: a library user's valgrind run over machines made, used and ended."""
import re
import shutil
import subprocess
import sys

leaks, guest, suppressions = sys.argv[1:4]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
if not shutil.which("valgrind"):
    print("1..0 # SKIP there is no valgrind")
    sys.exit(0)
# The engine writes code where it wrote code before.
done = subprocess.run(["valgrind", "--smc-check=all", "--leak-check=full", "--show-leak-kinds=definite", "--error-exitcode=0",
                       "--suppressions=" + suppressions, leaks, guest, str(rounds)],
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=3600)
lost = re.search(r"definitely lost: ([0-9,]+) bytes in ([0-9,]+) blocks", done.stderr)
clean = "no leaks are possible" in done.stderr or (lost and lost.group(1) == "0")
used = f"ok 1 - {rounds} machines made, used and ended" in done.stdout
print("1..2")
print(f"{'ok' if used else 'not ok'} 1 - {rounds} machines made, used and ended under valgrind")
print(f"{'ok' if clean else 'not ok'} 2 - nothing is lost")
if not used or not clean:
    for line in (done.stdout + done.stderr[-6000:]).splitlines():
        print("#", line)
