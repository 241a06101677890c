import { createClient, NetworkError } from 'graphql-sse';
import { accessToken, SignedOut } from './access.mjs';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Subscribes, or asks, again and again as it takes, with a new token where it takes one. `connected` is called each time
// that nothing is missed from then on: read then what you show. Answers a function that ends it.
export function subscribe(url, { session, connected, patience = 40_000 }, operation, sink) {
  let token;
  let refused;
  let again;
  const client = createClient({
    url,
    headers: async () => {
      try {
        token = await accessToken(session, refused);
      } catch (error) {
        // graphql-sse tries again after a NetworkError only. For somebody who is signed out there is no use in that.
        throw error instanceof SignedOut ? error : new NetworkError(error);
      }
      return token ? { Authorization: `Bearer ${token}` } : {};
    },
    fetchFn: (address, init) => fetchWatched(address, init, patience),
    retryAttempts: Infinity,
    // Later and later, and not all clients at the same moment.
    retry: (retries) => pause(Math.min(500 * 2 ** retries, 30_000) * (0.5 + Math.random())),
    on: { connected: () => connected?.() },
  });

  function begin() {
    let ended = false;
    client.subscribe(operation, {
      next(result) {
        // A stream ends with UNAUTHENTICATED when its token does. A query of what is public is answered as to a stranger.
        ended = Boolean(token && (!result.data || result.extensions?.auth) && session.isRefused(result));
        if (ended) refused = token;
        else sink.next(result);
      },
      error: (error) => sink.error(error),
      complete() {
        if (ended) again = setTimeout(begin, 500);
        else sink.complete();
      },
    });
  }
  begin();
  return () => {
    clearTimeout(again);
    client.dispose();
  };
}

// A connection can be lost without a word, when a phone changes networks for example. The server gives a sign of life
// every 15 seconds.
async function fetchWatched(url, init, patience) {
  const silence = new AbortController();
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error('The connection is silent.')), patience);
  };
  const end = () => clearTimeout(timer);
  init.signal.addEventListener('abort', end);
  heard();
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.any([init.signal, silence.signal]) });
    const transform = (chunk, stream) => {
      heard();
      stream.enqueue(chunk);
    };
    return new Response(response.body.pipeThrough(new TransformStream({ transform, flush: end })), response);
  } catch (error) {
    end();
    throw error;
  }
}
