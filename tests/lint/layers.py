#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each header includes only headers of its own layer and of lower ones; no cycles; the packages
below (Asio, OpenSSL) only where a layer may know them. docs/ARCHITECTURE.md explains the layers."""

import re

import tree

# layer: (rank, may include Asio, may include OpenSSL)
LAYERS = {
    "config": (0, False, False),
    "vocabulary": (1, False, False),
    "codec": (2, False, False),
    "crypto": (3, False, True),
    "protocol": (4, False, False),
    "strategies": (5, True, False),
    "store": (6, True, False),
    "cache": (6, True, False),
    "transport": (7, True, True),
    "facade": (8, True, False),
    "kit": (9, True, True),
}
FOLDERS = {
    "codec": "codec", "crypto": "crypto", "jose": "crypto", "protocol": "protocol", "grant": "protocol",
    "client_auth": "strategies", "proof": "strategies", "store": "store", "cache": "cache", "http": "transport",
    "json": "facade", "openapi": "facade", "testing": "kit",
}
VOCABULARY = {"error", "result", "secret", "scope", "url", "token", "clock", "observer"}
# The transport knows nothing of OAuth, although these layers lie below it.
NOT_IN_TRANSPORT = {"protocol", "strategies", "store", "cache"}
# Headers of detail/ belong to the layer that uses them; whatever is not named here is L1.
DETAIL = {"asio": "config", "awaitable": "config"}
ASIO_IN_DETAIL = {"asio", "awaitable"}
ASIO_HEADERS = {tree.INCLUDE / f"coauth/detail/{name}.hpp" for name in ASIO_IN_DETAIL}
FREE = {"coauth/fwd.hpp"}
# Headers of the C++ library that cost a compiler more than what the declarations use of them.
HEAVY = {"algorithm", "condition_variable", "deque", "format", "fstream", "iostream", "map", "mutex", "random", "ranges",
         "regex", "set", "span", "sstream", "thread", "unordered_map", "unordered_set", "variant"}
# Packages of opt-in components: the one header that may know each, and that no other one includes.
OPT_IN = {"nlohmann": "coauth/json/nlohmann.hpp", "boost": "coauth/json/boost.hpp",
          "yaml-cpp": "coauth/openapi_yaml.hpp"}


def detail_layer(path, users):
    """The lowest layer among the headers that include a detail header; its bodies are a part of it."""
    path = path.with_name(path.stem.removesuffix("_impl") + ".hpp")
    bodies = path.with_name(path.stem + "_impl.hpp")
    layers = [layer_of(user, users) for user in users.get(path, ()) if user not in (path, bodies)]
    return min(layers, key=lambda layer: LAYERS[layer][0], default="vocabulary")


def layer_of(path, users):
    parts = path.relative_to(tree.INCLUDE / "coauth").parts
    if len(parts) == 1:
        if parts[0] == "config.hpp":
            return "config"
        return "vocabulary" if path.stem.removesuffix("_impl") in VOCABULARY else "facade"
    if parts[0] == "detail":
        return DETAIL.get(path.stem) or detail_layer(path, users)
    return FOLDERS.get(parts[0])


def is_part(chain):
    """x.hpp, which ends with its bodies in x_….hpp, each of which can be included on its own."""
    stems = sorted((path.stem for path in chain[:-1]), key=len)
    return len(stems) == 2 and stems[1].startswith(stems[0] + "_") and len({p.parent for p in chain}) == 1


def cycles(graph):
    """Chains of includes that end where they began."""
    found, done = [], set()

    def visit(path, chain):
        if path in chain:
            cycle = chain[chain.index(path):] + [path]
            if not is_part(cycle):
                found.append(cycle)
        elif path not in done:
            for after in graph.get(path, ()):
                visit(after, chain + [path])
            done.add(path)

    for path in graph:
        visit(path, [])
    return found


def check(header, users):
    problems = []
    where = tree.name(header)
    depth = len(header.relative_to(tree.INCLUDE / "coauth").parts)
    layer = layer_of(header, users)
    if layer is None:
        return [f"{where}: folder of no layer; add it to tests/lint/layers.py"]
    if depth > 2:
        problems.append(f"{where}: folders below include/coauth are one deep")
    rank, asio, openssl = LAYERS[layer]
    if header.parent.name == "detail":
        asio, openssl = rank >= 5 or header.stem in ASIO_IN_DETAIL, openssl
    for line, included in tree.includes(header):
        if included in FREE:
            continue
        owner = OPT_IN.get(included.split("/")[0])
        if owner is not None and not where.endswith(owner):
            problems.append(f"{where}:{line}: only <{owner}> includes <{included}>")
        if included in OPT_IN.values():
            problems.append(f"{where}:{line}: <{included}> is for users to include")
        target = tree.resolve(included, header)
        if included.startswith("coauth/") and target is None:
            problems.append(f"{where}:{line}: <{included}> does not exist")
        elif target is not None:
            other = layer_of(target, users)
            if other is not None and LAYERS[other][0] > rank:
                problems.append(f"{where}:{line}: L{rank} {layer} includes <{included}> of L{LAYERS[other][0]} {other}")
            if layer == "transport" and other in NOT_IN_TRANSPORT and target.parent.name != "detail":
                problems.append(f"{where}:{line}: the transport knows nothing of OAuth, but includes <{included}>")
        if included.split("/")[0] in ("asio", "asio.hpp") and not asio:
            problems.append(f"{where}:{line}: {layer} does without Asio, but includes <{included}>")
        wipes = where.endswith(("coauth/secret_impl.hpp", "coauth/error_impl.hpp"))
        allowed_one = wipes and included == "openssl/crypto.h"
        if included.startswith("openssl/") and not openssl and not allowed_one:
            problems.append(f"{where}:{line}: {layer} does without OpenSSL, but includes <{included}>")
        if target in ASIO_HEADERS and not asio and rank > 0:
            problems.append(f"{where}:{line}: {layer} does without Asio, but includes <{included}>")
    return problems


def bodies_of(header):
    """What it includes without COAUTH_SEPARATE_COMPILATION only."""
    left_out = re.findall(r"#ifndef COAUTH_SEPARATE_COMPILATION\n((?:#include.*\n)+)", header.read_text())
    return re.findall(r"<(.*)>", "".join(left_out))


def without_bodies(headers, graph):
    """Bodies that are left out with COAUTH_SEPARATE_COMPILATION, and not in src.hpp either."""
    source = tree.INCLUDE / "coauth/src.hpp"
    for header in headers:
        for bodies in bodies_of(header):
            if tree.resolve(bodies, header) not in graph[source]:
                yield f"{tree.name(source)}: lacks <{bodies}>, which {tree.name(header)} leaves to it"


def heavy_declarations(graph, heavy=frozenset(HEAVY)):
    """What everybody who includes the umbrella header compiles is light, when the bodies are left out."""
    left, seen = [tree.INCLUDE / "coauth/coauth.hpp"], set()
    while left:
        header = left.pop()
        if header in seen:
            continue
        seen.add(header)
        bodies = {tree.resolve(b, header) for b in bodies_of(header)}
        left += [included for included in graph[header] if included not in bodies]
        for line, included in tree.includes(header):
            if included in heavy or (included.startswith("openssl/") and included != "openssl/types.h"):
                yield f"{tree.name(header)}:{line}: <{included}> is for bodies: declarations are to compile fast"


def main():
    headers = tree.code(("include",))
    graph = {h: [t for _, i in tree.includes(h) if (t := tree.resolve(i, h))] for h in headers}
    users = {}
    for header, targets in graph.items():
        for target in targets:
            users.setdefault(target, []).append(header)
    problems = [p for h in headers if h != tree.INCLUDE / "coauth/fwd.hpp" for p in check(h, users)]
    fwd = tree.INCLUDE / "coauth/fwd.hpp"
    if graph.get(fwd):
        problems.append(f"{tree.name(fwd)}: free to all layers, so it includes nothing of the library")
    problems += without_bodies(headers, graph)
    problems += heavy_declarations(graph)
    problems += ["include cycle: " + " -> ".join(map(tree.name, chain)) for chain in cycles(graph)]
    tree.report(problems, f"layers of {len(headers)} headers")


if __name__ == "__main__":
    main()
