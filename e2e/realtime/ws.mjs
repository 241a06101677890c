import { createClient } from 'graphql-ws';
import { accessToken, SignedOut } from './access.mjs';

const FORBIDDEN = 4403; // the token does not serve, or does not any more
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// A client that connects again by itself, with a new token where it takes one. `connected` is called each time: read then,
// through this very client, what you show. Further options are those of graphql-ws.
export function createSocket(url, { session, connected, ...options }) {
  let token;
  let refused;
  let closedBy;
  let silent;
  const client = createClient({
    url,
    connectionParams: async () => {
      token = await accessToken(session, refused);
      return token ? { Authorization: `Bearer ${token}` } : {};
    },

    // By itself graphql-ws tries again when a connection has ended, but not when there is none to be had, as while a server
    // restarts. It is of no use only for somebody who is signed out.
    shouldRetry: (why) => !(why instanceof SignedOut),
    retryAttempts: Infinity,
    // With a new token at once; else later and later, and not all clients at the same moment.
    retryWait: (retries) =>
      pause(closedBy === FORBIDDEN && retries === 0 ? 0 : Math.min(500 * 2 ** retries, 30_000) * (0.5 + Math.random())),

    // A connection can be lost without a word, when a phone changes networks for example: it is what answers no ping.
    keepAlive: 15_000,
    on: {
      ping: (received) => {
        if (!received) silent = setTimeout(() => client.terminate(), 5_000);
      },
      pong: (received) => received && clearTimeout(silent),
      closed: ({ code }) => {
        clearTimeout(silent);
        closedBy = code;
        if (code === FORBIDDEN) refused = token;
      },
      connected: () => connected?.(),
    },
    ...options,
  });
  return client;
}
