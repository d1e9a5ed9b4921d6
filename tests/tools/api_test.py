#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""`coauth api`: an OpenAPI document of the embedded API is listed, shown, called and refused."""

import copy
import json
import os

import harness

OK, USAGE, CONFIGURATION, NO_BROWSER, API_REFUSED, INTERRUPTED = 0, 2, 3, 4, 5, 130


def document(servers):
    scopes = {"users.read": "Read", "users.write": "Write"}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    tags = {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    read, write = [{"oauth": ["users.read"]}], [{"oauth": ["users.write"]}]
    body = {"required": True, "content": {"application/json": {}}}
    flow = {"clientCredentials": {"tokenUrl": servers.token_url, "scopes": scopes}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Users", "version": "1"},
        "servers": [{"url": servers.base_url}],
        "components": {"securitySchemes": {
            "oauth": {"type": "oauth2", "flows": flow},
            "key": {"type": "apiKey", "in": "query", "name": "appid"},
            "openid": {"type": "openIdConnect",
                       "openIdConnectUrl": servers.issuer + "/.well-known/openid-configuration"}}},
        "paths": {
            "/users": {"get": {"operationId": "listUsers", "summary": "All", "parameters": [limit], "security": read},
                       "post": {"operationId": "createUser", "requestBody": body, "security": write}},
            "/users/{id}": {"get": {"operationId": "getUser", "parameters": [one], "security": read}},
            "/echo": {"get": {"operationId": "search", "parameters": [tags],
                              "security": [{"oauth": ["users.read"], "key": []}]},
                      "post": {"operationId": "openid", "security": [{"openid": []}]}},
        },
    }


class Api(harness.Case):
    def setUp(self):
        super().setUp()
        self.described = document(self.servers)
        self.spec = self.file("api.json", self.described)

    def call(self, code, *arguments, **more):
        return self.ends(code, "api", "call", self.spec, *arguments, **more)

    def test_an_authorization_code_opens_the_browser_and_calls(self):
        schemes = self.described["components"]["securitySchemes"]
        flow = schemes["oauth"]["flows"].pop("clientCredentials")
        schemes["oauth"]["flows"]["authorizationCode"] = flow | {"authorizationUrl": self.servers.authorization_url}
        self.spec = self.file("by-code.json", self.described)
        browser = self.file("xdg-open", "#!/usr/bin/env python3\nimport ssl, sys, urllib.request\n"
                            f"trust = ssl.create_default_context(cafile={self.servers.ca_file!r})\n"
                            "urllib.request.urlopen(sys.argv[1], context=trust).read()\n")
        os.chmod(browser, 0o755)
        path = f"{self.folder}:{os.environ['PATH']}"
        before = self.servers.counters()["token_requests"]
        done = self.call(OK, "getUser", "id=7", *self.client(), environment=self.environment(PATH=path))
        self.assertEqual(json.loads(done.stdout)["id"], 7)
        self.assertEqual(self.servers.counters()["token_requests"], before + 1)
        done = self.call(NO_BROWSER, "getUser", "id=7", *self.client(), environment=self.environment(PATH="/nowhere"))
        self.assertIn("browser", done.stderr)

    def test_operations_of_one_id_are_called_by_method_and_path(self):
        self.described["paths"]["/users"]["get"]["operationId"] = "getUser"
        self.spec = self.file("twice.json", self.described)
        done = self.call(OK, "GET", "/users/{id}", "id=7", *self.client())
        self.assertEqual(json.loads(done.stdout)["id"], 7)
        done = self.call(USAGE, "getUser", "id=7", *self.client())
        self.assertIn("several operations have the id 'getUser'", done.stderr)

    def test_lists_the_operations(self):
        done = self.ends(OK, "api", "list", self.spec)
        self.assertRegex(done.stdout, r"listUsers +GET /users +oauth \(users\.read\)\n")
        listed = json.loads(self.ends(OK, "api", "list", self.spec, "--json").stdout)
        self.assertEqual([one["id"] for one in listed], ["listUsers", "createUser", "getUser", "search", "openid"])
        done = self.ends(OK, "api", "list", "-", stdin=json.dumps(self.described))
        self.assertIn("listUsers", done.stdout)

    def test_shows_what_the_document_says(self):
        facts = json.loads(self.ends(OK, "api", "show", self.spec, "--scheme", "oauth", "--json").stdout)
        self.assertEqual([facts["base_url"], facts["token_url"], facts["scope"], facts["operations"]],
                         [self.servers.base_url, self.servers.token_url, "users.read users.write", 5])
        done = self.ends(OK, "api", "show", self.spec, "getUser")
        self.assertIn("id in path, integer, required", done.stdout)
        done = self.ends(OK, "api", "show", self.spec, "GET", "/users")
        self.assertIn("limit in query, integer", done.stdout)

    def test_asks_for_what_the_document_leaves_open(self):
        two = copy.deepcopy(self.described)
        two["servers"].append({"url": "https://other.example"})
        spec = self.file("two.json", two)
        done = self.ends(OK, "api", "show", spec)
        self.assertIn("answer with --server URL or --base-url URL", done.stdout)
        done = self.ends(CONFIGURATION, "api", "call", spec, "listUsers", *self.client())
        self.assertIn("https://other.example", done.stderr)
        self.assertIn("--server URL", done.stderr)
        self.ends(OK, "api", "call", spec, "listUsers", "--server", self.servers.base_url, *self.client())
        variable = copy.deepcopy(self.described)
        variable["servers"] = [{"url": self.servers.api_origin + "/{v}", "variables": {"v": {"default": "v1"}}}]
        spec = self.file("variable.json", variable)
        self.ends(OK, "api", "call", spec, "listUsers", *self.client())
        self.ends(API_REFUSED, "api", "call", spec, "listUsers", "--var", "v=v2", *self.client())

    def test_calls_by_id_and_by_method_and_path(self):
        done = self.call(OK, "listUsers", "limit=1", *self.client())
        self.assertEqual(json.loads(done.stdout), [{"id": 1, "name": "user 1"}])
        done = self.call(OK, "GET", "/users/{id}", "id=7", *self.client())
        self.assertEqual(json.loads(done.stdout)["id"], 7)
        done = self.call(OK, "createUser", "-d", '{"n":1}', *self.client(), "-i")
        self.assertTrue(done.stdout.startswith("HTTP/1.1 201 "))

    def test_asks_for_the_scopes_of_the_operation_only(self):
        done = self.call(OK, "listUsers", *self.client(), "--inspect")
        self.assertIn("grant_type=client_credentials&scope=users.read\n", done.stdout)
        self.assertIn("[2] API", done.stdout)

    def test_takes_token_url_scope_and_base_url_from_a_configuration_where_it_has_them(self):
        elsewhere = copy.deepcopy(self.described)
        elsewhere["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]["tokenUrl"] = \
            "https://evil.example/token"
        elsewhere["servers"] = [{"url": "https://evil.example"}]
        spec = self.file("elsewhere.json", elsewhere)
        done = self.ends(OK, "api", "call", spec, "listUsers", "--config", self.configuration())
        self.assertIn("user 1", done.stdout)
        done = self.ends(API_REFUSED, "api", "call", self.spec, "createUser", "-d", "{}", "--config",
                         self.configuration(scope="users.read"))
        self.assertIn("--scope 'users.write'", done.stderr)

    def test_shows_a_key_nowhere_whatever_its_name(self):
        key = "hush-hush-hush"
        option = ["--api-key", "key=file:" + self.file("key", key)]
        done = self.call(OK, "search", "tags=a,b", *option, *self.client())
        self.assertEqual(json.loads(done.stdout)["query"], [["tags", "a"], ["tags", "b"], ["appid", key]])
        har, page = self.folder / "x.har", self.folder / "x.html"
        done = self.call(OK, "search", *option, *self.client(), "--inspect", "-v", "--har", str(har), "--report",
                         str(page))
        dry = self.call(OK, "search", *option, *self.client(), "--dry-run")
        for text in (done.stdout, done.stderr, dry.stdout, har.read_text(), page.read_text()):
            self.assertNotIn(key, text)
            self.assertIn("appid=[redacted]", done.stdout)

    def test_finds_the_token_endpoint_by_the_issuer_of_openid_connect(self):
        self.call(OK, "openid", *self.client())

    def test_refuses_what_does_not_fit_before_anything_is_sent(self):
        before = self.servers.counters()
        for arguments, words in ((["listUser"], "did you mean listUsers"), (["listUsers", "limt=1"], "'limit'"),
                                 (["listUsers", "limit=x"], "integer"), (["getUser"], "missing"),
                                 (["listUsers", "limit"], "NAME=VALUE"), (["createUser"], "body"),
                                 (["GET", "/nowhere"], "no operation")):
            self.assertIn(words, self.call(USAGE, *arguments, *self.client()).stderr)
        self.assertIn("--client-id", self.call(CONFIGURATION, "listUsers").stderr)
        self.ends(USAGE, "api", "shw", self.spec)
        done = self.ends(CONFIGURATION, "api", "list", self.file("no.json", "{}"))
        self.assertIn("no API description", done.stderr)
        self.assertEqual(self.servers.counters(), before)

    def test_dry_run_says_by_what_a_call_is_authorized(self):
        before = self.servers.counters()
        done = self.call(OK, "listUsers", "limit=1", "--dry-run", *self.client())
        self.assertIn("would send GET " + self.servers.base_url + "/users?limit=1", done.stdout)
        self.assertIn("oauth (oauth2), token of " + self.servers.token_url + ", scope users.read", done.stdout)
        self.assertEqual(self.servers.counters(), before)

    def test_has_where_credentials_go_confirmed_for_a_document_from_a_url(self):
        before = self.servers.counters()["token_requests"]
        self.servers.tell("serve " + json.dumps(self.described))
        url = self.servers.api_origin + "/served"
        done = self.ends(CONFIGURATION, "api", "call", url, "listUsers", *self.client())
        self.assertIn("confirm it", done.stderr)
        self.assertEqual(self.servers.counters()["token_requests"], before)
        self.servers.tell("serve " + json.dumps(self.described))
        self.ends(OK, "api", "call", url, "listUsers", *self.client(), "--token-url", self.servers.token_url)

    def test_follows_a_reference_to_another_server_only_where_it_is_allowed(self):
        paths = {"users": self.described["paths"]["/users"]}
        apart = copy.deepcopy(self.described)
        apart["paths"]["/users"] = {"$ref": self.servers.api_origin + "/parts.json#/users"}
        spec = self.file("apart.json", apart)
        before = self.servers.counters()["api_requests"]
        done = self.ends(OK, "api", "show", spec, *self.client()[-2:])
        self.assertIn("only with --allow-remote-refs " + self.servers.api_origin, done.stdout)
        self.assertIn("not read: the operations of /users", self.ends(OK, "api", "list", spec).stderr)
        self.assertIn("not read: ", self.ends(USAGE, "api", "call", spec, "listUsers", *self.client()).stderr)
        allowed = ["--allow-remote-refs", self.servers.api_origin]
        self.assertIn("--allow-remote-refs https://", self.ends(USAGE, "api", "list", spec, *allowed[:1],
                                                               "http://specs.example").stderr)
        self.assertEqual(self.servers.counters()["api_requests"], before)
        self.servers.tell("serve " + json.dumps(paths))
        done = self.ends(OK, "api", "call", spec, "listUsers", "limit=1", *allowed, *self.client())
        self.assertEqual(json.loads(done.stdout), [{"id": 1, "name": "user 1"}])
        done = self.ends(CONFIGURATION, "api", "list", spec, *allowed, *self.client()[-2:])
        self.assertIn("the server answered 404", done.stderr)
        self.servers.tell("delay_api 30000")
        seen, code = self.on_terminal("api", "list", spec, *allowed, *self.client()[-2:],
                                      answers=[("waiting for a document of the description", "\x03")])
        self.servers.tell("delay_api 0")
        self.assertEqual(code, INTERRUPTED)
        self.assertIn("interrupted", seen)


if __name__ == "__main__":
    harness.main()
