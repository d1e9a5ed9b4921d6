#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The page of an exchange log in a browser: it opens from a file, shows both exchanges and no secret, and nothing
leaves it. Skipped where there is no Chromium."""

import http.server
import os
import re
import shutil
import subprocess
import sys
import threading

import harness

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Listener(http.server.BaseHTTPRequestHandler):
    """Notes who comes by."""

    visits = []

    def do_GET(self):  # pylint: disable=invalid-name
        self.visits.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Page(harness.Case):
    def setUp(self):
        super().setUp()
        Listener.visits.clear()
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        self.addCleanup(self.listener.server_close)
        self.addCleanup(self.listener.shutdown)

    def dom(self, page):
        """The document as the browser has it in the end."""
        done = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                               "--user-data-dir=" + str(self.folder / "profile"), "--dump-dom", "file://" + str(page)],
                              text=True, capture_output=True, check=True, timeout=harness.LONGEST)
        return done.stdout

    def report(self, *arguments):
        page = self.folder / "page.html"
        self.run_coauth("call", *arguments, "--config", self.configuration(scope="users.read users.write"),
                        "--report", str(page))
        return page

    def test_shows_both_exchanges_and_no_secret(self):
        dom = self.dom(self.report("GET", "/users?limit=2"))
        for part in ("<h3>Authorization server</h3>", "<h3>API</h3>", "A token was fetched", "user 2",
                     self.servers.token_url, "Authorization: Bearer [redacted]", "<svg", "<details>"):
            self.assertIn(part, dom)
        self.check_no_secret(dom)

    def test_lets_nothing_out_and_nothing_in_whatever_a_server_said(self):
        origin = f"http://127.0.0.1:{self.listener.server_address[1]}"
        hostile = (f'<img src="{origin}/img"><script>fetch("{origin}/script")</script>'
                   f'</pre></details><iframe src="{origin}/frame"></iframe><link rel=stylesheet href="{origin}/css">')
        page = self.report("POST", "/users", "-H", "Content-Type: text/plain", "-d", hostile, "-H",
                           f'X-Hostile: "><img src={origin}/header>')
        dom = self.dom(page)
        body = dom[dom.index("<body>"):]
        self.assertNotRegex(body, r"<(img|script|iframe|link|style|base|form|object|embed)\b")
        self.assertIn("&lt;img src=", body)
        self.assertEqual(Listener.visits, [])

    def test_is_held_to_that_by_its_policy_too(self):
        page = self.report("GET", "/users?limit=1")
        origin = f"http://127.0.0.1:{self.listener.server_address[1]}"
        broken = page.read_text().replace("<h1>", f'<img src="{origin}/img"><script src="{origin}/script"></script><h1>')
        page.write_text(broken, encoding="utf-8")
        self.assertRegex(self.dom(page), re.escape(f'<img src="{origin}/img">'))
        self.assertEqual(Listener.visits, [])
        page.write_text(re.sub("<meta http-equiv[^>]*>", "", broken), encoding="utf-8")
        self.dom(page)
        self.assertIn("/img", Listener.visits)  # without it they would have gone out


if __name__ == "__main__":
    if BROWSER is None:
        print("there is no Chromium (Debian: apt-get install chromium)")
        sys.exit(harness.SKIPPED)
    harness.main()
