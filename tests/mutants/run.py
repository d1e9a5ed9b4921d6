#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Weakens one line of the cache, or of a fetch with a store, after the other, in copies of the
sources, and requires that a test fails each time. Usage: run.py [--check | --list] [filter...];
--check only looks whether every mutant still applies. The mutants are in table.py."""

import argparse
import queue
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
from table import EQUIVALENT, KILLERS, MUTANTS  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build/mutants"
FLAGS = "-std=c++20 -w -DASIO_NO_DEPRECATED -Iinclude -Itests".split()
LIBRARIES = "-lgtest -lgtest_main -lgmock -lssl -lcrypto -pthread".split()
EXPLORER = ("explorer", "quarantine")
COMPILE_LIMIT, RUN_LIMIT = 600, 240


def run(command, folder, limit):
    """(exit status or None when it took too long, what it said)"""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=limit)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def must(command, folder):
    status, said = run(command, folder, COMPILE_LIMIT)
    if status != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {said[-3000:] or 'took too long'}")


def prepare():
    """What no mutant changes: the explorer's own objects, a precompiled header, copies of the tree."""
    shutil.rmtree(WORK, ignore_errors=True)
    copies = [WORK / "a", WORK / "b"]
    for copy in copies:
        for part in ("include", "tests/model", "tests/support", "tests/unit", "tests/threads", "tests/integration"):
            shutil.copytree(ROOT / part, copy / part)
    common = WORK / "common"
    (common / "support").mkdir(parents=True)
    shutil.copy(ROOT / "tests/support/precompiled.hpp", common / "support")
    jobs = [["g++", *FLAGS, "-O1", "-c", f"tests/model/{name}.cpp", "-o", common / f"{name}.o"] for name in EXPLORER]
    jobs.append(["g++", *FLAGS, "-O0", "-x", "c++-header", "tests/support/precompiled.hpp", "-o",
                 common / "support/precompiled.hpp.gch"])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: must(job, copies[0]), jobs))
    return copies


def kill(name, copy):
    """What failed, or None when everything passed; raises when it does not compile."""
    source = KILLERS[name]
    if source.endswith(".py"):
        status, said = run([sys.executable, source], copy, RUN_LIMIT)
    else:
        program = copy / "program"
        program.unlink(missing_ok=True)
        common = WORK / "common"
        command = ["g++", *FLAGS]
        if source.startswith("tests/model/"):
            command += ["-O1", source, *(common / f"{part}.o" for part in EXPLORER)]
        else:
            command += ["-O0", "-include", common / "support/precompiled.hpp", source,
                        "tests/support/allocation_counter.cpp"]
            if source.startswith("tests/integration/"):
                command += ["tests/support/canary_watch.cpp"]
            if source.startswith("tests/threads/"):
                command += ["-include", "tests/support/yield.hpp"]
        must([*command, *LIBRARIES, "-o", program], copy)
        status, said = run([program, "--gtest_fail_fast", "--gtest_brief=1"], copy, RUN_LIMIT)
    if status == 0:
        return None
    lines = [line for line in said.splitlines() if line.startswith(("[  FAILED  ]", "WRONG", "litmus:"))]
    if status is None:
        return "did not end"
    return lines[0].removeprefix("[  FAILED  ] ") if lines else f"ended with {status}"


def applied(mutant):
    """The mutated text of its file; raises when the mutant does not apply."""
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.old) != 1:
        raise RuntimeError(f"{mutant.file} has {text.count(mutant.old)} times, not once: {mutant.old!r}")
    if mutant.old == mutant.new:
        raise RuntimeError("changes nothing")
    unknown = [k for k in getattr(mutant, "killers", ()) if k not in KILLERS]
    if unknown:
        raise RuntimeError(f"unknown tests {unknown}")
    return text.replace(mutant.old, mutant.new)


def judge(mutant, copy):
    """(killed, a line)"""
    started = time.monotonic()
    target = copy / mutant.file
    target.write_text(applied(mutant))
    try:
        for name in mutant.killers:
            failed = kill(name, copy)
            if failed is not None:
                return True, f"killed   {mutant.name}  by {name}: {failed} ({time.monotonic() - started:.0f} s)"
    except RuntimeError as problem:
        return False, f"ERROR    {mutant.name}: {problem}"
    finally:
        shutil.copy(ROOT / mutant.file, target)
    return False, f"SURVIVED {mutant.name}  {', '.join(mutant.killers)} ({time.monotonic() - started:.0f} s)"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="only whether every mutant applies")
    options.add_argument("--list", action="store_true", help="names")
    options.add_argument("filter", nargs="*", help="parts of names")
    options = options.parse_args()
    chosen = [m for m in MUTANTS if not options.filter or any(f in m.name for f in options.filter)]
    if options.list:
        print("\n".join(m.name for m in chosen))
        return 0

    broken = 0
    for mutant in [*chosen, *EQUIVALENT]:
        try:
            applied(mutant)
        except (RuntimeError, OSError) as problem:
            broken += 1
            print(f"mutants: {mutant.name}: {problem}; mend tests/mutants/table.py", file=sys.stderr)
    if broken:
        return 1
    if options.check:
        print(f"mutants: all {len(chosen)} apply, and {len(EQUIVALENT)} that change nothing that matters")
        return 0

    print("mutants: preparing", flush=True)
    copies = queue.Queue()
    for copy in prepare():
        copies.put(copy)

    def in_copy(work):
        copy = copies.get()
        try:
            return work(copy)
        finally:
            copies.put(copy)

    bad = 0
    with ThreadPoolExecutor(2) as pool:
        needed = sorted({name for m in chosen for name in m.killers})
        for name, failed in zip(needed, pool.map(lambda n: in_copy(lambda copy: kill(n, copy)), needed)):
            if failed is not None:
                print(f"mutants: {name} fails without any mutant: {failed}", file=sys.stderr)
                return 1
        for number, (killed, line) in enumerate(pool.map(lambda m: in_copy(lambda copy: judge(m, copy)), chosen), 1):
            bad += not killed
            print(f"{number:3}/{len(chosen)} {line}", flush=True)
    for mutant in EQUIVALENT:
        print(f"    equivalent {mutant.name}: {mutant.reason}")
    if bad:
        print(f"mutants: {bad} not killed: a test is missing, or a reason", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
