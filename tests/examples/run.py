#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""run.py <example> <ready.json>: runs one program of examples/ and looks at what it prints.

What brings its servers itself runs as it is; the others have a row here that leads them to the
authorization server of servers/oidc-provider, which others wrote.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

SECRET = "correct-horse-battery-staple-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONGEST = 60  # seconds


def rows(ready, folder):
    """name: its arguments, and a pattern that its output must match."""
    https = ready["origins"]["https"]
    token, api, pki = https + "/token", https + "/rs", ready["pki"]
    mtls = ready["origins"]["mtls"] + "/rs"
    a_call = r"^200 [\[{].*[\]}]"
    return {
        "1_client_credentials": ([token, api, "cc-basic", "read", "/echo"], a_call),
        "6_service": ([https, api, "cc-basic", "read", "/echo"], r"^[1-9]\d*00 good calls .* 1 token request,"),
        "8_private_key_jwt": ([token, api, "cc-es256", f"{pki}/jwt-ec-p256.key", "read", "/echo"], a_call),
        "10_keeping_tokens": ([token, api, "cc-basic", f"{folder}/store", f"{folder}/key", "read", "/echo"], a_call),
        "11_sign_in_with_a_browser": (["--headless"], a_call),
        "12_sign_in_with_a_code": (["--headless"], a_call),
        "13_by_issuer": ([https, api, "cc-basic", "read", "/echo"], a_call),
        "14_client_certificate": ([https, mtls, "cc-tls-bound", f"{pki}/client.crt", f"{pki}/client.key",
                                   "read", "/mtls"], a_call),
    }


def main():
    program, ready_file = Path(sys.argv[1]), Path(sys.argv[2])
    name = program.name.removeprefix("example_")
    if not ready_file.is_file():
        print("oidc-provider does not run: ./check installs and starts it")
        sys.exit(1 if os.environ.get("CI") else 77)
    ready = json.loads(ready_file.read_text())
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "key")
        key.touch(0o600)
        key.write_text(secrets.token_hex(32))
        arguments, pattern = rows(ready, folder).get(name, ([], r"\S"))
        environment = {**os.environ, "CLIENT_SECRET": SECRET, "SSL_CERT_FILE": ready["ca"]}
        ran = subprocess.run([program, *arguments], env=environment, text=True, timeout=LONGEST,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print(ran.stdout)
    if ran.returncode == 2 and not arguments:
        sys.exit(f"{name} wants arguments: give it a row in tests/examples/run.py")
    if ran.returncode != 0 or not re.search(pattern, ran.stdout, re.MULTILINE | re.DOTALL):
        sys.exit(f"{name} ended with {ran.returncode}; wanted to see: {pattern}")
    if SECRET in ran.stdout:
        sys.exit(f"{name} shows its secret")


if __name__ == "__main__":
    main()
