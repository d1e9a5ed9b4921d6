#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the Spin models of a cache entry: every program must be right in all its states, and every
seeded mistake must be found. Usage: spin.py [--large] [--only <part of a name>]. One line for each;
ends with 77 when there is no spin, or no gcc, and CI
is not set."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MODEL = Path(__file__).with_name("token_cache.pml")
SKIPPED = 77

# name: flags. Two getters, where there are not three; the first may be cancelled.
PROGRAMS = {
    "join, cancel, complete, invalidate, fail": "-DCOLD -DINVALIDATE -DFAILS=1",
    "background refresh, fail, invalidate": "-DREFRESH -DTICKS=1 -DFAILS=1 -DINVALIDATE",
    "background refresh while time goes on": "-DREFRESH -DTICKS=2 -DFAILS=1",
    "erase": "-DCOLD -DERASE",
    "erase during a background refresh": "-DERASE -DREFRESH -DTICKS=1",
    "overdue flight": "-DCOLD -DOVERDUE",
    "three getters: join, cancel, complete, fail": "-DNG=3 -DMAXF=5 -DCOLD -DFAILS=1",
}
# Nobody is cancelled: with that as well there are more states than fit into 10 GB.
LARGE = {
    "three getters: join, complete, invalidate": "-DNG=3 -DMAXF=5 -DCOLD -DINVALIDATE -DSTAY",
}
# mistake: (flag, in which program, what is to be found)
MISTAKES = {
    "no second look after winning the flight": ("-DNO_RECHECK", "-DCOLD -DINVALIDATE", "assertion"),
    "who finds its cell done waits all the same": ("-DNO_SELF", "-DCOLD", "invalid end state"),
    "no freed mark": ("-DNO_FREED", "-DCOLD -DINVALIDATE -DFAILS=1", "assertion"),
    "who finds the flight closed keeps its ticket": ("-DNO_LEAVE", "-DCOLD", "assertion"),
    "closed before published": ("-DCLOSE_FIRST", "-DCOLD", "assertion"),
    "taken out of the entry before published": ("-DLAND_FIRST", "-DCOLD", "assertion"),
    "rejection moves the hard deadline only": ("-DHALF_REJECTED", "-DINVALIDATE", "assertion"),
    "background failure stores the soft deadline": (
        "-DPLAIN_SOFT", "-DREFRESH -DTICKS=1 -DFAILS=1 -DINVALIDATE", "assertion"),
    "background refresh without a second look": ("-DREFRESH_NO_RECHECK", "-DREFRESH -DTICKS=1", "assertion"),
    "erased flight publishes": ("-DNO_DISOWN", "-DCOLD -DERASE", "assertion"),
    "erase does not wait for a flight that is publishing": ("-DNO_WAIT", "-DCOLD -DERASE", "assertion"),
    "erase takes the token before the flight": ("-DERASE_CURRENT_FIRST", "-DCOLD -DERASE", "assertion"),
    "settled twice": ("-DNO_CLAIM", "-DCOLD -DOVERDUE", "assertion"),
}


def verify(flags, seconds, megabytes):
    """(what was found or None, states, seconds)"""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        def run(*command, limit=120):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit)
            if done.returncode != 0:
                raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}".strip())
            return done.stdout

        run("spin", "-a", *flags.split(), str(MODEL))
        run("gcc", "-w", "-O1", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={megabytes}", "-o", "pan", "pan.c")
        said = run("./pan", "-m20000", limit=seconds)
    found = re.search(r"pan:\d+: (assertion violated|invalid end state|[^\n]*)", said)
    if found is None and re.search(r"max search depth too small|out of memory|MEMLIM|pan: reached", said):
        raise RuntimeError("the search was not exhaustive: " + said)
    states = re.search(r"(\S+) states, stored", said)
    if found is None and "errors: 0" not in said:
        raise RuntimeError("cannot read what pan said: " + said)
    return found and found.group(1), int(float(states.group(1))), time.monotonic() - started


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--large", action="store_true", help="the form with three getters, some minutes")
    options.add_argument("--only", default="", help="names that contain this")
    options = options.parse_args()
    for tool in ("spin", "gcc"):
        if shutil.which(tool) is None:
            print(f"spin: {tool} is not installed")
            return 1 if os.environ.get("CI") else SKIPPED
    seconds, megabytes, workers = (3600, 6000, 1) if options.large else (300, 3000, 2)

    def judge(name, flags, expected):
        try:
            found, states, took = verify(flags, seconds, megabytes)
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            return False, f"ERROR  {name}: {problem}"
        figures = f"{states:,} states, {took:.1f} s"
        if expected is None:
            return found is None, f"{'right ' if found is None else 'WRONG '} {name} ({figures}){': ' + found if found else ''}"
        caught = found is not None and found.startswith(expected)
        return caught, f"{'caught' if caught else 'MISSED'} {name} ({figures}): {found or 'nothing'}"

    if options.large:
        jobs = [(name, flags, None) for name, flags in LARGE.items()]
    else:
        jobs = [(name, flags, None) for name, flags in PROGRAMS.items()]
        jobs += [(name, f"{flag} {flags}", found) for name, (flag, flags, found) in MISTAKES.items()]
    wrong = 0
    with ThreadPoolExecutor(workers) as pool:
        for good, line in pool.map(lambda job: judge(*job), (j for j in jobs if options.only in j[0])):
            wrong += not good
            print(line, flush=True)
    if wrong:
        print(f"spin: {wrong} of the above are not as they should be; see the head of {MODEL.name}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
