#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Coroutine rules: patterns that g++ 12 miscompiles (tests/compiler shows them) and others that are
wrong everywhere. Finds them in the syntax tree, with clang-query-14, and a few in the text.

coroutines.py <cache folder> [<folder with code blocks of the documentation>]

Test files and bodies of the documentation have a namespace of their own each, so that several make
one unit. A unit is looked at again only if it, something it includes, or this file has changed."""

import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import tree

PROGRAM = "clang-query-14"
FLAGS = ["-std=c++20", "-w", "-DASIO_STANDALONE", "-DASIO_HAS_CO_AWAIT=1",
         f'-DCOAUTH_TEST_VECTORS="{tree.TOP}/tests/vectors"', f"-I{tree.INCLUDE}", f"-I{tree.TOP}/tests"]

AWAIT = "expr(anyOf(coawaitExpr(), dependentCoawaitExpr()))"
HOLDS_AWAIT = f"expr(anyOf({AWAIT}, hasDescendant({AWAIT})))"
CLASS = "hasCanonicalType(recordType())"
# Only what has a destructor to run is bound; trivial objects are harmless.
TEMPORARY = "anyOf(hasParent(cxxBindTemporaryExpr()), hasParent(castExpr(hasParent(cxxBindTemporaryExpr()))))"
HARMLESS = ('hasAnyName("::std::basic_string_view", "::std::span", "::std::error_code", "::std::chrono::duration", '
            '"::std::chrono::time_point")')
OBJECT = f"hasCanonicalType(hasDeclaration(cxxRecordDecl(unless({HARMLESS}))))"
COROUTINE = "isDefinition(), hasBody(stmt(unless(anyOf(compoundStmt(), cxxTryStmt()))))"
LASTING = 'hasAnyName("::coauth::rest_client", "::coauth::token_source")'
BORROWED = (f"parmVarDecl(anyOf(hasType(references(qualType(unless(hasDeclaration(namedDecl({LASTING})))))), "
            'hasType(qualType(hasCanonicalType(hasDeclaration(namedDecl(hasName("::std::basic_string_view"))))))))')

# name: (matcher, top-level folders or None for all, what to do instead)
MATCHERS = {
    "if": (f"ifStmt(hasCondition({HOLDS_AWAIT}))", None,
           "co_await in the condition of if: await into a named local, then branch"),
    "switch": (f"switchStmt(hasCondition({HOLDS_AWAIT}))", None,
               "co_await in the condition of switch: await into a named local, then branch"),
    "loop": (f"stmt(anyOf(whileStmt(hasCondition({HOLDS_AWAIT})), doStmt(hasCondition({HOLDS_AWAIT})), "
             f"forStmt(hasCondition({HOLDS_AWAIT}))))", None,
             "co_await in the condition of a loop: await into a named local, then branch"),
    "lambda": (f"lambdaExpr(hasAncestor({AWAIT}), hasType(cxxRecordDecl(has(fieldDecl(hasType({OBJECT}))))))", None,
               "lambda that captures an object inside a co_await expression: give it a name first"),
    "aggregate": (f"initListExpr(hasAncestor({AWAIT}), hasType({CLASS}), {TEMPORARY})", None,
                  "aggregate made inside a co_await expression: give it a name, or a constructor"),
    "awaits": (f"initListExpr(hasDescendant({AWAIT}), hasType({CLASS}))", None,
               "aggregate initialised from co_await: await into named locals first"),
    "choice": (f"conditionalOperator(anyOf(hasDescendant({AWAIT}), allOf(hasAncestor({AWAIT}), "
               f"hasType({CLASS}), anyOf({TEMPORARY}, hasDescendant(cxxBindTemporaryExpr())))))", None,
               "?: around co_await, or one that makes an object inside a co_await expression: use if and names"),
    "parameter": (f"functionDecl({COROUTINE}, hasAnyParameter({BORROWED}))", ("include", "examples", "docs", "README.md"),
                  "coroutine with a reference or string_view parameter: the awaitable is lazy, take it by value"),
}
TEXTS = [
    (re.compile(r"\bauto\s*(?:const)?\s*&{0,2}\s*\[[^\]\n]*\]\s*=\s*co_await\b"),
     "structured binding of co_await: GCC 15 and 16 leak, name the result"),
    (re.compile(r"(?<![=\s])\s*co_await\s+[\w:]*this_coro::executor|co_await\s+[\w:]*this_coro::executor\s*[^;\s]"),
     "co_await this_coro::executor: a statement of its own"),
]
TEST_MACRO = re.compile(r"\b(?:EXPECT|ASSERT)_\w+\s*\(")
USES_COROUTINES = re.compile(r"\bco_(?:await|return|yield)\b")
SHARES_A_UNIT = re.compile(r"_test\.cpp$|_body\.cpp$")
GROUP = 8
# The one unit that has all headers of the library with their bodies; the others need not read those again.
HEADERS = "all_headers.cpp"
WITHOUT_BODIES = ["-DCOAUTH_SEPARATE_COMPILATION", "-include", "coauth/detail/asio.hpp"]
PLACE = re.compile(r'^(/[^:]+):(\d+):\d+: note: "root" binds here')


def shown(path):
    return tree.name(path) if tree.TOP in path.parents else str(path)


def textual(path):
    text = tree.blank_comments(path.read_text(encoding="utf-8"))
    found = [(match.end(), why) for pattern, why in TEXTS for match in pattern.finditer(text)]
    for match in TEST_MACRO.finditer(text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if "co_await" in text[match.end():end]:
            found.append((match.end(), "co_await inside a test macro, which may evaluate twice: name it first"))
    return [f"{shown(path)}:{text.count(chr(10), 0, at) + 1}: {why}" for at, why in found]


def query(unit):
    """Findings in our files of one translation unit, as text lines."""
    commands = ["set output diag"]
    for name, (matcher, _, _) in MATCHERS.items():
        commands.append(f'let {name} {matcher}')
    arguments = [part for command in commands for part in ("-c", command)]
    for name in MATCHERS:
        arguments += ["-c", f"match {name}"]
    flags = FLAGS if unit.name == HEADERS else FLAGS + WITHOUT_BODIES
    result = subprocess.run([PROGRAM, *arguments, str(unit), "--", *flags], check=False, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0 or re.search(r"\berror:|^\d+:\d+: ", result.stdout, re.MULTILINE):
        errors = [line for line in result.stdout.splitlines() if re.search(r"error:|^\d+:\d+: ", line)]
        return [f"{shown(unit)}: {PROGRAM} cannot read it: {error}" for error in errors[:3] or ["?"]]
    problems = []
    names = iter(MATCHERS)
    name = next(names)
    for line in result.stdout.splitlines():
        if re.match(r"^\d+ match(es)?\.$", line):
            name = next(names, None)
            continue
        place = PLACE.match(line)
        if not place:
            continue
        path = Path(place.group(1)).resolve()
        ours = tree.TOP in path.parents or path == unit
        _, folders, why = MATCHERS[name]
        if ours and not path.name.startswith((HEADERS, "group_")) and (folders is None or shown(path).split("/")[0] in folders):
            problems.append(f"{shown(path)}:{place.group(2)}: {why}")
    return problems


def cached(unit, cache, own):
    digest = hashlib.sha256(own)
    for path in sorted(tree.closure(unit)):
        digest.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    known = cache / digest.hexdigest()
    if known.exists():
        os.utime(known)
        return known.read_text(encoding="utf-8").splitlines()
    problems = query(unit)
    if not any("cannot read it" in problem for problem in problems):
        known.write_text("\n".join(problems), encoding="utf-8")
    return problems


def write(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def units(cache, documents):
    headers = cache / HEADERS
    # src.hpp refuses to be included without separate compilation, and is nothing but includes.
    text = "".join(f"#include <{path.relative_to(tree.INCLUDE).as_posix()}>\n" for path in tree.code(("include",))
                   if path.name != "src.hpp")
    write(headers, text)
    candidates = [p for p in tree.code(("tests", "examples", "tools", "benchmarks")) if p.suffix == ".cpp"]
    candidates = [p for p in candidates if p.parent != tree.TOP / "tests" / "compiler"]  # the patterns themselves
    candidates = [p for p in candidates if not any(name.startswith("boost/") for _, name in tree.includes(p))]  # a rival's
    candidates += sorted(documents.glob("*.cpp")) if documents else []
    wanted, shared = [headers.resolve()], []
    for path in candidates:
        outside = [p for p in tree.closure(path) if tree.INCLUDE not in p.parents]
        if any(USES_COROUTINES.search(p.read_text(encoding="utf-8")) for p in outside):
            (shared if SHARES_A_UNIT.search(path.name) else wanted).append(path.resolve())
    for i in range(0, len(shared), GROUP):
        group = (cache / f"group_{i // GROUP}.cpp").resolve()
        write(group, "".join(f'#include "{path}"\n' for path in shared[i:i + GROUP]))
        wanted.append(group)
    return wanted


def main():
    tree.need(PROGRAM, "clang-tools-14")
    if len(sys.argv) < 2 or sys.argv[1].startswith("-") or sys.argv[1] == ".":
        sys.exit(__doc__)
    cache = Path(sys.argv[1])
    cache.mkdir(parents=True, exist_ok=True)
    documents = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
    own = Path(__file__).read_bytes() + Path(tree.__file__).read_bytes()
    wanted = units(cache, documents)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda unit: cached(unit, cache, own), wanted)
        problems = {problem for result in results for problem in result}
    texts = tree.code(("include", "tests", "examples", "tools", "benchmarks"))
    texts = [p for p in texts if p.parent != tree.TOP / "tests" / "compiler"]
    texts += sorted(documents.glob("*.cpp")) if documents else []
    problems.update(problem for path in texts for problem in textual(path))
    tree.report(sorted(problems), f"coroutine rules in {len(wanted)} units and {len(texts)} files")


if __name__ == "__main__":
    main()
