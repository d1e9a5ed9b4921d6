// SPDX-License-Identifier: BSL-1.0
//
// The herd scenarios for clients in JavaScript. A client is {handles(count), call(handle, signal)}:
// handles that share what its library lets them share, and one call of the API through one of
// them, which gives the status of the answer or throws.

import { setTimeout as sleep } from 'node:timers/promises';

const callers = 100;
const clients = 10;

class Tally {
    constructor() {
        this.start = performance.now();
        this.outcomes = new Map();
        this.ok = 0;
        this.toldInTime = 0;
    }
    #count(outcome) {
        this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    }
    async note(call) {
        try {
            const status = await call;
            this.#count(String(status));
            if (status === 200) this.ok += 1;
        } catch (error) {
            this.#count(String(error.message ?? error).slice(0, 60));
            if (performance.now() - this.start < 2000) this.toldInTime += 1;
        }
    }
    print() {
        for (const [outcome, count] of this.outcomes) console.error(`  ${count} x ${outcome}`);
    }
}

/** Until the scenario has come so far. */
async function waitFor(url, phase) {
    while ((await (await fetch(`${url}/control/phase`)).text()) !== phase) await sleep(20);
}

export async function run(scenario, url, client) {
    const before = new Tally();
    const results = new Tally();
    const running = [];
    const [first] = await client.handles(1);
    const herd = (count, tally) => {
        for (let i = 0; i < count; i += 1) running.push(tally.note(client.call(first)));
    };
    let served = () => results.ok;
    switch (scenario) {
        case 'cold':
            herd(callers, results);
            break;
        case 'failing':
            herd(callers, results);
            served = () => results.toldInTime;
            break;
        case 'revoked': {
            const handles = await client.handles(clients);
            for (const handle of handles) await before.note(client.call(handle));
            const answer = await fetch(`${url}/control/revoke`, { method: 'POST' });
            if (answer.status !== 204) throw new Error('the server does not revoke');
            for (let i = 0; i < callers; i += 1) {
                running.push(results.note(client.call(handles[i % clients])));
            }
            break;
        }
        case 'leader_cancelled':
            running.push(before.note(client.call(first, AbortSignal.timeout(20))));
            await sleep(5);
            herd(callers - 1, results);
            break;
        case 'retry_after':
            herd(1, before);
            await waitFor(url, 'paused');
            herd(callers, before);
            await waitFor(url, 'over');
            herd(callers, results);
            break;
        default:
            throw new Error(`unknown scenario ${scenario}`);
    }
    await Promise.all(running);
    before.print();
    results.print();
    console.log(JSON.stringify({ served: served() }));
}
