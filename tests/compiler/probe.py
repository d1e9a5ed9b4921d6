#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Which coroutine patterns does this compiler get wrong? probe.py <compiler> <folder for programs>

Prints a table of patterns.cpp. Fails only if a pattern that the library relies on does not work."""

import re
import signal
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("patterns.cpp")
SKIPPED = 77
DOES_NOT_COMPILE = "does not compile"
FLAGS = ["-std=c++20", "-O0", "-g0", "-w", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def build(compiler, program, names, more=()):
    listed = " ".join(f"X({name})" for name in names)
    command = [compiler, *FLAGS, *more, f"-DPATTERNS={listed}", str(SOURCE), "-o", str(program)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def run(program, name):
    """How the pattern fares: "ok", or how it failed."""
    try:
        ended = subprocess.run([str(program), name], check=False, capture_output=True, text=True, errors="replace", timeout=60)
    except subprocess.TimeoutExpired:
        return "hangs"
    if ended.returncode == 0:
        return "ok"
    found = re.search(r"Sanitizer: ([\w-]+(?: [\w-]+)?)", ended.stderr)
    if found:
        return found.group(1)
    return "wrong value" if ended.returncode > 0 else "crashes, " + signal.Signals(-ended.returncode).name


def attempt(compiler, folder, names):
    """Name -> result. All in one program where that compiles, which is quicker."""
    if build(compiler, folder / "all", names):
        return {name: run(folder / "all", name) for name in names}
    return {name: run(folder / name, name) if build(compiler, folder / name, [name]) else DOES_NOT_COMPILE
            for name in names}


def main():
    compiler, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([compiler, "--version"], check=True, capture_output=True, text=True).stdout
    print(version.splitlines()[0])
    patterns = re.findall(r"^// pattern (\w+): (relied on|avoided)$", SOURCE.read_text(encoding="utf-8"), re.MULTILINE)
    separate = "initializer_list"
    results = attempt(compiler, folder, [name for name, _ in patterns if name != separate])
    if set(results.values()) == {DOES_NOT_COMPILE}:
        print("this compiler cannot build any of them with AddressSanitizer")
        sys.exit(SKIPPED)
    compiles = build(compiler, folder / separate, [separate], ["-DALSO_WHAT_DOES_NOT_COMPILE"])
    results[separate] = run(folder / separate, separate) if compiles else DOES_NOT_COMPILE
    for name, kind in patterns:
        print(f"  {kind:<10} {name:<32} {results[name]}")
    broken = [name for name, kind in patterns if kind == "relied on" and results[name] != "ok"]
    print("broken although relied on: " + ", ".join(broken) if broken else "all that is relied on works")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
