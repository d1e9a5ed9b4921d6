#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Which requirements have a test, which have not, and why.

requirements.py [--min GROUP=PERCENT]... [--open] [--where ID]

A requirement is covered where a test names it in a comment: `// R-001, R-036`. A range `R-001..R-003`
names each of its ids. The catalogue is tests/requirements.tsv; tests/requirements_scope.tsv lists what is
out of scope for now, with the reason and what will bring it. Percent = covered / (group - out of scope)."""

import argparse
import csv
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
TESTS = TOP / "tests"
ID = re.compile(r"\bR-(\d{3})(?:\.\.R-(\d{3}))?\b")
CODE = {".cpp", ".hpp", ".mjs", ".pml", ".py"}


def table(name):
    """Rows of a tab-separated file; lines that begin with # are comments."""
    with (TESTS / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row and row[0][:1] != "#"]


def comments(path):
    """Ids count in comments only, so that test data cannot cover anything."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return re.findall(r"#[^\n]*" if path.suffix == ".py" else r"//[^\n]*|/\*.*?\*/", text, re.DOTALL)


def covered():
    """Id -> the places that name it."""
    places = {}
    for path in sorted(TESTS.rglob("*")):
        if path.suffix not in CODE or "vectors" in path.parts:
            continue
        for comment in comments(path):
            for match in ID.finditer(comment):
                first, last = int(match.group(1)), int(match.group(2) or match.group(1))
                for number in range(first, last + 1):
                    places.setdefault(f"R-{number:03}", set()).add(path.relative_to(TOP).as_posix())
    return places


def check_tables(catalogue, scope, places):
    known = {row[0] for row in catalogue}
    problems = [f"tests/requirements_scope.tsv: {row[0]} is not in the catalogue" for row in scope if row[0] not in known]
    problems += [f"tests/requirements_scope.tsv: {row[0]} needs a milestone and a reason"
                 for row in scope if len(row) != 3 or not all(cell.strip() for cell in row)]
    problems += [f"{min(found)}: {one} is not in tests/requirements.tsv" for one, found in places.items() if one not in known]
    problems += [f"tests/requirements_scope.tsv: {row[0]} has a test in {min(places[row[0]])}: take it out of the list"
                 for row in scope if row[0] in places]
    return problems


def minimum(text):
    group, _, percent = text.partition("=")
    if not re.fullmatch("[A-Z]", group) or not percent.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not GROUP=PERCENT")
    return group, int(percent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--min", action="append", type=minimum, default=[], metavar="GROUP=PERCENT",
                        help="fail if less of the group is covered")
    parser.add_argument("--open", action="store_true", help="also list what is open and out of scope, by id")
    parser.add_argument("--where", metavar="ID", help="print the tests of one requirement")
    options = parser.parse_args()

    catalogue, scope, places = table("requirements.tsv"), table("requirements_scope.tsv"), covered()
    if options.where:
        print("\n".join(sorted(places.get(options.where, ["no test"]))))
        return 0
    out = {row[0]: row[1:] for row in scope}
    percents, totals = {}, [0, 0, 0, 0]
    print(f"{'group':<52}{'all':>5}{'covered':>9}{'open':>6}{'out':>5}{'percent':>9}")
    for group in sorted({row[1] for row in catalogue}):
        rows = [row for row in catalogue if row[1] == group]
        title = next((row[1] for row in table("requirements_groups.tsv") if row[0] == group), "")
        done = [row[0] for row in rows if row[0] in places]
        aside = [row[0] for row in rows if row[0] in out and row[0] not in places]
        left = [row for row in rows if row[0] not in places and row[0] not in out]
        percents[group] = 100.0 * len(done) / max(1, len(rows) - len(aside))
        numbers = [len(rows), len(done), len(left), len(aside)]
        totals = [a + b for a, b in zip(totals, numbers)]
        print(f"{group + '  ' + title:<52}{numbers[0]:>5}{numbers[1]:>9}{numbers[2]:>6}{numbers[3]:>5}{percents[group]:>8.0f}%")
        if options.open:
            print("".join(f"    open  {row[0]}  {row[2]}\n" for row in left), end="")
            print("".join(f"    out   {one}  {out[one][0]}: {out[one][1]}\n" for one in aside), end="")
    print(f"{'all':<52}{totals[0]:>5}{totals[1]:>9}{totals[2]:>6}{totals[3]:>5}"
          f"{100.0 * totals[1] / max(1, totals[0] - totals[3]):>8.0f}%")

    problems = check_tables(catalogue, scope, places)
    problems += [f"group {group}: {percents.get(group, 0):.0f} % covered, at least {percent} % asked for"
                 for group, percent in options.min if percents.get(group, 0) < percent]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
