#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Looks for the secrets of the tests in what the tests have printed: ctest's log of this run."""

import pathlib
import sys

CANARIES = ("not-a-real-secret", "test-token-", "correct-horse-battery-staple")


def main(build):
    folder = pathlib.Path(build) / "Testing" / "Temporary"
    # While ctest runs, its log has another name.
    logs = [path for path in (folder / "LastTest.log.tmp", folder / "LastTest.log") if path.exists()]
    if not logs:
        print(f"no log of ctest in {folder}: run this as a test")
        return 1
    text = logs[0].read_text(errors="replace")
    found = [canary for canary in CANARIES if canary in text]
    for canary in found:
        line = text[:text.index(canary)].count("\n") + 1
        print(f"{logs[0]}:{line}: a test has printed a secret that begins with {canary}")
    print(f"{len(text)} characters printed by the tests, {len(found)} secrets")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
