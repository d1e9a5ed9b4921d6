# SPDX-License-Identifier: BSL-1.0
"""What a benchmark needs from the machine: Debian packages, npm packages, built programs. Progress
goes to standard error; figures have standard output for themselves."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build" / "bench"
QUICK = bool(os.environ.get("COAUTH_BENCH_QUICK"))

# Control-C runs what stands in `finally`, and prints nothing.
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))


class Missing(Exception):
    """A rival, or a tool, that cannot be had here. The text says why."""


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def skip(what, reason):
    """Never silently: what is left out is named, with the reason."""
    say(f"SKIPPED {what}: {reason}")


def command(arguments, what, **options):
    """Runs a command whose output matters only when it fails."""
    result = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False, **options)
    if result.returncode != 0:
        lines = result.stdout.strip().splitlines()
        print("\n".join(lines[-40:]), file=sys.stderr, flush=True)
        raise Missing(f"{what} failed" + (f" ({lines[-1]})" if lines else ""))


def present(shown_by):
    return Path(shown_by).exists() if shown_by.startswith("/") else bool(shutil.which(shown_by))


def need(*packages):
    """Each a Debian package and what shows that it is there, a command or a file: installed where
    it is missing, by whoever may. Services that come with a package are not started."""
    missing = [name for name, shown_by in packages if not present(shown_by)]
    if not missing:
        return
    line = "apt-get install -y --no-install-recommends " + " ".join(missing)
    if not shutil.which("apt-get"):
        raise Missing("not installed, and this is not Debian: " + " ".join(missing))
    if os.geteuid() != 0:
        raise Missing(f"not installed; do: sudo {line}")
    say("installing " + " ".join(missing))
    # Services ask for RUNLEVEL before they start with their installation.
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    subprocess.run(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL, check=False)
    command([*line.split(), "-qq", "-o", "DPkg::Lock::Timeout=300"], line, env=quiet)


def node():
    """A node of version 20 or later: the machine's, or one from npm in the build folder."""
    need(("nodejs", "node"), ("npm", "npm"))
    own = BUILD / "node20" / "node_modules" / "node" / "bin" / "node"
    for candidate in (shutil.which("node"), own):
        if candidate and Path(candidate).exists() and _major(candidate) >= 20:
            return str(candidate)
    say("installing node 20 into the build folder")
    command(["npm", "install", "--prefix", BUILD / "node20", "--no-audit", "--no-fund",
             "--loglevel=error", "node@20"], "npm install node@20")
    return str(own)


def _major(program):
    version = subprocess.run([str(program), "--version"], stdout=subprocess.PIPE, text=True,
                             check=False).stdout
    return int(version.strip().lstrip("v").split(".")[0] or 0)


def npm_packages(source, target):
    """Copies a folder with package.json and its lock to `target`, and installs there."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    stamp = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    mark = target / "installed"
    if mark.exists() and mark.read_text() == stamp:
        return
    say(f"installing the npm packages of {source.name}")
    command(["npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"], "npm ci",
            cwd=target)
    mark.write_text(stamp)


def build(*targets):
    """Builds targets of benchmarks/CMakeLists.txt; returns the folder with the programs."""
    need(("g++", "g++"), ("cmake", "cmake"), ("ninja-build", "ninja"),
         ("libasio-dev", "/usr/include/asio.hpp"), ("libssl-dev", "/usr/include/openssl/ssl.h"))
    say("building " + " ".join(targets))
    command(["cmake", "-S", TOP / "benchmarks", "-B", BUILD, "-G", "Ninja"], "configuring")
    command(["cmake", "--build", BUILD, "--target", *targets], "the build of " + " ".join(targets))
    return BUILD
