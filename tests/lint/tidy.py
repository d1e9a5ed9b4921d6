#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The checks of .clang-tidy over every header of the library, in one translation unit, which takes
about a minute. tidy.py <cache folder>: nothing is done when no header and no check has changed."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import tree

PROGRAM = "clang-tidy-19"
CONFIG = tree.TOP / ".clang-tidy"
FLAGS = ["-std=c++20", "-w", "-DASIO_STANDALONE", "-DASIO_NO_DEPRECATED", "-DASIO_HAS_CO_AWAIT=1",
         f"-I{tree.INCLUDE}"]
FINDING = re.compile(r"^(/[^:]+):(\d+):\d+: (?:error|warning): (.*)$", re.MULTILINE)


def check(unit):
    """`file:line: text [check]` for each finding."""
    result = subprocess.run([PROGRAM, "--quiet", f"--config-file={CONFIG}", str(unit), "--", *FLAGS], check=False,
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = set()
    for path, line, text in FINDING.findall(result.stdout):
        path = Path(path).resolve()
        found.add(f"{tree.name(path) if tree.TOP in path.parents else path}:{line}: "
                  f"{text.replace(',-warnings-as-errors', '')}")
    if result.returncode != 0 and not found:
        found.add(f"{PROGRAM} ended with {result.returncode}: {(result.stderr or result.stdout).strip()[-500:]}")
    return sorted(found)


def main():
    tree.need(PROGRAM, PROGRAM)
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    cache = Path(sys.argv[1]).resolve()
    cache.mkdir(parents=True, exist_ok=True)
    # src.hpp refuses to be included without separate compilation, and is nothing but includes.
    headers = [path for path in tree.code(("include",)) if path.name != "src.hpp"]
    unit = cache / "tidy.cpp"
    unit.write_text("".join(f"#include <{path.relative_to(tree.INCLUDE).as_posix()}>\n" for path in headers),
                    encoding="utf-8")
    digest = hashlib.sha256()
    for path in (Path(__file__), CONFIG, unit, *headers):
        digest.update(path.read_bytes())
    clean = cache / f"tidy-{digest.hexdigest()[:32]}"
    problems = [] if clean.exists() else check(unit)
    if not problems:
        for old in cache.glob("tidy-*"):
            old.unlink()
        clean.touch()
    tree.report(problems, f"{PROGRAM} on {len(headers)} headers")


if __name__ == "__main__":
    main()
