// What the tests have in common: accounts on the server, requests that are counted, and time that passes.
//
//   GATEHOUSE_E2E_SHORT_URL  a server whose access tokens live for 3 seconds, e.g. http://127.0.0.1:8080, with products in its
//                            catalogue
//   GATEHOUSE_E2E_SPEC_URL   one with GATEHOUSE_HTTP_STATUS=spec

import { setTimeout as sleep } from 'node:timers/promises';

export const short = `${process.env.GATEHOUSE_E2E_SHORT_URL}/graphql`;
export const spec = `${process.env.GATEHOUSE_E2E_SPEC_URL}/graphql`;
export const password = 'tulip-ferry-cobalt-31';

// Asks without any client.
export async function ask(url, query, { variables, access } = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(access && { Authorization: `Bearer ${access}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

// Makes an account, and answers its name.
export async function register(url) {
  const username = `ada${Math.random().toString(36).slice(2, 12)}`;
  const { register } = await ask(
    url,
    'mutation ($input: RegisterInput!) { register(input: $input) { errors { message } } }',
    { variables: { input: { username, email: `${username}@shop.example`, password } } },
  );
  if (register.errors.length > 0) throw new Error(JSON.stringify(register.errors));
  return username;
}

// Waits until an access token has expired. Its time ends on a whole second.
export async function expiry(access) {
  const { exp } = JSON.parse(Buffer.from(access.split('.')[1], 'base64url'));
  await sleep(Math.max(exp * 1000 + 20 - Date.now(), 0));
}

// A fetch that notes the bodies of requests. `around` may do what it likes to one of them.
export function counting(around = (send) => send()) {
  const bodies = [];
  const counted = async (url, options) => {
    const body = JSON.parse(options.body);
    bodies.push(body);
    return around(() => fetch(url, options), body, bodies.length);
  };
  counted.refreshes = () => bodies.filter(({ query }) => query.includes('tokenRefresh')).length;
  counted.all = () => bodies.length;
  return counted;
}
