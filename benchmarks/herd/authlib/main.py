# SPDX-License-Identifier: BSL-1.0
"""The herd scenarios with Authlib: one AsyncOAuth2Client of httpx, shared by all callers.

main.py <scenario> <URL of herd_server>     SSL_CERT_FILE names the CA

Authlib renews a token that has run out, but fetches no first one by itself: the client is made
with one that has run out, so that the first call renews it, once for all who call meanwhile. It
has no renewal after a 401.
"""

import asyncio
import collections
import json
import sys
import time

from authlib.integrations.httpx_client import AsyncOAuth2Client

CALLERS = 100
CLIENTS = 10
LONGEST_CALL = 10  # seconds; Authlib itself waits for ever


class Tally:
    def __init__(self):
        self.start = time.monotonic()
        self.outcomes = collections.Counter()
        self.ok = 0
        self.told_in_time = 0

    async def note(self, call):
        try:
            status = await asyncio.wait_for(call, LONGEST_CALL)
            self.outcomes[str(status)] += 1
            self.ok += status == 200
        except asyncio.TimeoutError:
            self.outcomes[f"no answer within {LONGEST_CALL} s"] += 1
        except asyncio.CancelledError:
            self.outcomes["cancelled"] += 1
        except Exception as error:  # whatever the library throws is an outcome
            self.outcomes[f"{type(error).__name__}: {error}"[:60]] += 1
            self.told_in_time += time.monotonic() - self.start < 2

    def show(self):
        for outcome, count in self.outcomes.items():
            print(f"  {count} x {outcome}", file=sys.stderr)


class Herd:
    def __init__(self, url):
        self.url = url
        self.running = []
        expired = {"access_token": "expired", "token_type": "Bearer", "expires_at": 1}
        self.client = AsyncOAuth2Client("client", "secret", scope="users.read", token=expired,
                                        token_endpoint=f"{url}/token", grant_type="client_credentials")

    async def call(self):
        response = await self.client.get(f"{self.url}/v1/users", timeout=30)
        return response.status_code

    def start(self, count, tally):
        self.running += [asyncio.create_task(tally.note(self.call())) for _ in range(count)]
        return self.running[-1]

    async def control(self, method, path):
        return await self.client.request(method, f"{self.url}/control/{path}", withhold_token=True)

    async def wait_for(self, phase):
        while (await self.control("GET", "phase")).text != phase:
            await asyncio.sleep(0.02)

    async def run(self, scenario):
        before, results = Tally(), Tally()
        if scenario in ("cold", "failing"):
            self.start(CALLERS, results)
        elif scenario == "revoked":
            for _ in range(CLIENTS):  # the one client is what they can share
                await self.start(1, before)
            await self.control("POST", "revoke")
            self.start(CALLERS, results)
        elif scenario == "leader_cancelled":
            leader = self.start(1, before)
            asyncio.get_running_loop().call_later(0.020, leader.cancel)
            await asyncio.sleep(0.005)
            self.start(CALLERS - 1, results)
        elif scenario == "retry_after":
            self.start(1, before)
            await self.wait_for("paused")
            self.start(CALLERS, before)
            await self.wait_for("over")
            self.start(CALLERS, results)
        else:
            sys.exit(f"unknown scenario {scenario}")
        await asyncio.gather(*self.running)
        before.show()
        results.show()
        return results.told_in_time if scenario == "failing" else results.ok


async def main():
    scenario, url = sys.argv[1:]
    served = await Herd(url).run(scenario)
    print(json.dumps({"served": served}))


asyncio.run(main())
