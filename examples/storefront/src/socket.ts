import { createClient, type Client } from 'graphql-ws';
import { api } from './api';
import { accessToken, refresh } from './session';

const FORBIDDEN = 4403; // how the server closes a socket whose token does not serve, or does not any more

/** The WebSocket of the subscriptions: it opens with the first of them, and again whenever it was closed. */
export function openSocket(): Client {
  let sent: string | undefined;
  let forbidden = false;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const socket = createClient({
    url: api.url.replace(/^http/, 'ws'),
    connectionParams() {
      sent = accessToken();
      return sent === undefined ? undefined : { Authorization: `Bearer ${sent}` };
    },
    // It comes again for ever, also when there was no answer at all. How it was closed decides how soon.
    retryAttempts: Infinity,
    shouldRetry: () => true,
    async retryWait(retries) {
      if (forbidden) await refresh(sent).catch(() => undefined); // if nobody could be asked, this is tried again, too
      if (!forbidden || retries > 0) await pause(retries);
    },
    // A connection that was cut somewhere on the way would be silent for ever: so it is asked for a sign of life.
    keepAlive: 15_000,
    on: {
      closed: (event) => {
        forbidden = event instanceof CloseEvent && event.code === FORBIDDEN;
        clearTimeout(silence);
      },
      ping: (received) => {
        if (!received) silence = setTimeout(() => socket.terminate(), 5_000);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
    },
  });
  return socket;
}

// Longer and longer, up to half a minute; and never all clients at the same moment.
const pause = (retries: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.min(1_000 * 2 ** retries, 30_000) * (0.5 + Math.random() / 2)));
