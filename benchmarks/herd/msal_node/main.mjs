// SPDX-License-Identifier: BSL-1.0
//
// The herd scenarios with @azure/msal-node: ConfidentialClientApplications that share a cache by a
// cache plug-in, tokens by client credentials, calls by fetch. The library has no part in the call
// itself; on a 401 its user asks for a token once more with `skipCache`.
//
// main.mjs <scenario> <URL of herd_server>     NODE_EXTRA_CA_CERTS names the CA

import { ConfidentialClientApplication } from '@azure/msal-node';
import { run } from './scenarios.mjs';

const [scenario, url] = process.argv.slice(2);

let stored = '';
const cachePlugin = {
    async beforeCacheAccess(context) {
        context.tokenCache.deserialize(stored);
    },
    async afterCacheAccess(context) {
        if (context.cacheHasChanged) stored = context.tokenCache.serialize();
    },
};

// As for Microsoft's own clouds, whose endpoints the library knows: it asks nobody for them.
const authority = `${url}/tenant`;
const authorityMetadata = JSON.stringify({
    issuer: authority,
    authorization_endpoint: `${authority}/authorize`,
    token_endpoint: `${authority}/token`,
    jwks_uri: `${authority}/keys`,
});

function application(cache) {
    return new ConfidentialClientApplication({
        auth: {
            clientId: 'client',
            clientSecret: 'secret',
            authority,
            authorityMetadata,
            knownAuthorities: [new URL(url).host],
        },
        cache,
    });
}

async function get(app, skipCache, signal) {
    const token = await app.acquireTokenByClientCredential({
        scopes: ['api://users/.default'],
        skipCache,
    });
    signal?.throwIfAborted();
    const response = await fetch(`${url}/v1/users`, {
        headers: { Authorization: `Bearer ${token.accessToken}` },
        signal,
    });
    await response.text();
    return response.status;
}

await run(scenario, url, {
    handles: (count) =>
        count === 1 ? [application()] : Array.from({ length: count }, () => application({ cachePlugin })),
    async call(app, signal) {
        const status = await get(app, false, signal);
        return status === 401 ? get(app, true, signal) : status;
    },
});
