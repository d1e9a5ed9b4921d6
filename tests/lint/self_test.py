#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The lints find what they should, and nothing else: a lint that has gone blind would pass."""

import re
import shutil
import sys
import unittest

import coroutines
import guards
import layers
import tree

SAMPLE = tree.TOP / "tests" / "lint" / "samples" / "coroutines.cpp"
NAMES = {why: name for name, (_, _, why) in coroutines.MATCHERS.items()}
NAMES[coroutines.TEXTS[1][1]] = "executor"


class SelfTest(unittest.TestCase):
    @unittest.skipIf(shutil.which(coroutines.PROGRAM) is None, f"no {coroutines.PROGRAM}")
    def test_coroutine_rules(self):
        expected = set()
        for number, line in enumerate(SAMPLE.read_text(encoding="utf-8").splitlines(), 1):
            if mark := re.search(r"// finds (\w+)$", line):
                expected.add((number, mark.group(1)))
        folders = {name: None for name in coroutines.MATCHERS}
        coroutines.MATCHERS = {n: (m, folders[n], why) for n, (m, _, why) in coroutines.MATCHERS.items()}
        found = set()
        for problem in coroutines.query(SAMPLE) + coroutines.textual(SAMPLE):
            _, number, why = problem.split(":", 2)
            self.assertIn(why.strip(), NAMES, problem)
            found.add((int(number), NAMES[why.strip()]))
        self.assertEqual(found, expected)

    def test_coroutine_rules_in_text(self):
        binding, executor = (pattern for pattern, _ in coroutines.TEXTS)
        self.assertTrue(binding.search("auto [a, b] = co_await f();"))
        self.assertFalse(binding.search("auto both = co_await f();"))
        self.assertFalse(executor.search("auto ex = co_await asio::this_coro::executor;"))
        self.assertTrue(executor.search("timer t(co_await asio::this_coro::executor);"))

    def test_words(self):
        rules = [(pattern, why) for pattern, _, why in guards.WORDS]
        for bad in ("std::atomic_thread_fence(o)", "std::atomic<std::shared_ptr<int>>", "sleep_for(1s)",
                    "asio::detail::x", "asio::experimental::y", "GTEST_SKIP();"):
            self.assertTrue(guards.search(rules, bad, "f"), bad)
        blanked = tree.blank_comments('f("asio::detail"); // asio::detail\nint n = 1\'000;')
        self.assertFalse(guards.search(rules, blanked, "f"))
        self.assertIn("1'000", blanked)

    def test_heavy_headers(self):
        graph = {h: [t for _, i in tree.includes(h) if (t := tree.resolve(i, h))] for h in tree.code(("include",))}
        reached = {problem.split(":")[0] for problem in layers.heavy_declarations(graph, {"string"})}
        self.assertIn("include/coauth/token_source.hpp", reached)
        self.assertNotIn("include/coauth/token_source_impl.hpp", reached)

    def test_guard_names(self):
        self.assertEqual(guards.guard_of(tree.INCLUDE / "coauth/codec/json_reader.hpp"), "COAUTH_CODEC_JSON_READER_HPP")
        self.assertEqual(guards.guard_of(tree.TOP / "tests/support/x.hpp"), "COAUTH_TESTS_SUPPORT_X_HPP")


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
