#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Rules that can be seen in one line of text: include guards, licence line, length of files, and
words that have no place here. Each rule says why it exists in the message it prints."""

import re

import tree

MAX_LINES = 600
LICENCE = "SPDX-License-Identifier: BSL-1.0"
LICENSED = {".hpp", ".cpp", ".ipp", ".py", ".cmake", ".sh"}
# Opt-in headers: the umbrella header leaves them out.
NOT_IN_UMBRELLA = {
    "coauth/coauth.hpp", "coauth/fwd.hpp", "coauth/src.hpp",
    "coauth/config_key.hpp", "coauth/config_schema.hpp", "coauth/config_json.hpp", "coauth/config_env.hpp",
    "coauth/exchange_log_columns.hpp", "coauth/exchange_log_har.hpp", "coauth/exchange_log_html.hpp", "coauth/exchange_log_text.hpp",
    "coauth/metrics.hpp",
    "coauth/crypto/aead.hpp", "coauth/crypto/scrypt.hpp", "coauth/openapi.hpp", "coauth/openapi_yaml.hpp",
}
NOT_IN_UMBRELLA_FOLDERS = {"detail", "json", "openapi", "store", "testing"}

# (pattern, folders, why). Searched in code with comments and literals blanked.
WORDS = [
    (r"\batomic_thread_fence\b", None, "ThreadSanitizer does not understand fences: use orders on the operations"),
    (r"\batomic<\s*std::shared_ptr", None, "not lock-free in libstdc++ 12, and races under ThreadSanitizer"),
    (r"\bsleep_(for|until)\b|\busleep\s*\(|\bnanosleep\s*\(", ("include", "tests"),
     "nothing waits by sleeping: use an event, a timer of the io_context or the manual clock"),
    (r"\basio::(detail|experimental)\b", None, "only detail/asio.hpp deals with what differs between Asio versions"),
    (r"\bGTEST_SKIP\(\)\s*;", None, "a skip says why"),
    (r"\bthrow_if_cancelled\b|\breset_cancellation_state\b", ("include",),
     "the cancellation state belongs to the caller's whole chain"),
]
# Searched in the whole text.
TEXTS = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "unfinished work is an issue, not a comment"),
    (r"(^|[^\w.-])/(home|root|Users)/\w", "path of one machine"),
]


def guard_of(path):
    # include/coauth/codec/json.hpp: COAUTH_CODEC_JSON_HPP; tests/support/x.hpp: COAUTH_TESTS_SUPPORT_X_HPP
    parts = tree.name(path).split("/")
    parts = parts[2:] if parts[0] == "include" else parts
    return "COAUTH_" + re.sub(r"[^A-Z0-9]", "_", "/".join(parts).upper())


def check_guard(path, lines):
    directives = [line.strip() for line in lines if line.startswith("#")]
    guard = guard_of(path)
    if directives[:2] != [f"#ifndef {guard}", f"#define {guard}"] or directives[-1:] != ["#endif"]:
        return [f"{tree.name(path)}:1: include guard has to be {guard}"]
    return []


def check_namespace(path, text):
    # Model tests are programs of their own.
    if not path.name.endswith("_test.cpp") or path.parent.name == "model":
        return []
    if re.search(rf"^namespace (\w+::)*{path.stem} {{$", text, re.MULTILINE):
        return []
    return [f"{tree.name(path)}:1: its namespace has to be {path.stem}: several test files are compiled as one"]


def check_atomics():
    # R-236: std::shared_ptr is among WORDS. R-237: what may stand in an atomic is in a test's list.
    listed = (tree.TOP / "tests/unit/detail/lock_free_test.cpp").read_text(encoding="utf-8")
    listed = listed.split("// begin of the list")[1].split("// end of the list")[0]
    problems = []
    for path in tree.code(("include",)):
        text = tree.blank_comments(path.read_text(encoding="utf-8"))
        for match in re.finditer(r"\batomic<([^<>]+)>", text):
            kind = "void*" if match.group(1).endswith("*") else match.group(1)
            if kind not in ("T", "T const") and not re.search(rf"[<\s]{re.escape(kind)}[,>]", listed):
                problems.append(f"{tree.name(path)}:{text.count(chr(10), 0, match.start()) + 1}: "
                                f"atomic<{match.group(1)}> is not in the list of tests/unit/detail/lock_free_test.cpp")
    return problems


def is_licensed(path, lines):
    head = lines[:2]
    return path.suffix not in LICENSED and path.name != "CMakeLists.txt" or any(LICENCE in line for line in head)


def search(rules, text, where):
    return [f"{where}:{text.count(chr(10), 0, match.start()) + 1}: {match.group(0).strip()}: {why}"
            for pattern, why in rules for match in re.finditer(pattern, text, re.MULTILINE)]


def check(path):
    where = tree.name(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    lines = text.splitlines()
    problems = []
    if len(lines) > MAX_LINES:
        problems.append(f"{where}: {len(lines)} lines, at most {MAX_LINES}: split it")
    if not is_licensed(path, lines):
        problems.append(f"{where}:1: the first line has to hold {LICENCE}")
    if path.parent != tree.TOP / "tests" / "lint":
        problems += search(TEXTS, text, where)
    if path.suffix in tree.CODE:
        rules = [(pattern, why) for pattern, folders, why in WORDS
                 if folders is None or where.split("/")[0] in folders]
        if where == "include/coauth/detail/asio.hpp":
            rules = [rule for rule in rules if "asio" not in rule[0]]
        problems += search(rules, tree.blank_comments(text), where)
    problems += check_namespace(path, text)
    if path.suffix == ".hpp":
        problems += check_guard(path, lines)
    return problems


def check_umbrella():
    umbrella = tree.INCLUDE / "coauth" / "coauth.hpp"
    if not umbrella.exists():
        return []
    reached = tree.closure(umbrella)
    problems = []
    for header in tree.code(("include",)):
        included = header.relative_to(tree.INCLUDE)
        opt_in = included.as_posix() in NOT_IN_UMBRELLA or included.parts[1] in NOT_IN_UMBRELLA_FOLDERS
        if header not in reached and not opt_in:
            problems.append(f"{tree.name(umbrella)}:1: does not reach <{included.as_posix()}>")
    return problems


def main():
    files = tree.files()
    problems = [problem for path in files for problem in check(path)] + check_umbrella() + check_atomics()
    tree.report(problems, f"guards and words of {len(files)} files")


if __name__ == "__main__":
    main()
