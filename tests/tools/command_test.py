#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""`coauth token`, `call`, `discover` and `store` as people and scripts use them: each option, each exit code, and
no secret in anything that they print."""

import base64
import json
import os
import signal
import subprocess

import harness

OK, OTHER, USAGE, CONFIGURATION, REFUSED, API_REFUSED, NETWORK, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
USERS = [{"id": 1, "name": "user 1"}, {"id": 2, "name": "user 2"}]


def encoded(members):
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


class Call(harness.Case):
    def test_prints_the_body_and_nothing_else(self):
        done = self.ends(OK, "call", "GET", "/users?limit=2", "--config", self.configuration())
        self.assertEqual(json.loads(done.stdout), USERS)
        self.assertEqual(done.stderr, "")

    def test_goes_to_a_whole_url_with_a_client_from_options(self):
        url = self.servers.base_url + "/users?limit=2"
        done = self.ends(OK, "call", "GET", url, *self.client(), "--token-url", self.servers.token_url,
                         "--scope", "users.read")
        self.assertEqual(json.loads(done.stdout), USERS)
        done = self.ends(OK, "call", "GET", url, *self.client(), "--issuer", self.servers.issuer,
                         "--scope=users.read")
        self.assertEqual(json.loads(done.stdout), USERS)
        done = self.ends(REFUSED, "call", "GET", url, *self.client(), "--issuer", self.servers.issuer,
                         "--auth-method=client_secret_post")
        self.assertIn("try client_secret_basic", done.stderr)

    def test_takes_its_configuration_from_the_environment(self):
        for prefix, options in (("COAUTH", []), ("MYAPP", ["--env", "MYAPP"])):
            variables = {"TOKEN_ENDPOINT": self.servers.token_url, "CLIENT_ID": self.servers.client_id,
                         "CLIENT_SECRET": self.servers.client_secret, "SCOPE": "users.read",
                         "BASE_URL": self.servers.base_url, "TLS_CA_FILE": self.servers.ca_file}
            environment = self.environment(**{f"{prefix}_{name}": value for name, value in variables.items()})
            done = self.ends(OK, "call", "GET", "users?limit=2", *options, environment=environment)
            self.assertEqual(json.loads(done.stdout), USERS)

    def test_sends_headers_and_bodies_as_curl_does(self):
        config = self.configuration(scope="users.read users.write")
        headers = self.file("headers", "X-Two: 2\r\nX-Three: 3\n")
        done = self.ends(OK, "call", "POST", "/echo", "--config", config, "-HX-One: 1", "-H", "@" + headers,
                         "-d", "a=1", "--data", "b=2")
        said = json.loads(done.stdout)
        sent = {name.lower(): value for name, value in said["headers"]}
        self.assertEqual([sent["x-one"], sent["x-two"], sent["x-three"]], ["1", "2", "3"])
        self.assertEqual([said["body"], sent["content-type"]], ["a=1&b=2", "application/x-www-form-urlencoded"])
        for body in (["-d", '{"n": 1}'], ["-d", "@" + self.file("body", '{"n": 1}')]):
            said = json.loads(self.ends(OK, "call", "POST", "/echo", "--config", config, *body).stdout)
            self.assertEqual(said["body"], '{"n": 1}')
            self.assertIn(["Content-Type", "application/json"], said["headers"])
        done = self.ends(OK, "call", "POST", "/echo", "--config", config, "-d@-", "-H", "Content-Type: text/csv",
                         stdin="x,y")
        self.assertIn(["Content-Type", "text/csv"], json.loads(done.stdout)["headers"])
        self.assertEqual(json.loads(done.stdout)["body"], "x,y")

    def test_writes_head_file_and_json_where_asked(self):
        config = self.configuration()
        done = self.ends(OK, "call", "GET", "/users?limit=2", "--config", config, "-i")
        self.assertTrue(done.stdout.startswith("HTTP/1.1 200 OK\n"), done.stdout)
        self.assertIn("Content-Type: application/json\n", done.stdout)
        file = self.folder / "body"
        done = self.ends(OK, "call", "GET", "/users?limit=2", "--config", config, "-o", str(file))
        self.assertEqual([done.stdout, json.loads(file.read_text())], ["", USERS])
        done = self.ends(OK, "call", "GET", "/users?limit=2", "--config", config, "--json")
        whole = json.loads(done.stdout)
        self.assertEqual([whole["status"], whole["body"], whole["exchanges"]], [200, USERS, 2])
        self.assertEqual(whole["tokens"][0]["decision"], "fetched")

    def test_inspect_shows_both_exchanges_in_place_of_the_body(self):
        done = self.ends(OK, "call", "GET", "/users?limit=2", "--config", self.configuration(), "--inspect")
        for part in ("[1] authorization server", "[2] API", "> Authorization: Bearer [redacted]", "user 1"):
            self.assertIn(part, done.stdout)
        self.assertNotIn("\x1b", done.stdout)

    def test_inspect_puts_them_next_to_each_other_on_a_wide_terminal(self):
        config = self.configuration()
        wide, code = self.on_terminal("call", "GET", "/users?limit=2", "--config", config, "--inspect", columns=160)
        self.assertEqual(code, OK)
        self.assertTrue(any("[1] authorization server" in line and "[2] API" in line for line in wide.splitlines()))
        narrow, code = self.on_terminal("call", "GET", "/users?limit=2", "--config", config, "--inspect", columns=80)
        self.assertEqual(code, OK)
        self.assertFalse(any("[1] auth" in line and "[2] API" in line for line in narrow.splitlines()))
        plain, _ = self.on_terminal("call", "GET", "/users", "--config", config, "--inspect", columns=70,
                                    environment=self.environment(NO_COLOR="1"))
        self.assertTrue(all(len(line) <= 70 for line in plain.splitlines() if "waiting for" not in line))

    def test_colours_a_terminal_unless_told_otherwise(self):
        command = ["call", "GET", "/users", "--config", self.configuration(), "--inspect"]
        seen, _ = self.on_terminal(*command)
        self.assertIn("\x1b[1m", seen)
        for variable in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            seen, _ = self.on_terminal(*command, environment=self.environment(**variable))
            self.assertNotIn("\x1b[1m", seen)

    def test_lets_no_server_drive_the_terminal(self):
        config = self.configuration()
        self.servers.tell("hostile_api")
        seen, code = self.on_terminal("call", "GET", "/users", "--config", config)
        self.assertEqual(code, OK)
        self.assertIn("\\x1B[31mred", seen)
        self.assertNotIn("\x1b[31m", seen)
        self.servers.tell("hostile_api")
        self.assertIn("\x1b[31mred", self.ends(OK, "call", "GET", "/users", "--config", config).stdout)

    def test_writes_a_har_and_a_page_also_of_a_failure(self):
        config = self.configuration()
        har, page = self.folder / "x.har", self.folder / "x.html"
        self.servers.tell("fail_api 503")
        self.ends(API_REFUSED, "call", "GET", "/users", "--config", config, "--har", str(har), "--report", str(page))
        entries = json.loads(har.read_text())["log"]["entries"]
        self.assertEqual([entry["response"]["status"] for entry in entries], [200, 503])
        self.assertIn("Content-Security-Policy", page.read_text())
        for file in (har, page):
            self.check_no_secret(file.read_text())
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_tells_what_happens_where_asked(self):
        done = self.ends(OK, "call", "GET", "/users?limit=2", "--config", self.configuration(), "-v")
        for part in ("* token from " + self.servers.token_url, "* sent GET", "* answer 200"):
            self.assertIn(part, done.stderr)
        self.assertEqual(json.loads(done.stdout), USERS)

    def test_dry_run_says_what_would_be_sent_and_sends_nothing(self):
        before = self.servers.counters()
        done = self.ends(OK, "call", "POST", "/users?api_key=abc", "--config", self.configuration(), "--dry-run",
                         "-d", '{"password": "p"}', "-H", "X-One: 1")
        for part in ("would send POST " + self.servers.base_url + "/users?api_key=[redacted]", "X-One: 1",
                     "authorized by a token of " + self.servers.token_url + ", scope users.read",
                     '{"password":"[redacted]"}'):
            self.assertIn(part, done.stdout.replace('": "', '":"'))
        self.assertEqual(self.servers.counters(), before)

    def test_authorizes_by_other_means(self):
        origin, ca = self.servers.api_origin, ["--cacert", self.servers.ca_file]
        self.ends(OK, "call", "GET", origin + "/basic", *ca, "-u", "user", "--password",
                  "file:" + self.file("p", "password"))
        self.ends(OK, "call", "GET", origin + "/key", *ca, "--api-key", "env:K", environment=self.environment(K="key"))
        self.ends(OK, "call", "GET", origin + "/open", *ca, "--no-token")
        done = self.ends(API_REFUSED, "call", "GET", "/users", "--config", self.configuration(), "--no-token")
        self.assertIn("401", done.stderr)
        token = self.ends(OK, "token", "--config", self.configuration(), "--raw").stdout.strip()
        self.ends(OK, "call", "GET", self.servers.base_url + "/users", *ca, "--bearer", "file:" + self.file("t", token))

    def test_sends_no_credential_in_the_place_of_another_one(self):
        url, key = self.servers.api_origin + "/key", ["--api-key", "env:K"]
        environment = self.environment(K="key")
        before = self.servers.counters()
        for other in (["-u", "user", "--password", "env:K"], ["--bearer", "env:K"],
                      ["--client-id", "app", "--client-secret", "env:K", "--token-url", self.servers.token_url]):
            done = self.ends(USAGE, "call", "GET", url, *key, *other, environment=environment)
            self.assertIn("--api-key", done.stderr)
        done = self.ends(USAGE, "call", "GET", url, "--api-key", "scheme=env:K", environment=environment)
        self.assertIn("api call", done.stderr)
        self.assertEqual(before, self.servers.counters())

    def test_json_at_a_terminal_has_no_escape_sequence_of_a_server(self):
        command = ["call", "GET", "/echo?x=%C2%9B31m", "--config", self.configuration(), "--json"]
        seen, code = self.on_terminal(*command)
        self.assertEqual(code, OK, seen)
        self.assertIn("\\x9B31m", seen)
        self.assertNotIn("\x9b", seen)
        self.assertIn("\x9b31m", self.ends(OK, *command).stdout)

    def test_dry_run_names_the_credential_of_the_configuration(self):
        secret = self.secret()
        for credential, words in (({"bearer_token": secret}, "a bearer token"),
                                  ({"http_basic": {"user_id": "me", "password": secret}}, "HTTP Basic"),
                                  ({"api_key": {"header": "X-Key", "value": secret}}, "an API key")):
            with self.subTest(words):
                config = self.file("static.json", {"api": {"base_url": self.servers.base_url} | credential})
                done = self.ends(OK, "call", "GET", "/users", "--config", config, "--dry-run")
                self.assertIn("authorized by " + words + "\n", done.stdout)

    def test_asks_a_person_for_a_secret_without_showing_it(self):
        command = ["call", "GET", self.servers.base_url + "/users?limit=2", "--client-id", self.servers.client_id,
                   "--token-url", self.servers.token_url, "--cacert", self.servers.ca_file, "--scope", "users.read"]
        seen, code = self.on_terminal(*command, answers=[("client secret: ", self.servers.client_secret + "\n")])
        self.assertEqual(code, OK, seen)
        self.assertIn("user 2", seen)
        seen, code = self.on_terminal(*command, answers=[("client secret: ", "\x03")])
        self.assertEqual(code, INTERRUPTED)

    def test_takes_no_secret_from_the_command_line_and_repeats_none(self):
        url = self.servers.base_url + "/users"
        before = self.servers.counters()
        for wrong in (["-H", "Authorization: Bearer hush-hush"], ["--bearer", "hush-hush"],
                      ["--client-id", "a", "--token-url", self.servers.token_url, "--client-secret", "hush-hush"],
                      ["-u", "me:hush-hush"], ["--api-key", "hush-hush"], ["-H", "X-Api-Key: hush-hush"],
                      ["--secret=hush-hush"], ["hush-hush"], ["--no-token=hush-hush"]):
            done = self.ends(USAGE, "call", "GET", url, *wrong)
            self.assertNotIn("hush-hush", done.stdout + done.stderr)
            self.assertIn("next: ", done.stderr)
        self.assertEqual(before, self.servers.counters())

    def test_says_what_is_wrong_with_its_arguments(self):
        for arguments, words in ((["call", "GET"], "something is missing"), (["call", "GET", "/x", "--scop=a"], "--scope"),
                                 (["call", "GET", "/x", "-Z"], "-Z"), (["call", "GET", "/x", "-d"], "needs a value"),
                                 (["cal"], "did you mean call"), ([], "no command"),
                                 (["call", "GET", "/x", "--no-token"], "relative"),
                                 (["call", "GET", "/x", "-d", "@/nowhere", "--config", self.configuration()], "nowhere"),
                                 (["call", "GET", "/x", "--config", self.configuration(), "-m", "-1"], "--max-time")):
            self.assertIn(words, self.ends(USAGE, *arguments).stderr)

    def test_ends_with_3_where_the_configuration_is_wrong(self):
        wrong = self.file("wrong.json", {"token": {"scop": "a"}})
        self.assertIn("did you mean 'scope'", self.ends(CONFIGURATION, "call", "GET", "/x", "--config", wrong).stderr)
        done = self.ends(CONFIGURATION, "call", "GET", self.servers.base_url + "/users")
        self.assertIn("no credentials", done.stderr)
        done = self.ends(CONFIGURATION, "call", "GET", "https://localhost:1/", "--config", self.configuration())
        self.assertIn("credentials do not go there", done.stderr)
        self.ends(CONFIGURATION, "call", "GET", "http://example.com/", *self.client(), "--token-url",
                  self.servers.token_url)

    def test_ends_with_4_where_the_authorization_server_refuses(self):
        config = self.configuration(scope="nope")
        self.assertIn("invalid_scope", self.ends(REFUSED, "call", "GET", "/users", "--config", config).stderr)
        wrong = self.file("wrong", "wrong-secret")
        done = self.ends(REFUSED, "call", "GET", self.servers.base_url, "--client-id", self.servers.client_id,
                         "--client-secret", "file:" + wrong, "--token-url", self.servers.token_url, "--cacert",
                         self.servers.ca_file, "--json")
        self.assertEqual(json.loads(done.stdout)["error"]["exit_code"], REFUSED)

    def test_ends_with_5_and_the_body_where_the_api_refuses(self):
        config = self.configuration()
        done = self.ends(API_REFUSED, "call", "POST", "/users", "-d", "{}", "--config", config)
        self.assertEqual(json.loads(done.stdout)["status"], 403)
        self.assertIn("--scope 'users.write'", done.stderr)
        self.servers.tell("reject_all 1")
        done = self.ends(API_REFUSED, "call", "GET", "/users", "--config", config, "--inspect")
        self.servers.tell("reject_all 0")
        self.assertIn("sent again with another token", done.stdout)

    def test_ends_with_6_where_nobody_answers(self):
        done = self.ends(NETWORK, "call", "GET", self.servers.base_url + "/users", "--no-token")
        self.assertIn("certificate_untrusted", done.stderr)
        self.assertIn("next: if the server's CA is your own, name it with --cacert FILE", done.stderr)
        self.assertNotIn("tls_config", done.stderr)
        done = self.ends(NETWORK, "call", "GET", "https://localhost:1/", "--no-token")
        self.assertIn("next: check host and port", done.stderr)
        config = self.configuration()
        self.servers.tell("delay_api 30000")
        done = self.ends(NETWORK, "call", "GET", "/users", "--config", config, "-m", "0.2", "--inspect")
        self.servers.tell("delay_api 0")
        self.assertIn("--max-time", done.stderr)
        self.assertIn("[2] API", done.stdout)

    def test_ends_with_1_where_a_file_cannot_be_written(self):
        self.ends(OTHER, "call", "GET", "/users", "--config", self.configuration(), "-o", "/nowhere/x")

    def test_tells_a_terminal_what_it_waits_for(self):
        self.servers.tell("delay_api 3000")
        seen, code = self.on_terminal("call", "GET", "/users", "--config", self.configuration())
        self.servers.tell("delay_api 0")
        self.assertEqual(code, OK)
        self.assertRegex(seen, r"waiting for the API, \d s")

    def test_ctrl_c_ends_it_at_once(self):
        self.servers.tell("delay_api 30000")
        running = subprocess.Popen([self.coauth, "call", "GET", "/users", "--config", self.configuration(), "-v"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in running.stderr:
            if "sent GET" in line:
                break
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)  # the server would answer later
        self.servers.tell("delay_api 0")
        self.assertEqual(running.returncode, INTERRUPTED)
        self.assertIn("interrupted", said)


class Token(harness.Case):
    def test_says_what_it_is_and_not_the_token(self):
        done = self.ends(OK, "token", "--config", self.configuration())
        for part in ("Bearer token, opaque", "expires in 3", "scope users.read"):
            self.assertIn(part, done.stdout)
        facts = json.loads(self.ends(OK, "token", "--config", self.configuration(), "--json").stdout)
        self.assertEqual([facts["type"], facts["kind"], facts["scope"]], ["Bearer", "opaque", "users.read"])

    def test_prints_the_token_for_scripts(self):
        done = self.ends(OK, "token", "--config", self.configuration(), "--raw")
        self.assertRegex(done.stdout, r"\Atest-token-[\w-]+\n\Z")

    def test_decodes_a_jwt_and_says_that_nothing_was_verified(self):
        claims = {"iss": "https://as.example", "exp": 4102444800, "aud": ["a"], "evil": "\x1b[31m"}
        jwt = encoded({"alg": "RS256", "kid": "7"}) + "." + encoded(claims) + ".c2lnbmF0dXJl"
        option = ["--bearer", "file:" + self.file("jwt", jwt)]
        done = self.ends(OK, "token", *option)
        for part in ("a JWT", "nothing was verified", "iss: https://as.example", "exp: 4102444800 (in ", "\\x1B[31m"):
            self.assertIn(part, done.stdout)
        self.assertNotIn("c2lnbmF0dXJl", done.stdout)
        facts = json.loads(self.ends(OK, "token", *option, "--json").stdout)
        self.assertEqual([facts["verified"], facts["claims"]], [False, claims])
        for broken in ("a.b.c", jwt + ".x", encoded([]) + "." + encoded({}) + ".", "e30.e30"):
            done = self.ends(OK, "token", "--bearer", "file:" + self.file("jwt", broken))
            self.assertIn("opaque", done.stdout)

    def test_shows_what_was_said_when_it_fails(self):
        done = self.ends(REFUSED, "token", "--config", self.configuration(scope="nope"), "--inspect")
        self.assertIn('"error": "invalid_scope"', done.stdout)


class Discover(harness.Case):
    def test_shows_what_a_client_needs(self):
        done = self.ends(OK, "discover", self.servers.issuer, "--cacert", self.servers.ca_file)
        self.assertIn("token_endpoint: " + self.servers.token_url, done.stdout)
        beginning = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(beginning["token"]["issuer"], self.servers.issuer)
        done = self.ends(OK, "discover", self.servers.issuer, "--cacert", self.servers.ca_file, "--json")
        self.assertEqual(json.loads(done.stdout)["token_endpoint"], self.servers.token_url)

    def test_names_the_places_where_nothing_was(self):
        done = self.ends(REFUSED, "discover", self.servers.issuer + "/x", "--cacert", self.servers.ca_file)
        self.assertIn("/.well-known/oauth-authorization-server/x: 404", done.stderr)

    def test_does_not_believe_another_issuer(self):
        done = self.ends(REFUSED, "discover", self.servers.issuer + "/", "--cacert", self.servers.ca_file)
        self.assertIn("another issuer", done.stderr)


class Store(harness.Case):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "tokens"
        self.store.mkdir(mode=0o700)
        for name in ("ab" * 32, "cd" * 32):
            (self.store / name).write_bytes(b"coauth\x01\xfe\x01" + b"\x01" * 8 + b"\0" * 40)
            os.chmod(self.store / name, 0o600)
        (self.store / "lock").write_bytes(b"")

    def test_lists_what_is_kept_without_opening_it(self):
        done = self.ends(OK, "store", "list", str(self.store))
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertIn("sealed with key 0101010101010101", done.stdout)
        os.chmod(self.store / ("cd" * 32), 0o644)
        records = json.loads(self.ends(OK, "store", "list", str(self.store), "--json").stdout)
        self.assertEqual([one["name"] for one in records], ["ab" * 32, "cd" * 32])
        self.assertEqual([one["open_to_others"] for one in records], [False, True])

    def test_erases_one_or_all(self):
        self.ends(USAGE, "store", "erase", str(self.store))
        self.ends(USAGE, "store", "erase", str(self.store), "ef")
        self.ends(OK, "store", "erase", str(self.store), "ab")
        self.assertEqual(sorted(path.name for path in self.store.iterdir()), ["cd" * 32, "lock"])
        self.ends(OK, "store", "erase", str(self.store), "--all")
        self.assertEqual(self.ends(OK, "store", "list", str(self.store)).stdout, "no tokens\n")
        self.ends(USAGE, "store", "list", str(self.folder / "nowhere"))


class Help(harness.Case):
    def test_is_enough(self):
        overview = self.ends(OK, "--help").stdout
        for command in ("token", "call", "api", "discover", "store"):
            self.assertIn("  " + command, overview)
            text = self.ends(OK, command, "--help").stdout
            self.assertIn("usage: coauth " + command, text)
            self.assertIn("Exit status", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertLessEqual(max(map(len, overview.splitlines())), 100)
        example = overview[overview.index("  {"):overview.index("The key:")]
        dry = self.ends(OK, "call", "GET", "/users", "--dry-run", "--config", self.file("example.json", example))
        self.assertIn("https://api.example.com/v1/users", dry.stdout)
        self.assertRegex(self.ends(OK, "--version").stdout, r"\Acoauth \d+\.\d+\.\d+\n\Z")


if __name__ == "__main__":
    harness.main()
