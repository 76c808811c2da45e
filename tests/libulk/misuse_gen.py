#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""misuse_gen.py HEADER... > calls.h: from the declarations, for each function of the library, a call with each of its pointers
NULL in turn. tests/libulk/misuse.c includes it: what is declared is called, whether or not anybody has thought of it."""
import re
import sys

VALUES = {"const char *": '"main"', "char *": "text", "size_t": "size", "uint64_t": "number", "uint32_t": "(uint32_t)number",
          "int": "(int)number", "double": "0.001", "void *": "text", "const void *": "text", "uint8_t *": "(uint8_t *)text",
          "uint64_t *": "(uint64_t *)(void *)text", "int *": "(int *)(void *)text", "char **": "(char **)(void *)text",
          "char *const []": "no_words", "const char *const *": "NULL", "struct ulk_machine *": "m",
          "const struct ulk_machine *": "m", "struct ulk_snapshot *": "snapshot", "const struct ulk_snapshot *": "snapshot",
          "struct ulk_watch *": "watch"}
# Their own tests; and what makes, ends and runs machines is called by misuse.c as it should be, too.
OWN = {"ulk_machine_new", "ulk_machine_free"}

text = ""
for path in sys.argv[1:]:
    with open(path) as f:
        text += re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
text = re.sub(r"^#.*$", "", text, flags=re.M)
text = re.sub(r"(struct|enum) \w+ \{.*?^\};", "", text, flags=re.M | re.S)
calls = []


def split(params):
    """At the commas that are in no parentheses."""
    parts, depth = [""], 0
    for c in params:
        depth += (c == "(") - (c == ")")
        if c == "," and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return [" ".join(p.split()) for p in parts]


def value(param):
    if "(*" in param:
        return "each_" + re.search(r"const struct (\w+)", param).group(1), True
    if param.endswith("[]") or "const argv" in param:
        return "no_words", True
    kind = re.match(r"(.*?[ *])(\w+)$", param).group(1).strip()
    if kind in VALUES:
        return VALUES[kind], kind.endswith("*")
    # A structure that is filled or read.
    return f"({kind})(void *)text", True


for ret, name, params in re.findall(r"^((?:const )?[\w ]+?[ *]+)(ulk_\w+)\(((?:[^()]|\([^()]*\))*)\);", text, re.M):
    if name in OWN or params == "void":
        continue
    params = split(params)
    args = [value(p) for p in params]
    variants = [list(range(0))] + [[i] for i, (_, pointer) in enumerate(args) if pointer]
    for null in variants:
        line = ", ".join("NULL" if i in null else v for i, (v, _) in enumerate(args))
        what = f"{name}({', '.join('NULL' if i in null else '.' for i in range(len(args)))})"
        call = f"{name}({line})"
        result = "returned = 0; " + call if ret.strip() == "void" else f"returned = (long){call}"
        whose = params[0].startswith(("struct ulk_machine", "const struct ulk_machine"))
        machine = "NO_MACHINE" if whose and 0 in null else "MACHINE" if whose else "NONE_NEEDED"
        calls.append(f'CALL("{what}", {int(ret.strip() == "int")}, {machine}, {result})')

print("/* SPDX-License-Identifier: GPL-2.0-or-later */")
print("/* Made by misuse_gen.py. */")
print("\n".join(calls))
