import { TOKEN_PLACEHOLDER } from './conversation.js';

// Two ways to send what the page asks, which share one memory: they remember the last access token an answer brought and
// send it where a request's Authorization header still holds the placeholder. The token lives in this closure alone:
// closing or reloading the page forgets it.
export function createFetch(send = (...args) => globalThis.fetch(...args)) {
  let lastAccess = null;

  function sendSafely(url, init) {
    const headers = new Headers(init.headers);
    const authorization = headers.get('Authorization');
    if (lastAccess && authorization) {
      headers.set('Authorization', authorization.replace(TOKEN_PLACEHOLDER, () => lastAccess));
    }

    // In cookie mode the server wants to see that this is no request another site's form or picture could make.
    if (!headers.has('X-Requested-With')) headers.set('X-Requested-With', 'playground');

    // A redirect could carry the token elsewhere; /graphql never redirects.
    return send(url, { ...init, headers, credentials: 'same-origin', redirect: 'error' });
  }

  // For what is answered at once.
  async function fetchJSON(url, init) {
    const response = await sendSafely(url, init);
    const text = await response.text();
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      throw unexpected(response, 'JSON', text);
    }
    lastAccess = accessToken(body) ?? lastAccess;
    return { json: () => body };
  }

  // For what is answered as it comes.
  async function fetchEvents(url, init) {
    const response = await sendSafely(url, init);
    if (!/^text\/event-stream\b/.test(response.headers.get('Content-Type'))) {
      throw unexpected(response, 'events', await response.text());
    }
    return response;
  }

  return { fetchJSON, fetchEvents };
}

function unexpected(response, wanted, text) {
  return new Error(`The server answered ${response.status}, and not with ${wanted}: ${text.slice(0, 200)}`);
}

// Looks under every root field, because an operation may rename tokenObtain and tokenRefresh with an alias.
function accessToken(body) {
  for (const field of Object.values(body?.data ?? {})) {
    if (typeof field?.access === 'string') return field.access;
  }
  return null;
}
