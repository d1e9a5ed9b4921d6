// SPDX-License-Identifier: BSL-1.0
//
// The herd scenarios with google-auth-library: one OAuth2Client with a refresh token, which is the
// kind of client that can be pointed at another server than Google's. `forceRefreshOnFailure` is
// its setting for renewal after a 401.
//
// main.mjs <scenario> <URL of herd_server>     NODE_EXTRA_CA_CERTS names the CA

import { OAuth2Client } from 'google-auth-library';
import { run } from './scenarios.mjs';

const [scenario, url] = process.argv.slice(2);

const auth = new OAuth2Client({
    clientId: 'client',
    clientSecret: 'secret',
    forceRefreshOnFailure: true,
    endpoints: { oauth2TokenUrl: `${url}/token` },
});
auth.setCredentials({ refresh_token: 'refresh' });

await run(scenario, url, {
    // Google's API clients are given the same OAuth2Client.
    handles: (count) => Array(count).fill(auth),
    async call(handle, signal) {
        const response = await handle.request({ url: `${url}/v1/users`, signal });
        return response.status;
    },
});
