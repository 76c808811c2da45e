#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""localize.py OBJCOPY OUTPUT ARCHIVE MAP: make a static library of the archive in which only the symbols of the version
script MAP are global, so that names such as do_mmap cannot meet those of the program that is linked with it."""
import os
import re
import subprocess
import sys
import tempfile

objcopy, output, archive, version_map = sys.argv[1:]
names = re.findall(r"^\s*(\w+);", open(version_map).read(), re.M)
with tempfile.TemporaryDirectory() as tmp:
    whole = os.path.join(tmp, "libulk.o")
    keep = os.path.join(tmp, "keep")
    with open(keep, "w") as f:
        f.write("\n".join(names + ["__wrap_" + n for n in names if n.endswith("_x86_64")]) + "\n")
    subprocess.run(["ld", "-r", "--whole-archive", archive, "-o", whole], check=True)
    subprocess.run([objcopy, "--keep-global-symbols=" + keep, whole], check=True)
    if os.path.exists(output):
        os.unlink(output)
    subprocess.run(["ar", "rcsD", output, whole], check=True)
