#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes a translation unit of every C++ block of the documentation.

extract.py <folder> <document>...

Every block that begins with ```cpp is compiled, with the warnings of the project:
- with a `main` in it, as a program of its own, exactly as it stands;
- after the line <!-- compile: body -->, as the body of a coroutine in which `api` (rest_client&),
  `tokens` (token_source&), `io` (asio::io_context&) and `ex` (its executor) exist;
- after <!-- compile: unit -->, or without a directive, at file level below
  `#include <coauth/coauth.hpp>`; an #include in the block is allowed in all three;
- after <!-- compile: opentelemetry -->, as a unit, with the signatures of opentelemetry_signatures.hpp
  in place of OpenTelemetry's headers, which Debian 12 has no package of.
A block that is not meant to compile (code of another library, a signature with dots) says ```text
or, where the colours matter, <!-- compile: no, <reason> -->. Files that did not change keep their time."""

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"(?:^<!-- compile: (?P<how>[^\n]*?) -->\n+)?^```cpp[^\n]*\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
MAIN = re.compile(r"^\s*int\s+main\s*\(", re.MULTILINE)

BODY = """#include <coauth/coauth.hpp>
{includes}
namespace {name} {{
namespace {{
[[maybe_unused]] asio::io_context io;
asio::awaitable<void> block([[maybe_unused]] coauth::rest_client& api,
                            [[maybe_unused]] coauth::token_source& tokens) {{
    [[maybe_unused]] auto ex = co_await asio::this_coro::executor;
#line {line} "{document}"
{code}    co_return;
}}
[[maybe_unused]] auto const used = &block;
}}  // namespace
}}  // namespace {name}
"""
UNIT = """#include <coauth/coauth.hpp>
#line {line} "{document}"
{code}"""
PROGRAM = """#line {line} "{document}"
{code}"""
OPENTELEMETRY = re.compile(r"^#include <opentelemetry/[^>]*>$", re.MULTILINE)
HEADS = {"body": BODY, "unit": UNIT, "main": PROGRAM}


def without_includes(code):
    """The block with its #include lines blanked, and those lines."""
    pattern = re.compile(r"^#include [^\n]*$", re.MULTILINE)
    return pattern.sub("", code), "\n".join(pattern.findall(code))


def units(document):
    text = document.read_text(encoding="utf-8")
    stem = re.sub(r"\W", "_", document.stem.lower())
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("code")) + 1
        how, code, includes = match.group("how"), match.group("code"), ""
        if how and how.startswith("no,"):
            continue
        if how == "opentelemetry":
            how = "unit"
            signatures = Path(__file__).resolve().parent / "opentelemetry_signatures.hpp"
            code = OPENTELEMETRY.sub(f'#include "{signatures}"', code)
        kind = "main" if MAIN.search(code) else how or "unit"
        if kind not in HEADS:
            sys.exit(f"{document}:{line}: unknown directive 'compile: {how}'")
        if kind == "body":
            code, includes = without_includes(code)
        name = f"{stem}_{line}_{kind}"
        yield f"{name}.cpp", HEADS[kind].format(
            name=name, line=line, document=document.resolve(), code=code, includes=includes)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: text for document in sys.argv[2:] for name, text in units(Path(document))}
    for old in folder.glob("*.cpp"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    print(f"{len(made)} code blocks in {len(sys.argv) - 2} documents")


if __name__ == "__main__":
    main()
