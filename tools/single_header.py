#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes one header of the library.

single_header.py [--testing] <output>

<output> is usually coauth.hpp; it holds all that <coauth/coauth.hpp> brings, with --testing the kit
for tests too, and still needs Asio and OpenSSL. Adapters and separate compilation are for the folder
include/ itself. The same tree gives the same bytes. A program includes either this one header or
the folder, never both."""

import argparse
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
INCLUDE = TOP / "include"
OURS = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"](coauth/[^>\"]+)[>\"][^\n]*\n", re.MULTILINE)
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif)\b", re.MULTILINE)
# A condition without another one inside, which the headers use to leave out their bodies.
PLAIN = r"((?:(?![ \t]*#[ \t]*(?:if|el|endif))[^\n]*\n)*)"
SEPARATE = re.compile(rf"^#(ifdef|ifndef) COAUTH_SEPARATE_COMPILATION\n{PLAIN}(?:#else\n{PLAIN})?#endif[^\n]*\n",
                      re.MULTILINE)
LICENCE_LINE = re.compile(r"\A// SPDX-License-Identifier: [^\n]*\n(//\n)?")


def version():
    text = (INCLUDE / "coauth/config.hpp").read_text(encoding="utf-8")
    return re.search(r'^#define COAUTH_VERSION_STRING "([^"]+)"', text, re.MULTILINE).group(1)


def with_bodies(text):
    """The text as it is without COAUTH_SEPARATE_COMPILATION."""
    return SEPARATE.sub(lambda match: (match.group(2) if match.group(1) == "ifndef" else match.group(3)) or "", text)


def depth(text):
    """How many conditions are open at the end of `text`; the include guard is one."""
    words = [match.group(1) for match in CONDITION.finditer(text)]
    return sum(-1 if word == "endif" else 1 for word in words)


class Header:
    """Puts headers in the order in which a compiler would first see them."""

    def __init__(self):
        self.done = set()
        self.open = []
        self.conditional = 0  # of those that are open

    def expand(self, name):
        path = INCLUDE / name
        if not path.is_file():
            sys.exit(f"single_header.py: {self.open[-1] if self.open else 'asked for'}: <{name}> does not exist")
        self.open.append(name)
        text = with_bodies(path.read_text(encoding="utf-8"))
        parts, end = [], 0
        for match in OURS.finditer(text):
            parts.append(text[end:match.start()])
            parts.append(self.included(match.group(1), depth(text[:match.start()]) > 1))
            end = match.end()
        parts.append(text[end:])
        self.open.pop()
        body = LICENCE_LINE.sub("", "".join(parts)).strip("\n")
        return f"// ---- {name} ----\n\n{body}\n\n"

    def included(self, name, conditional):
        """The text for one #include. What stands behind a condition may not be compiled there, so it
        is not done with; its guard keeps it from being compiled twice."""
        if name in self.done or name in self.open:
            return ""
        self.conditional += conditional
        text = self.expand(name)
        if not self.conditional:
            self.done.add(name)
        self.conditional -= conditional
        return text


def head(roots):
    licence = (TOP / "LICENSE").read_text(encoding="utf-8").rstrip("\n")
    commented = "\n".join(f"// {line}".rstrip() for line in licence.split("\n"))
    names = "\n".join(f"//   {name}" for name in roots)
    return (f"// SPDX-License-Identifier: BSL-1.0\n//\n// coauth {version()}, in one header, made by "
            f"tools/single_header.py out of\n{names}\n//\n{commented}\n\n")


def make(testing):
    roots = ["coauth/coauth.hpp"]
    if testing:
        kit = sorted((INCLUDE / "coauth/testing").glob("*.hpp"))
        roots += [path.relative_to(INCLUDE).as_posix() for path in kit]
    header = Header()
    refusal = ("#ifndef COAUTH_SINGLE_HEADER\n#define COAUTH_SINGLE_HEADER\n\n"
               "#ifdef COAUTH_SEPARATE_COMPILATION\n"
               "#error \"the single header has all bodies: undefine COAUTH_SEPARATE_COMPILATION\"\n"
               "#endif\n\n")
    parts = [header.included(name, False) for name in roots]
    return head(roots) + refusal + "".join(parts) + "#endif\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testing", action="store_true", help="with coauth/testing")
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    text = make(arguments.testing)
    arguments.output.write_text(text, encoding="utf-8")
    print(f"{arguments.output.name}: coauth {version()}, {text.count(chr(10))} lines")


if __name__ == "__main__":
    main()
