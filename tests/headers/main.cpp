// SPDX-License-Identifier: BSL-1.0
//
// The program into which all header units are linked; linking is the test.
//
// with -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror, those of every target here.
// The rows "no-rtti" and "clang-no-rtti" of compat/run are the same without RTTI; lint/tidy.py has
// clang-tidy's part.

int main() {}
