// Against a server whose access tokens are good for two seconds:
//
//   GATEHOUSE_E2E_APOLLO_URL  where it listens, e.g. http://127.0.0.1:8080, without cookie mode and with a catalogue

import { CombinedGraphQLErrors, type ApolloClient } from '@apollo/client';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { newClient } from './client.js';
import { Session } from './session.js';
import { Categories, Me, Products, Register, Sell } from './shop.js';

const server = process.env['GATEHOUSE_E2E_APOLLO_URL'];
assert.ok(server, 'e2e/run says where the server listens');
const url = `${server}/graphql`;
const password = 'tulip-ferry-cobalt-31';
const EXPIRED = 2_500; // milliseconds

// What is sent by any part of the program, and a way to hold an answer back.
const sent: string[] = [];
let hold: ((body: string) => Promise<void>) | undefined;
const plainFetch = globalThis.fetch;
globalThis.fetch = async (address, init) => {
  const body = String(init?.body);
  sent.push(body);
  const answer = await plainFetch(address, init);
  await hold?.(body);
  return answer;
};
const refreshes = () => sent.filter((body) => body.includes('tokenRefresh')).length;

async function signedIn(): Promise<{ client: ApolloClient; session: Session; ended: () => number }> {
  let ended = 0;
  const session = new Session(url, () => ended++);
  const client = newClient(url, session);
  const username = `apollo${Math.random().toString(36).slice(2, 10)}`;
  await client.mutate({
    mutation: Register,
    variables: { input: { username, email: `${username}@example.com`, password } },
  });
  await session.signIn(username, password);
  sent.length = 0;
  return { client, session, ended: () => ended };
}

const fresh = { fetchPolicy: 'network-only' } as const;

test('parallel operations share one refresh, and each is asked again with the new token', async () => {
  const { client, session, ended } = await signedIn();
  const old = session.access;
  await wait(EXPIRED);
  hold = async (body) => {
    if (body.includes('"search":"ch"') && session.access === old) await wait(500); // a refusal that comes late
  };
  const answers = await Promise.all([
    client.query({ query: Me, ...fresh }),
    client.query({ query: Products, variables: { first: 2 }, ...fresh }),
    client.query({ query: Products, variables: { first: 3, search: 'ch' }, ...fresh }),
    client.query({ query: Categories, ...fresh }),
  ]);
  hold = undefined;
  for (const { data, error } of answers) assert.ok(data && !error);
  assert.equal(refreshes(), 1);
  assert.notEqual(session.access, old);
  assert.equal(ended(), 0);
});

test('a mutation is asked again, and its price is exact', async () => {
  const { client } = await signedIn();
  const { data: shelves } = await client.query({ query: Categories });
  await wait(EXPIRED);
  const input = { name: 'A pinch of salt', price: '0.10', category: shelves!.categories!.nodes[0]!.id };
  const { data } = await client.mutate({ mutation: Sell, variables: { input } });
  assert.equal(data?.productCreate?.product?.price, '0.10');
  assert.equal(refreshes(), 1);

  // What a public field says beside its data is heard, too: the owner stays the owner.
  await wait(EXPIRED);
  const found = await client.query({ query: Products, variables: { first: 100, search: 'pinch salt' }, ...fresh });
  const mine = found.data?.products?.edges.find(({ node }) => node.id === data?.productCreate?.product?.id);
  assert.equal(mine?.node.viewerCanEdit, true);
});

test('when the refresh fails, nobody is signed in any more, and that is told once', async () => {
  const { client, session, ended } = await signedIn();
  // Somewhere else the user signs out everywhere.
  await plainFetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${session.access}` },
    body: JSON.stringify({ query: 'mutation { logout(scope: GLOBAL) { revokedSessions } }' }),
  });
  const apart = { ...fresh, context: { queryDeduplication: false } };
  const asked = await Promise.allSettled([
    client.query({ query: Me, ...apart }),
    client.query({ query: Me, ...apart }),
  ]);
  for (const { status, reason } of asked as PromiseRejectedResult[]) {
    assert.equal(status, 'rejected');
    assert.ok(CombinedGraphQLErrors.is(reason));
    assert.equal(reason.errors[0]?.extensions?.['code'], 'UNAUTHENTICATED');
  }
  assert.equal(refreshes(), 1);
  assert.equal(session.access, undefined);
  assert.equal(ended(), 1);
});

test('pages join in the cache, by list', async () => {
  const { client } = await signedIn();
  const names = () =>
    client.readQuery({ query: Products, variables: { first: 2 } })?.products?.edges.map(({ node }) => node.name);
  const first = await client.query({ query: Products, variables: { first: 2 } });
  const one = names();
  const after = first.data?.products?.pageInfo.endCursor ?? null;
  await client.query({ query: Products, variables: { first: 2, after }, ...fresh });
  await client.query({ query: Products, variables: { first: 2, search: 'chocolade' }, ...fresh });
  const both = names();
  assert.equal(both?.length, 4);
  assert.deepEqual(both?.slice(0, 2), one);
});
