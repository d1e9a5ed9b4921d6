#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The command against the authorization server that others wrote, and the resources behind it: a description of
them is shown, called, refused and inspected. ctest starts the server; COAUTH_OIDC_READY says where it is."""

import json
import os
import sys
from pathlib import Path

import harness

OK, REFUSED, API_REFUSED = 0, 4, 5
SECRET = "correct-horse-battery-staple-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
READY = os.environ.get("COAUTH_OIDC_READY")


class Oidc(harness.Case):
    def setUp(self):
        super().setUp()
        ready = json.loads(Path(READY).read_text(encoding="utf-8"))
        self.origin, self.issuer, ca = ready["origins"]["https"], ready["issuers"]["tls"], ready["ca"]
        self.client = ["--client-id", "cc-basic", "--client-secret", "file:" + self.file("s", SECRET), "--cacert", ca]
        self.ca = ["--cacert", ca]
        flow = {"clientCredentials": {"tokenUrl": "/token", "scopes": {"read": "", "write": "", "admin": ""}}}
        echo = {"get": {"operationId": "read", "security": [{"oauth": ["read"]}],
                        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]},
                "post": {"operationId": "write", "security": [{"oauth": ["write"]}],
                         "requestBody": {"content": {"application/json": {}}}}}
        admin = {"get": {"operationId": "admin", "security": [{"oauth": ["admin"]}]},
                 "head": {"operationId": "byIssuer", "security": [{"openid": ["admin"]}]}}
        self.spec = self.file("rs.json", {
            "openapi": "3.1.0", "info": {"title": "Resources", "version": "1"},
            "servers": [{"url": self.origin + "/rs"}],
            "components": {"securitySchemes": {
                "oauth": {"type": "oauth2", "flows": flow},
                "openid": {"type": "openIdConnect",
                           "openIdConnectUrl": self.issuer + "/.well-known/openid-configuration"}}},
            "paths": {"/echo": echo, "/admin": admin}})

    def check_no_secret(self, text):
        super().check_no_secret(text)
        self.assertNotIn(SECRET, text)

    def call(self, code, *arguments):
        return self.ends(code, "api", "call", self.spec, *arguments, *self.client)

    def test_imports_a_description_and_calls_what_it_describes(self):
        facts = json.loads(self.ends(OK, "api", "show", self.spec, "--scheme", "oauth", "--json").stdout)
        self.assertEqual([facts["token_url"], facts["scope"]], [self.origin + "/token", "read write admin"])
        said = json.loads(self.call(OK, "read", "q=a b&c").stdout)
        self.assertEqual(said["query"], "?q=a%20b%26c")
        self.call(OK, "write", "-d", '{"name": "Ada"}')
        self.call(OK, "byIssuer")

    def test_says_which_side_refused(self):
        done = self.call(API_REFUSED, "admin", "--scope", "read", "--inspect")
        self.assertIn("--scope 'admin'", done.stderr)
        for part in ("[1] authorization server", "[2] API", "< 403 "):
            self.assertIn(part, done.stdout)
        wrong = [*self.client[:3], "file:" + self.file("wrong", "wrong"), *self.ca]
        self.assertIn("invalid_client", self.ends(REFUSED, "api", "call", self.spec, "read", *wrong).stderr)

    def test_shows_what_the_server_says_of_itself_and_finds_its_token_endpoint(self):
        done = self.ends(OK, "discover", self.issuer, *self.ca)
        self.assertIn("token_endpoint: " + self.origin + "/token", done.stdout)
        self.assertIn("private_key_jwt", done.stdout)
        self.ends(OK, "call", "GET", self.origin + "/rs/echo", *self.client, "--issuer", self.issuer, "--scope", "read")

    def test_decodes_a_token_of_the_server(self):
        options = [*self.client, "--token-url", self.origin + "/token"]
        self.assertIn("opaque", self.ends(OK, "token", *options).stdout)
        config = self.file("jwt.json", {
            "token": {"token_endpoint": self.origin + "/token", "client_id": "cc-basic", "scope": "read",
                      "client_secret": self.client[3], "resource": ["https://rs.test/jwt"]},
            "tls": {"ca_file": self.ca[1], "system_trust": False}})
        facts = json.loads(self.ends(OK, "token", "--config", config, "--json").stdout)
        self.assertEqual([facts["kind"], facts["verified"], facts["header"]["alg"]], ["a JWT", False, "ES256"])
        self.assertEqual(facts["claims"]["iss"], self.issuer)


if __name__ == "__main__":
    if not READY or not Path(READY).exists():
        print("the server of servers/oidc-provider does not run; ctest starts it")
        sys.exit(1 if os.environ.get("CI") else harness.SKIPPED)
    harness.main()
