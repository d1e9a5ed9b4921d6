# SPDX-License-Identifier: BSL-1.0
"""The project's files, as all lints see them."""

import os
import re
import shutil
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
INCLUDE = TOP / "include"
SOURCE_FOLDERS = ("include", "tests", "examples", "tools", "benchmarks", "cmake", "packaging",
                  "subprojects/packagefiles")
SKIPPED = 77  # ctest reports it
CODE = {".hpp", ".cpp", ".ipp"}
# Published data, what other tools generate, and inputs that may be anything.
FOREIGN = {
    TOP / "tests" / "vectors",
    TOP / "tests" / "fuzz" / "corpus",
    TOP / "tests" / "servers" / "oidc-provider" / "package-lock.json",
    TOP / "tests" / "lint" / "samples",  # break the rules on purpose
}

INCLUDE_LINE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def files(folders=SOURCE_FOLDERS):
    """All files below the given top-level folders, sorted."""
    found = []
    for folder in folders:
        for path in sorted((TOP / folder).rglob("*")):
            inside_foreign = any(path == f or f in path.parents for f in FOREIGN)
            if path.is_file() and not inside_foreign and "__pycache__" not in path.parts:
                found.append(path)
    return found


def code(folders=SOURCE_FOLDERS):
    return [path for path in files(folders) if path.suffix in CODE]


def name(path):
    return path.relative_to(TOP).as_posix()


def includes(path):
    """The names in a file's #include lines, in order, as (line number, name)."""
    text = path.read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start()) + 1, m.group(2)) for m in INCLUDE_LINE.finditer(text)]


def resolve(included, path):
    """The project file that an include names, or None."""
    for folder in (INCLUDE, path.parent, TOP / "tests"):
        candidate = folder / included
        if candidate.is_file():
            return candidate.resolve()
    return None


def closure(path):
    """The file and every project file it includes, directly or not."""
    seen = set()
    todo = [path.resolve()]
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        todo += [r for _, i in includes(current) if (r := resolve(i, current))]
    return seen


def blank_comments(text):
    """Comments and the insides of string literals become spaces; lines stay where they are."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^()\s\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)

    def blank(match):
        found = match.group(0)
        if found[0] == "'" and len(found) > 8:  # digit separators, not a character
            return found
        inside = re.sub(r"[^\n]", " ", found)
        return inside if found[0] == "/" else found[0] + inside[1:-1] + found[-1]

    return token.sub(blank, text)


def need(program, package):
    """Ends the program as skipped, or as failed in CI, where `program` is missing."""
    if shutil.which(program) is None:
        print(f"{program} is not installed (Debian: apt-get install {package})")
        sys.exit(1 if os.environ.get("CI") else SKIPPED)


def report(problems, what):
    """Prints `file:line: text` for each problem and ends the program."""
    for problem in problems:
        print(problem)
    print(f"{what}: {len(problems)} problems" if problems else f"{what}: ok")
    sys.exit(1 if problems else 0)
