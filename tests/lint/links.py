#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Links between the documents lead to files and headings that are there, and README.md leads to every
chapter. Links to other sites are not looked at: the lint needs no network."""

import re

import tree

CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FOLDERS = ("docs", "examples", "benchmarks")


def anchors(text):
    """As GitHub makes them out of headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def links(document):
    text = document.read_text(encoding="utf-8")
    blanked = CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    for match in LINK.finditer(blanked):
        if "://" not in match.group(1):
            yield match.group(1), blanked.count("\n", 0, match.start()) + 1


def check(document):
    problems = []
    for link, line in links(document):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists():
            problems.append(f"{tree.name(document)}:{line}: there is no {link}")
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            problems.append(f"{tree.name(document)}:{line}: no heading of {path} gives #{anchor}")
    return problems


def main():
    documents = sorted(tree.TOP.glob("*.md")) + [d for f in FOLDERS for d in sorted((tree.TOP / f).glob("*.md"))]
    problems = [problem for document in documents for problem in check(document)]
    listed = {(tree.TOP / link.partition("#")[0]).resolve() for link, _ in links(tree.TOP / "README.md")}
    for chapter in documents:
        if chapter.parent == tree.TOP / "docs" and chapter not in listed:
            problems.append(f"README.md: no link to {tree.name(chapter)}")
    tree.report(problems, f"links of {len(documents)} documents")


if __name__ == "__main__":
    main()
