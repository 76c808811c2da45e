#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The headers, the version script, the two libraries and the reference name the same functions."""
import argparse
import glob
import os
import re
import subprocess

parser = argparse.ArgumentParser()
for option in ("nm", "source", "shared", "static", "taken-over"):
    parser.add_argument("--" + option)
args = parser.parse_args()


def read(*path):
    with open(os.path.join(args.source, *path)) as f:
        return f.read()


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


# Of Unicorn, whose places are taken (cpu/preempt.c, and the list in cpu/meson.build).
ENGINE = {"check_exit_request_x86_64"} | set(args.taken_over.split(","))
headers = ["include/ulk.h"] + [os.path.relpath(p, args.source) for p in
                               sorted(glob.glob(os.path.join(args.source, "include/ulk/*.h")))]
declared, types = set(), set()
for header in headers:
    text = without_comments(read(header))
    # A member that is a pointer to a function has its name in parentheses.
    declared |= set(re.findall(r"\b(ulk_\w+)\(", text))
    types |= set(re.findall(r"^(?:struct|enum|union) (ulk_\w+) \{", text, re.M))

results = []


def compare(what, got, want):
    results.append((what, [f"missing: {n}" for n in sorted(want - got)] + [f"not wanted: {n}" for n in sorted(got - want)]))


def symbols(library, *options):
    out = subprocess.run([args.nm, "--defined-only", "--format=posix", *options, library], capture_output=True, text=True,
                         check=True).stdout
    return {line.split()[0].split("@")[0] for line in out.splitlines() if len(line.split()) > 1 and line.split()[1] in "TWDBRVi"}


compare("the version script names what the headers declare",
        set(re.findall(r"^\s*(\w+);", without_comments(read("libulk/libulk.map")), re.M)), declared | ENGINE)
# The sanitizers' own, in such a build; and the names of the versions.
got = {n for n in symbols(args.shared, "--dynamic") if not n.startswith(("__asan", "__ubsan", "__odr_asan", "ULK_"))}
compare("the shared library exports these and no others", got, declared | ENGINE)
got = {n for n in symbols(args.static) if not n.startswith(("__asan", "__ubsan", "__odr_asan"))}
compare("so does the static one", got, declared | {n if n.startswith("check") else "__wrap_" + n for n in ENGINE})
reference = os.path.join(args.source, "docs/library.md")
if os.path.exists(reference):
    named = set(re.findall(r"\bulk_\w+", read("docs/library.md")))
    compare("the reference names each function and type", named & (declared | types), declared | types)
# The mm_struct: what `ulk mm` shows has a member, by its name or another.
shown = set(re.findall(r"FIELD\((\w+), K_", read("cli/mm.c"))) - {"page_table_lock", "mmap_sem"}
other = {"get_unmapped_area": "top_down", "rss_stat": "rss_anon", "context": "vdso"}
mm = re.search(r"struct ulk_mm \{(.*?)\n\}", without_comments(read("include/ulk/state.h")), re.S).group(1)
members = set(re.findall(r"(\w+)(?:\[\d+\])?[,;]", mm))
compare("struct ulk_mm has each field of the mm_struct", {other.get(n, n) for n in shown} & members, {other.get(n, n) for n in shown})
flags = {n: eval(v.replace("UL", "")) for n, v in re.findall(r"#define (VM_\w+)\s+(0x\w+UL|\(1UL << \d+\))", read("mm/mm_types.h"))}
state = without_comments(read("include/ulk/state.h")).replace("UINT64_C", "")
public = {n: eval(v) for n, v in re.findall(r"ULK_(VM_\w+) (?:= )?(\w+|\([^\n]*\))(?=[,\n])", state)}
compare("the flags of areas are those of mm_types.h", set(public.items()), {(n, flags[n]) for n in flags if n != "VM_HUGETLB"})
# Of each function an example, but of those that explain themselves.
plain = {"ulk_version", "ulk_engine_version", "ulk_syscall_name", "ulk_syscall_number", "ulk_break_remove", "ulk_set_regs", "ulk_snapshot_free"}
examples = {p: read(p) for p in [os.path.relpath(p, args.source) for p in sorted(glob.glob(os.path.join(args.source, "samples/testing/*.c")))]}
used = {n for text in examples.values() for n in re.findall(r"\b(ulk_\w+)\(", text)}
compare("there is an example of each function", used & declared, declared - plain)
compare("none has more than eighty lines", {p for p, text in examples.items() if text.count("\n") > 80}, set())
compare("a C++ program can include each header", set(), {h for h in headers if 'extern "C"' not in read(h)})

print(f"1..{len(results)}")
for i, (what, wrong) in enumerate(results, 1):
    print(f"{'not ok' if wrong else 'ok'} {i} - {what}")
    for line in wrong:
        print("#", line)
