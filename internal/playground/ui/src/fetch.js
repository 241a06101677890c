import { TOKEN_PLACEHOLDER } from './conversation.js';

// A fetch that remembers the last access token an answer brought and sends it where a request's Authorization header
// still holds the placeholder. The token lives in this closure alone: closing or reloading the page forgets it.
export function createFetch(send = (...args) => globalThis.fetch(...args)) {
  let lastAccess = null;

  return async (url, init) => {
    const headers = new Headers(init.headers);
    const authorization = headers.get('Authorization');
    if (lastAccess && authorization) {
      headers.set('Authorization', authorization.replace(TOKEN_PLACEHOLDER, () => lastAccess));
    }

    // In cookie mode the server wants to see that this is no request another site's form or picture could make.
    if (!headers.has('X-Requested-With')) headers.set('X-Requested-With', 'playground');

    // A redirect could carry the token elsewhere; /graphql never redirects.
    const response = await send(url, { ...init, headers, credentials: 'same-origin', redirect: 'error' });

    const text = await response.text();
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      throw new Error(`The server answered ${response.status}, and not with JSON: ${text.slice(0, 200)}`);
    }
    lastAccess = accessToken(body) ?? lastAccess;
    return { json: () => body };
  };
}

// Looks under every root field, because an operation may rename tokenObtain and tokenRefresh with an alias.
function accessToken(body) {
  for (const field of Object.values(body?.data ?? {})) {
    if (typeof field?.access === 'string') return field.access;
  }
  return null;
}
