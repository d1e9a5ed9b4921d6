# SPDX-License-Identifier: BSL-1.0
"""Runs the command against the embedded servers: command_test.py COAUTH SERVER [TEST...]."""

import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
from pathlib import Path

SKIPPED = 77  # ctest reports it
LONGEST = 60  # seconds, of one run of the command


class Servers:
    """The embedded authorization server and API, in a process of their own."""

    def __init__(self, program):
        self.folder = Path(tempfile.mkdtemp(prefix="coauth-tools-"))
        self.process = subprocess.Popen([program, str(self.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        for name, value in json.loads(self.process.stdout.readline()).items():
            setattr(self, name, value)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def counters(self):
        return json.loads(self.tell("counters"))

    def close(self):
        self.process.stdin.close()
        self.process.wait(LONGEST)
        self.process.stdout.close()
        shutil.rmtree(self.folder)


class Case(unittest.TestCase):
    """One test of the command; all share the servers of their file."""

    coauth = None
    servers = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="coauth-tools-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    def secret(self):
        return "file:" + self.file("secret", self.servers.client_secret)

    def configuration(self, scope="users.read", **api):
        """A configuration file as the documentation has it."""
        servers = self.servers
        token = {"token_endpoint": servers.token_url, "client_id": servers.client_id,
                 "client_secret": self.secret(), "scope": scope}
        return self.file("coauth.json", {"token": token, "api": {"base_url": servers.base_url} | api,
                                         "tls": {"ca_file": servers.ca_file, "system_trust": False}})

    def client(self):
        """The same by options, for a description that has the token URL."""
        return ["--client-id", self.servers.client_id, "--client-secret", self.secret(),
                "--cacert", self.servers.ca_file]

    def environment(self, **more):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COAUTH")}
        return clean | {"TERM": "xterm"} | more

    def run_coauth(self, *arguments, stdin=None, environment=None):
        """The finished command; nothing that it says holds a secret, unless it is asked for the token."""
        done = subprocess.run([self.coauth, *arguments], input=stdin, text=True, capture_output=True, check=False,
                              timeout=LONGEST, env=environment or self.environment(),
                              stdin=None if stdin is not None else subprocess.DEVNULL)
        if "--raw" not in arguments:
            self.check_no_secret(done.stdout)
        self.check_no_secret(done.stderr)
        return done

    def check_no_secret(self, text):
        self.assertNotIn(self.servers.client_secret, text)
        self.assertNotIn("test-token-", text)  # every token of the embedded server begins like this

    def ends(self, code, *arguments, **more):
        """Runs the command, which has to end with this code; every error says what to do next."""
        done = self.run_coauth(*arguments, **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        if code not in (0, 130):
            self.assertIn("coauth: ", done.stderr)
        return done

    def on_terminal(self, *arguments, columns=80, answers=(), environment=None):
        """What a person sees at a terminal, and the exit code. `answers`: (awaited text, typed text)."""
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
            os.execve(self.coauth, [self.coauth, *arguments], environment or self.environment())
        seen, left = b"", list(answers)
        while True:
            readable, _, _ = select.select([terminal], [], [], LONGEST)
            try:
                block = os.read(terminal, 65536) if readable else b""
            except OSError:  # how Linux says that the other side is closed
                block = b""
            if not block:
                break
            seen += block
            if left and left[0][0].encode() in seen:
                os.write(terminal, left.pop(0)[1].encode())
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        text = seen.decode().replace("\r\n", "\n")
        self.check_no_secret(text)
        return text, os.waitstatus_to_exitcode(status)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    Case.coauth = sys.argv.pop(1)
    Case.servers = Servers(sys.argv.pop(1))
    try:
        unittest.main()
    finally:
        Case.servers.close()
