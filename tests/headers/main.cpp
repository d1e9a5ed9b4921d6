// SPDX-License-Identifier: BSL-1.0
//
// The program into which all header units are linked; linking is the test.

int main() {}
