# SPDX-License-Identifier: BSL-1.0
"""What all ways of taking the library are made of: running commands, and looking at what they leave."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SKIPPED = 77  # ctest reports it
FLAGS = ["-O0", "-g0", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def fail(text):
    sys.exit(f"consumers: failed: {text}")


def skip(why):
    """Nothing may be skipped in CI."""
    print(f"skipped: {why}")
    sys.exit(1 if os.environ.get("CI") else SKIPPED)


def need(program, package):
    if shutil.which(program) is None and not Path(program).exists():
        skip(f"{program} is not installed (Debian: apt-get install {package})")


def version():
    text = (TOP / "include/coauth/config.hpp").read_text(encoding="utf-8")
    return re.search(r'COAUTH_VERSION_STRING "([^"]+)"', text).group(1)


def environment():
    changed = dict(os.environ, CXXFLAGS=" ".join(FLAGS))
    if shutil.which("ccache"):
        changed.update(CMAKE_CXX_COMPILER_LAUNCHER="ccache", CCACHE_NOHASHDIR="1", CCACHE_BASEDIR=str(TOP))
    if shutil.which("ninja"):
        changed["CMAKE_GENERATOR"] = "Ninja"
    return changed


def run(*command, may_fail=False, **more):
    """Runs a command and returns what it printed; shows that if it failed."""
    words = [str(word) for word in command]
    print("+ " + " ".join(words), flush=True)
    env = dict(environment(), **more.pop("env", {}))
    done = subprocess.run(words, check=False, text=True, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    if done.returncode != 0 and not may_fail:
        print(done.stdout[-8000:])
        fail(f"{words[0]} ended with status {done.returncode}; its output is above")
    return done.stdout


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def configure(source, build, compiler, *definitions, **more):
    return run("cmake", "-S", source, "-B", build, f"-DCMAKE_CXX_COMPILER={compiler}", *definitions, **more)


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def check_no_paths_of_this_machine(folder, *more):
    """An installed tree names neither the sources nor the folders it was built in and moved from."""
    traces = [str(path).encode() for path in (TOP, *more)]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and any(trace in path.read_bytes() for trace in traces):
            fail(f"{path.relative_to(folder)} holds a path of the machine that built it")


def start(program):
    printed = run(program)
    if f"coauth {version()}: " not in printed:
        fail(f"expected 'coauth {version()}: …' from the program, got: {printed}")
    print(printed.strip())
