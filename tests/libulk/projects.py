#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The library as others get it: installed, through pkg-config (shared, static, from C++), and as a meson subproject."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
for option in ("source", "build", "meson", "guest", "prefix"):
    parser.add_argument("--" + option)
args = parser.parse_args()
project = os.path.join(args.source, "samples/testing/meson-project")
results = []


def run(*command, **options):
    """The output, or an exception with it."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def case(what, function, *need):
    missing = [n for n in need if not shutil.which(n)]
    if missing:
        results.append(what)
        print(f"ok {len(results)} - {what} # SKIP there is no {missing[0]}")
        return
    try:
        function()
        results.append(what)
        print(f"ok {len(results)} - {what}")
    except (RuntimeError, AssertionError, subprocess.TimeoutExpired) as e:
        results.append(what)
        print(f"not ok {len(results)} - {what}")
        print("# " + str(e).replace("\n", "\n# "))
    sys.stdout.flush()


with tempfile.TemporaryDirectory() as tmp:
    dest = os.path.join(tmp, "dest")
    root = dest + args.prefix
    env = dict(os.environ)
    # pkg-config --variable and all that follows see the installed tree where it is now.
    pkgconfig = []

    def install():
        run(args.meson, "install", "-C", args.build, "--no-rebuild", "--destdir", dest)
        there = {os.path.relpath(os.path.join(d, f), root) for d, _, files in os.walk(root) for f in files}
        for name in ("include/ulk.h", "include/ulk/state.h", "share/man/man1/ulk.1", "bin/ulk"):
            assert name in there, f"{name} is not installed"
        for header in os.listdir(os.path.join(args.source, "include/ulk")):
            assert "include/ulk/" + header in there, f"ulk/{header} is not installed"
        for name in ("libulk.a", "libulk.so.0", "pkgconfig/ulk.pc", "pkgconfig/ulk-static.pc"):
            assert any(f.endswith("/" + name) for f in there), f"{name} is not installed"
        for d, _, files in os.walk(root):
            if "ulk.pc" in files:
                pkgconfig.append(d)
        # Moved to where it is: a user has it under its prefix.
        for name in ("ulk.pc", "ulk-static.pc"):
            path = os.path.join(pkgconfig[0], name)
            with open(path) as f:
                text = f.read()
            assert "Requires" in text and args.prefix in text, text
            with open(path, "w") as f:
                f.write(text.replace("prefix=" + args.prefix, "prefix=" + root, 1))
        env["PKG_CONFIG_PATH"] = pkgconfig[0]
        env["LD_LIBRARY_PATH"] = os.path.dirname(pkgconfig[0])

    def flags(name):
        return run("pkg-config", "--cflags", "--libs", name, env=env).split()

    def compile_and_run(compiler, source, package):
        exe = os.path.join(tmp, "exe")
        run(*compiler, source, "-o", exe, *flags(package), env=env)
        needed = run("readelf", "-d", exe)
        assert ("libulk.so" in needed) == (package == "ulk"), needed
        run(exe, args.guest, env=env)

    def shared():
        compile_and_run(["cc", "-Wall", "-Wextra", "-Werror"], os.path.join(project, "../control.c"), "ulk")

    def static():
        # It stops an endless loop after some time: the parts of Unicorn that ulk brings itself are in place.
        compile_and_run(["cc", "-Wall", "-Wextra", "-Werror"], os.path.join(project, "../control.c"), "ulk-static")

    def cplusplus():
        compile_and_run(["g++", "-std=c++17", "-Wall", "-Wextra", "-pedantic", "-Werror"],
                        os.path.join(args.source, "tests/libulk/cplusplus.cc"), "ulk")

    def meson_installed():
        build = os.path.join(tmp, "installed")
        run(args.meson, "setup", build, project, env=env)
        run(args.meson, "test", "-C", build, env=env)

    def meson_subproject():
        copy = os.path.join(tmp, "project")
        shutil.copytree(project, copy)
        os.mkdir(os.path.join(copy, "subprojects"))
        os.symlink(args.source, os.path.join(copy, "subprojects/ulk"))
        build = os.path.join(tmp, "subproject")
        without = {k: v for k, v in os.environ.items() if k != "PKG_CONFIG_PATH"}
        # Only what the project itself needs is built, and quickly.
        run(args.meson, "setup", "-Dbuildtype=plain", "--force-fallback-for=ulk", build, copy, env=without)
        run("ninja", "-C", build, "-j2", "parser", "check_parser", env=without)
        run(args.meson, "test", "-C", build, "--no-rebuild", "no memory", env=without)

    print("1..6")
    case("meson install puts everything in place", install)
    case("a C program, through pkg-config", shared, "pkg-config", "cc")
    case("the same with the static library", static, "pkg-config", "cc")
    case("a C++ program, with all warnings", cplusplus, "pkg-config", "g++")
    case("a meson project with the installed ulk", meson_installed, "pkg-config", "ninja")
    case("a meson project with ulk as a subproject", meson_subproject, "ninja")
