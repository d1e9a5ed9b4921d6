#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Formatting by .clang-format, of include, tests, examples, tools and benchmarks.
`formatting.py` reports, `formatting.py --fix` rewrites. Version 14 is Debian 12's: others differ."""

import subprocess
import sys

import tree

PROGRAM = "clang-format-14"


def main():
    tree.need(PROGRAM, PROGRAM)
    files = [str(path) for path in tree.code()]
    if "--fix" in sys.argv[1:]:
        sys.exit(subprocess.run([PROGRAM, "-i", *files], check=False).returncode)
    result = subprocess.run([PROGRAM, "--dry-run", "-Werror", *files], check=False, text=True,
                            stderr=subprocess.PIPE)
    places = [line for line in result.stderr.splitlines() if "[-Wclang-format-violations]" in line]
    wrong = sorted({line.split(":", 1)[0] for line in places})
    for path in wrong:
        first = next(line for line in places if line.startswith(path + ":"))
        print(f"{first.split(': error')[0].replace(str(tree.TOP) + '/', '')}: and perhaps more below")
    if result.returncode != 0 and not wrong:
        print(result.stderr)
    print(f"formatting of {len(files)} files: " + (f"{len(wrong)} differ; ./check --format mends it" if wrong else "ok"))
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
