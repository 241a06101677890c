// How connections end over which graphql-ws subscribes, and how a client that is set up as docs/clients.md says goes on.
//
//   GATEHOUSE_E2E_URL        where a server listens
//   GATEHOUSE_E2E_SHORT_URL  one whose access tokens serve for 3 seconds
//   GATEHOUSE_E2E_PROGRAM    the program, for servers that stop

import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { SignedOut } from './access.mjs';
import { ask, countRefreshes, held, inbox, inOrder, register, seller, until } from './api.mjs';
import { newServer } from './server.mjs';
import { followShelf } from './shelf-ws.mjs';
import { newWay } from './way.mjs';

const plain = process.env.GATEHOUSE_E2E_URL;
const short = process.env.GATEHOUSE_E2E_SHORT_URL;

// A page that shows a shelf to a user, and follows two products besides. Answers also what happened to its connection since
// it was first opened.
async function openPage(t, api, user, { way = api, category, ...options } = {}) {
  const session = await user.signIn();
  const events = [];
  const ends = [inbox(), inbox(), inbox()];
  const { client, products } = followShelf(`${way.replace('http', 'ws')}/graphql`, {
    session,
    category,
    failed: ends[0].error,
    webSocketImpl: WebSocket,
    ...options,
  });
  t.after(() => client.dispose().catch(() => {})); // it may be connecting, in vain
  client.on('connecting', () => events.push('connecting'));
  client.on('connected', () => events.push('connected'));
  client.on('closed', ({ code, reason }) => events.push(`${code} ${reason}`));
  const follow = (ids, told) => {
    const query = 'subscription ($ids: [ID!]) { productChanged(ids: $ids) { productId } }';
    client.subscribe({ query, variables: { ids } }, told);
    return told;
  };
  follow(['1'], ends[1]);
  follow(['2'], ends[2]);
  const page = {
    events,
    ends,
    follow: () => follow(null, inbox()),
    // Waits until it shows what the database holds for its user.
    async shows() {
      const want = await held(api, category, (await user.signIn()).access);
      const shown = () => inOrder(products.shown.values());
      await until(() => shown() === want).catch(() => assert.equal(shown(), want));
    },
  };
  await page.shows();
  return page;
}

const connected = ({ events }) => events.filter((event) => event === 'connected').length;

test('when its token expires a client has a new one, and misses nothing', async (t) => {
  const shop = await seller(t, short);
  const refreshes = countRefreshes(t);
  const page = await openPage(t, short, shop, { category: shop.category });
  // Products come, change and go, also while the client is not connected.
  const enough = Date.now() + 9_000;
  const ids = [];
  while (Date.now() < enough) {
    ids.push(await shop.create(`Tea ${ids.length}`, { isPublished: ids.length % 2 === 0 }));
    await shop.update(ids.at(-1), { stock: ids.length });
    if (ids.length % 5 === 0) await shop.delete(ids[ids.length - 3]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await page.shows();
  const closed = page.events.filter((event) => event === '4403 Forbidden: TOKEN_EXPIRED').length;
  assert.ok(closed >= 2, page.events.join());
  // One for each time, although three subscriptions and perhaps a query want it.
  const again = ['4403 Forbidden: TOKEN_EXPIRED', 'connecting', 'connected'];
  assert.deepEqual(page.events, ['connected', ...Array(closed).fill(again).flat()]);
  assert.equal(refreshes(), closed);
  for (const end of page.ends) assert.deepEqual(end.rest(), []);
});

test('a subscription goes on that begins when its token has expired and nobody has noticed yet', async (t) => {
  const user = await register(short);
  const shop = await seller(t, short);
  // Tokens expire at whole seconds, and the server looks every two: it is to look before that, and not at once after it.
  let page;
  let expiry;
  do {
    const session = await user.signIn();
    expiry = 1_000 * JSON.parse(Buffer.from(session.access.split('.')[1], 'base64url')).exp;
    page = await openPage(t, short, { signIn: async () => session }, { category: shop.category });
  } while (expiry - Date.now() < 2_200);
  await new Promise((resolve) => setTimeout(resolve, expiry - Date.now() + 50));
  assert.deepEqual(page.events, ['connected']);
  const told = page.follow();
  await until(() => connected(page) === 2);
  const id = await shop.create('Late');
  assert.equal((await told.take()).productId, id);
  assert.deepEqual(page.events, ['connected', '4403 Forbidden: TOKEN_EXPIRED', 'connecting', 'connected']);
});

test('who is signed out from elsewhere hears of it at once', async (t) => {
  const user = await register(plain);
  const refreshes = countRefreshes(t);
  const page = await openPage(t, plain, user, { category: (await seller(t, plain)).category });
  const { access } = await user.signIn();
  await ask(plain, 'mutation { logout(scope: OTHERS) { revokedSessions } }', {}, access);
  for (const end of page.ends) {
    const { error } = await end.take(5_000);
    assert.ok(error instanceof SignedOut, error);
  }
  await until(() => page.events.length === 4);
  assert.deepEqual(page.events.slice(0, 3), ['connected', '4403 Forbidden: TOKEN_REVOKED', 'connecting']);
  assert.match(page.events[3], /^4005 /); // the client itself closes what it has no token for
  assert.equal(refreshes(), 1);
});

test('when the server restarts a client waits for it, and misses nothing', async (t) => {
  const server = await newServer(t);
  const shop = await seller(t, server.api);
  const page = await openPage(t, server.api, shop, { category: shop.category });
  const id = await shop.create('Before');
  await page.shows();
  const stopped = Date.now();
  assert.equal(await server.stop(), 0);
  assert.ok(Date.now() - stopped < 5_000, 'streams do not hold the server up');
  await until(() => page.events.length > 1);
  assert.equal(page.events[1], '1001 The server stops');
  await until(() => page.events.filter((event) => event === 'connecting').length >= 2); // there is nobody
  await server.start();
  await shop.update(id, { stock: 5 });
  await until(() => connected(page) === 2, 15_000);
  await page.shows();
  await shop.create('After');
  await page.shows();
  for (const end of page.ends) assert.deepEqual(end.rest(), []);
});

test('a connection that is lost without a word is noticed', async (t) => {
  const shop = await seller(t, plain);
  const way = await newWay(t, plain);
  const page = await openPage(t, plain, shop, { way: way.api, category: shop.category, keepAlive: 200 });
  way.fallSilent();
  await shop.create('Unheard');
  await until(() => connected(page) === 2, 15_000);
  assert.equal(page.events[1], '4499 Terminated');
  await page.shows();
  await shop.create('Heard');
  await page.shows();
});
