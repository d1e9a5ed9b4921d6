#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""usage: tests/fuzz/run.py [--list] [filter...]

Builds the fuzz targets, one after the other, with clang's libFuzzer, AddressSanitizer and
UndefinedBehaviorSanitizer, and runs each for COAUTH_FUZZ_SECONDS (30) seconds; a filter is a part of a
target's name. ./check --fuzz installs the compiler, then runs this.

All that is made stands in build/fuzz/<target>: the program, the inputs that reached new code (a later run
begins with them), and those that broke a property. The seeds are tests/fuzz/corpus/<target>."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SOURCES = TOP / "tests" / "fuzz"
BUILD = TOP / "build" / "fuzz"
COMPILER = "clang++-19"
FLAGS = ["-std=c++20", "-O1", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror",
         "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all", "-DCOAUTH_LIBFUZZER",
         "-DASIO_STANDALONE", "-DASIO_NO_DEPRECATED", "-DASIO_HAS_CO_AWAIT=1",
         f"-I{TOP / 'include'}", f"-I{TOP / 'tests'}"]
LIBRARIES = ["-lssl", "-lcrypto", "-pthread"]
MORE_LIBRARIES = {"openapi": ["-lyaml-cpp"]}
LONGEST_INPUT, LONGEST_RUN, MEMORY = 4096, 10, 2048  # bytes, seconds for one input, MB


def say(text):
    print(f"fuzz: {text}", flush=True)


def names():
    return sorted(path.stem for path in SOURCES.glob("*.cpp") if not path.stem.endswith("_test"))


def build(name):
    """The program; None, with the compiler's messages printed, where it cannot be built."""
    program = BUILD / name / "run"
    program.parent.mkdir(parents=True, exist_ok=True)
    command = [COMPILER, *FLAGS, str(SOURCES / f"{name}.cpp"), "-o", str(program), *LIBRARIES,
               *MORE_LIBRARIES.get(name, [])]
    began = time.monotonic()
    done = subprocess.run(command, check=False, cwd=TOP, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(done.stdout[-5000:])
        return None
    say(f"{name}: built in {time.monotonic() - began:.0f} s")
    return program


def run(name, program, seconds):
    """Whether nothing was found; says what was, and what to do with it."""
    folder = program.parent
    (folder / "corpus").mkdir(exist_ok=True)
    before = set(folder.glob("found-*"))
    command = [str(program), str(folder / "corpus"), str(SOURCES / "corpus" / name), f"-max_total_time={seconds}",
               f"-max_len={LONGEST_INPUT}", f"-timeout={LONGEST_RUN}", f"-rss_limit_mb={MEMORY}",
               f"-artifact_prefix={folder}/found-", "-print_final_stats=1"]
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
                   "UBSAN_OPTIONS": "print_stacktrace=1"}
    log = folder / "log"
    with log.open("w", encoding="utf-8", errors="replace") as out:
        # Beyond its time it gets what one input may take, and what reading the old ones takes.
        try:
            status = subprocess.run(command, check=False, cwd=folder, env=environment, stdout=out,
                                    stderr=subprocess.STDOUT, timeout=2 * seconds + 300).returncode
        except subprocess.TimeoutExpired:
            status = "no end"
    text = log.read_text(encoding="utf-8", errors="replace")
    runs = re.search(r"number_of_executed_units: (\d+)", text)
    covered = re.findall(r" cov: (\d+) ", text)
    if status == 0:
        say(f"{name}: nothing found in {int(runs.group(1)) if runs else 0:,} runs, {covered[-1] if covered else 0} edges")
        return True
    why = re.search(r"what\(\): .*|SUMMARY: .*|ERROR: .*", text)
    say(f"{name}: FOUND something ({status}): {why.group(0) if why else 'see the log'}")
    say(f"    the whole log: {log.relative_to(TOP)}")
    for found in sorted(set(folder.glob("found-*")) - before):
        found = found.relative_to(TOP)
        say(f"    the input: {found}")
        say(f"    once more: {program.relative_to(TOP)} {found}")
        say(f"    smaller:   {program.relative_to(TOP)} -minimize_crash=1 -max_total_time=30 {found}")
        say(f"    mended, it is a seed with a name: cp {found} tests/fuzz/corpus/{name}/<what-it-is>")
    return False


def main():
    arguments = sys.argv[1:]
    if any(a.startswith("-") and a != "--list" for a in arguments):
        print(__doc__)
        sys.exit(0 if arguments[0] in ("--help", "-h") else 2)
    filters = [a for a in arguments if a != "--list"]
    chosen = [name for name in names() if not filters or any(f in name for f in filters)]
    if not chosen or "--list" in arguments:
        print("\n".join(chosen or names()))
        if not chosen:
            sys.exit("fuzz: no target has such a name; these are the targets")
        return
    seconds = os.environ.get("COAUTH_FUZZ_SECONDS", "30")
    if not seconds.isdigit() or seconds == "0":
        sys.exit("fuzz: COAUTH_FUZZ_SECONDS is a whole number of seconds from 1")
    seconds = int(seconds)
    say(f"{len(chosen)} targets, {seconds} s each (COAUTH_FUZZ_SECONDS), and 20 s to build it: "
        f"about {len(chosen) * (seconds + 20) // 60 + 1} minutes in all")
    failed = []
    for number, name in enumerate(chosen, 1):
        say(f"{number} of {len(chosen)}: {name}")
        program = build(name)
        if program is None or not run(name, program, seconds):
            failed.append(name)
    if failed:
        sys.exit(f"fuzz: {len(failed)} of {len(chosen)} targets failed; again: ./check --fuzz {' '.join(failed)}")
    say("nothing found")


if __name__ == "__main__":
    main()
