# SPDX-License-Identifier: BSL-1.0
"""Packages of other Debian suites as unpacked files, without installing anything.

They come from the archive that this machine's own apt sources name, with its keys and proxies, and are
kept in a folder: what is there already is used when the archive cannot be reached."""

import re
import subprocess
import time
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
LISTS_LAST = 24 * 3600  # seconds


class Unavailable(Exception):
    """What cannot be had, and why; a row that needs it is skipped."""


def output(command, **more):
    return subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=600, **more)


def repositories():
    """The addresses of the repositories with a component `main` that this machine uses, in order."""
    try:
        found = output(["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages"])
    except FileNotFoundError:
        raise Unavailable("there is no apt-get here; other versions are taken from Debian's archive") from None
    lines = [line.split() for line in found.stdout.splitlines()]
    return list(dict.fromkeys(line[0] for line in lines if line[1:] == ["main"]))


def native_architecture():
    return output(["dpkg", "--print-architecture"]).stdout.strip()


class Suite:
    """One suite of the archive for one architecture, such as ("trixie", "amd64")."""

    def __init__(self, name, architecture, folder):
        self.name = name
        self.folder = folder / f"{name}-{architecture}"
        self.apt = self.folder / "apt"
        self.options = []
        for option in (f"Dir::Etc::SourceList={self.apt}/sources.list", "Dir::Etc::SourceParts=-",
                       "Dir::Etc::PreferencesParts=-", f"Dir::State={self.apt}/state",
                       "Dir::State::status=/dev/null", f"Dir::Cache={self.apt}/cache",
                       f"APT::Architecture={architecture}", f"APT::Architectures={architecture}",
                       "APT::Sandbox::User=root", "APT::Update::Error-Mode=any",
                       "APT::Update::Post-Invoke-Success::=true", "Acquire::Languages=none",
                       "Acquire::Retries=2"):
            self.options += ["-o", option]
        self.reached = None

    def update(self):
        """Whether the lists of packages are there and of today."""
        if self.reached is None:
            self.reached = any(self._lists_from(address) for address in repositories())
        return self.reached

    def _lists_from(self, address):
        done = self.apt / "updated"
        wanted = f"deb {f'[signed-by={KEYRING}] ' if KEYRING.exists() else ''}{address} {self.name} main\n"
        sources = self.apt / "sources.list"
        if done.exists() and time.time() - done.stat().st_mtime < LISTS_LAST and sources.read_text() == wanted:
            return True
        for needed in ("state/lists/partial", "cache/archives/partial"):
            (self.apt / needed).mkdir(parents=True, exist_ok=True)
        sources.write_text(wanted)
        if output(["apt-get", *self.options, "update", "-q"]).returncode != 0:
            return False
        done.touch()
        return True

    def unpacked(self, *packages):
        """The folder with the files of all these packages, in their newest version. The name of each
        package and its version stand in its file `versions`."""
        if self.update():
            return self._download(packages)
        kept = [path.parent for path in self.folder.glob(f"{packages[0]}_*/versions")]
        if kept:
            return max(kept, key=lambda path: path.stat().st_mtime)
        raise Unavailable(f"none of this machine's apt sources can be reached with the suite {self.name}")

    def _download(self, packages):
        listed = output(["apt-get", *self.options, "download", "--print-uris", *packages])
        files = re.findall(r"^'\S+' (\S+\.deb) ", listed.stdout, re.MULTILINE)
        if listed.returncode != 0 or len(files) != len(packages):
            raise Unavailable(f"the suite {self.name} lacks one of {', '.join(packages)}: {listed.stderr.strip()}")
        files.sort(key=lambda name: packages.index(name.split("_")[0]))
        folder = self.folder / files[0].removesuffix(".deb").replace("%3a", "-")
        versions = folder / "versions"
        wanted = "".join(name.removesuffix(".deb").replace("%3a", ":") + "\n" for name in files)
        if not versions.exists() or versions.read_text() != wanted:
            folder.mkdir(parents=True, exist_ok=True)
            fetched = output(["apt-get", *self.options, "download", "-q", *packages], cwd=folder)
            if fetched.returncode != 0:
                raise Unavailable(f"download from the suite {self.name} failed: {fetched.stderr.strip()}")
            for name in files:
                subprocess.run(["dpkg", "-x", name, "."], check=True, cwd=folder)
                (folder / name).unlink()
            versions.write_text(wanted)
        return folder


def asio_in(folder):
    """The folder that holds include/asio.hpp, and the version."""
    header = folder / "include" / "asio" / "version.hpp"
    if not header.exists():
        raise Unavailable(f"{folder} has no include/asio/version.hpp")
    number = int(re.search(r"#define ASIO_VERSION (\d+)", header.read_text()).group(1))
    return folder, f"{number // 100000}.{number // 100 % 1000}.{number % 100}"


def openssl_version(include):
    text = next(include.rglob("openssl/opensslv.h")).read_text()
    return re.search(r'define OPENSSL_VERSION_STR "([^"]+)"', text).group(1)
