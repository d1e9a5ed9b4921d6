#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Tokens that a configured store keeps from one run of the command to the next."""

import json
import os
from pathlib import Path

import harness

OK, CONFIGURATION, API_REFUSED, REFUSED = 0, 3, 5, 4


class Keeping(harness.Case):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "tokens"
        self.key = self.file("sealing-key", "5e" * 32)
        self.config = self.keeping({"directory": str(self.store), "sealing_key": "file:" + self.key})

    def keeping(self, store, name="kept.json"):
        described = json.loads(Path(self.configuration()).read_text(encoding="utf-8"))
        described["token"]["store"] = store
        return self.file(name, described)

    def token_requests(self):
        return self.servers.counters()["token_requests"]

    def token(self, config=None):
        return json.loads(self.ends(OK, "token", "--config", config or self.config, "--json").stdout)

    def test_two_runs_make_one_token_request_and_share_the_token(self):
        before = self.token_requests()
        self.assertFalse(self.token()["stored"])
        self.assertTrue(self.token()["stored"])
        self.assertIn("from the token store", self.ends(OK, "token", "--config", self.config).stdout)
        done = self.ends(OK, "call", "GET", "/users?limit=1", "--config", self.config, "-v")
        self.assertIn("token from the store", done.stderr)
        self.assertEqual(self.token_requests(), before + 1)
        done = self.ends(OK, "token", "--config", self.config, "--inspect")
        self.assertTrue(done.stdout.startswith("Bearer token"))

    def test_what_a_call_has_fetched_is_kept_whatever_the_api_says(self):
        before = self.token_requests()
        self.ends(API_REFUSED, "call", "GET", "/nowhere", "--config", self.config)
        self.ends(API_REFUSED, "call", "GET", "/nowhere", "--config", self.config)
        self.assertTrue(self.token()["stored"])
        self.assertEqual(self.token_requests(), before + 1)

    def test_operations_of_a_description_have_tokens_of_their_scopes(self):
        flow = {"clientCredentials": {"tokenUrl": self.servers.token_url, "scopes": {"users.read": "", "x": ""}}}
        spec = self.file("api.json", {
            "openapi": "3.0.3", "info": {"title": "Users", "version": "1"}, "servers": [{"url": self.servers.base_url}],
            "components": {"securitySchemes": {"oauth": {"type": "oauth2", "flows": flow}}},
            "paths": {"/users": {"get": {"operationId": "list", "security": [{"oauth": ["users.read"]}]}}}})
        before = self.token_requests()
        for _ in range(2):
            self.ends(OK, "api", "call", spec, "list", "--config", self.config)
        self.assertEqual(self.token_requests(), before + 1)

    def test_store_list_and_erase_see_what_is_kept(self):
        self.token()
        listed = json.loads(self.ends(OK, "store", "list", str(self.store), "--json").stdout)
        self.assertEqual([one["open_to_others"] for one in listed], [False])
        self.assertIn("sealed with key", listed[0]["seal"])
        self.ends(OK, "store", "erase", str(self.store), listed[0]["name"][:8])
        before = self.token_requests()
        self.assertFalse(self.token()["stored"])
        self.assertEqual(self.token_requests(), before + 1)

    def test_a_token_that_the_api_rejects_is_replaced_in_the_store_too(self):
        self.token()
        self.servers.tell("revoke_all")
        before = self.token_requests()
        for _ in range(2):
            self.ends(OK, "call", "GET", "/users?limit=1", "--config", self.config)
        self.assertEqual(self.token_requests(), before + 1)

    def test_the_environment_configures_it_too(self):
        variables = {"TOKEN_ENDPOINT": self.servers.token_url, "CLIENT_ID": self.servers.client_id,
                     "CLIENT_SECRET": self.servers.client_secret, "TLS_CA_FILE": self.servers.ca_file,
                     "TOKEN_STORE_DIRECTORY": str(self.store), "TOKEN_STORE_SEALING_KEY_FILE": self.key}
        environment = self.environment(**{"COAUTH_" + name: value for name, value in variables.items()})
        before = self.token_requests()
        for _ in range(2):
            self.ends(OK, "token", environment=environment)
        self.assertEqual(self.token_requests(), before + 1)

    def test_a_store_that_fails_costs_a_token_request_and_is_told(self):
        self.token()
        other = self.keeping({"directory": str(self.store), "sealing_key": "file:" + self.file("other", "a5" * 32)},
                             "other.json")
        done = self.ends(OK, "token", "--config", other)
        self.assertIn("coauth: the token store: load: store_record_unreadable", done.stderr)
        os.chmod(self.store, 0o755)
        done = self.ends(OK, "call", "GET", "/users?limit=1", "--config", self.config)
        self.assertEqual(done.stderr.count("coauth: the token store: "), 1)
        self.assertIn("user 1", done.stdout)

    def test_needs_a_directory_and_a_key_by_reference(self):
        for store, words in (({"directory": str(self.store)}, "/token/store/sealing_key"),
                             ({"sealing_key": "file:" + self.key}, "/token/store/directory"),
                             ({"directory": str(self.store), "sealing_key": "5e" * 32}, "by reference"),
                             ({"directory": str(self.store), "sealing_key": {"inline_secret": "5e" * 32}}, "reference")):
            done = self.ends(CONFIGURATION, "token", "--config", self.keeping(store, "bad.json"))
            self.assertIn(words, done.stderr)
            self.assertNotIn("5e5e", done.stderr)

    def test_a_refusal_keeps_nothing(self):
        self.servers.tell("fail_token 400")
        self.ends(REFUSED, "token", "--config", self.config)
        self.assertFalse(self.store.exists() and any(path.name != "lock" for path in self.store.iterdir()))


if __name__ == "__main__":
    harness.main()
