// Subscriptions as server-sent events by graphql-sse, set up as docs/clients.md says.
//
//   GATEHOUSE_E2E_URL        where a server listens, e.g. http://127.0.0.1:8080 (with the demo catalogue)
//   GATEHOUSE_E2E_SHORT_URL  one whose access tokens serve for 3 seconds
//   GATEHOUSE_E2E_PROGRAM    the program, for servers that stop

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { SignedOut } from './access.mjs';
import { ask, countRefreshes, held, inbox, inOrder, register, seller, until } from './api.mjs';
import { newServer } from './server.mjs';
import { followShelf } from './shelf-sse.mjs';
import { subscribe } from './sse.mjs';
import { newWay } from './way.mjs';

const plain = process.env.GATEHOUSE_E2E_URL;
const short = process.env.GATEHOUSE_E2E_SHORT_URL;
const CHANGED =
  'subscription ($category: ID, $ids: [ID!]) { productChanged(category: $category, ids: $ids) { kind productId product { id name version } } }';

// Subscribes, and answers what is told once the server has begun to tell.
async function follow(t, api, { session, variables } = {}) {
  const told = inbox();
  let begun = false;
  const connected = () => (begun = true);
  told.stop = subscribe(`${api}/graphql`, { session, connected }, { query: CHANGED, variables }, told);
  t.after(told.stop);
  await until(() => begun);
  return told;
}

// Waits until all are told of a change. A product that is gone by then is told of no more, so tests wait after each change.
async function kinds(all, kind) {
  for (const told of all) assert.equal((await told.take()).kind, kind);
}

// A page that shows a shelf to a user.
async function openPage(t, api, user, { way = api, category, ...options } = {}) {
  const session = await user.signIn();
  const end = inbox();
  const { stop, products } = followShelf(`${way}/graphql`, { session, category, failed: end.error, ...options });
  t.after(stop);
  const page = {
    end,
    // Waits until it shows what the database holds for its user.
    async shows() {
      const want = await held(api, category, (await user.signIn()).access);
      const shown = () => inOrder(products.shown.values());
      await until(() => shown() === want, 15_000).catch(() => assert.equal(shown(), want));
    },
  };
  await page.shows();
  return page;
}

test('everybody is told of published products, and of others that they come and go', async (t) => {
  const shop = await seller(t, plain);
  const told = await follow(t, plain);
  const own = await follow(t, plain, { session: await shop.signIn() });
  const id = await shop.create('Sencha', { isPublished: false });
  await kinds([own], 'CREATED');
  await shop.update(id, { isPublished: true });
  await kinds([own], 'UPDATED');
  assert.deepEqual(await told.take(), { kind: 'CREATED', productId: id, product: { id, name: 'Sencha', version: 2 } });
  await shop.update(id, { name: 'Bancha' });
  await kinds([own], 'UPDATED');
  assert.deepEqual(await told.take(), { kind: 'UPDATED', productId: id, product: { id, name: 'Bancha', version: 3 } });
  await shop.update(id, { isPublished: false });
  await kinds([own], 'UPDATED');
  assert.deepEqual(await told.take(), { kind: 'DELETED', productId: id, product: null });
  await shop.delete(id);
  await kinds([own], 'DELETED');
  told.stop();
  assert.equal(await told.take(), 'complete');
});

test('subscriptions can be of one category, or of some products', async (t) => {
  const shop = await seller(t, plain);
  const id = await shop.create('Oolong');
  const there = await follow(t, plain, { variables: { category: shop.elsewhere } });
  const one = await follow(t, plain, { variables: { ids: [id] } });
  await shop.create('Pu-erh');
  await shop.update(id, { category: shop.elsewhere });
  await kinds([there, one], 'UPDATED');
  await shop.delete(id);
  await kinds([there, one], 'DELETED');
});

test('queries and mutations are answered as events, too, and so are errors', async (t) => {
  const shop = await seller(t, plain);
  const { access } = await shop.signIn();
  const client = createClient({ url: `${plain}/graphql`, headers: { Authorization: `Bearer ${access}` } });
  const results = async (query, variables) => {
    const all = [];
    for await (const result of client.iterate({ query, variables })) all.push(result);
    return all;
  };
  const [me, ...more] = await results('{ me { username } }');
  assert.ok(me.data.me.username);
  assert.deepEqual(more, []);
  const create = 'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { price } } }';
  const [made] = await results(create, { input: { name: 'Matcha', price: '18.50', category: shop.category } });
  assert.equal(made.data.productCreate.product.price, '18.50');
  const [refused] = await results('{ nothing }');
  assert.equal(refused.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
});

test('when its token expires a subscription ends with UNAUTHENTICATED', async (t) => {
  const { access } = await (await register(short)).signIn();
  const client = createClient({ url: `${short}/graphql`, headers: { Authorization: `Bearer ${access}` } });
  t.after(() => client.dispose());
  const told = inbox();
  client.subscribe({ query: CHANGED }, told);
  const { code, reason } = (await told.take(6_000)).errors[0].extensions;
  assert.deepEqual({ code, reason }, { code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' });
  assert.equal(await told.take(), 'complete');
});

test('when its token expires a client has a new one, and misses nothing', async (t) => {
  const shop = await seller(t, short);
  const refreshes = countRefreshes(t);
  const page = await openPage(t, short, shop, { category: shop.category });
  const enough = Date.now() + 9_000;
  const ids = [];
  while (Date.now() < enough) {
    ids.push(await shop.create(`Tea ${ids.length}`, { isPublished: ids.length % 2 === 0 }));
    await shop.update(ids.at(-1), { stock: ids.length });
    if (ids.length % 5 === 0) await shop.delete(ids[ids.length - 3]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await page.shows();
  assert.ok(refreshes() >= 2, `${refreshes()} refreshes`);
  assert.deepEqual(page.end.rest(), []);
});

test('who is signed out from elsewhere hears of it at once', async (t) => {
  const user = await register(plain);
  const refreshes = countRefreshes(t);
  const page = await openPage(t, plain, user, { category: (await seller(t, plain)).category });
  const { access } = await user.signIn();
  await ask(plain, 'mutation { logout(scope: OTHERS) { revokedSessions } }', {}, access);
  const { error } = await page.end.take(5_000);
  assert.ok(error instanceof SignedOut, error);
  assert.equal(refreshes(), 1);
});

test('when the server restarts a client waits for it, and misses nothing', async (t) => {
  const server = await newServer(t);
  const shop = await seller(t, server.api);
  const page = await openPage(t, server.api, shop, { category: shop.category });
  const id = await shop.create('Before');
  await page.shows();
  assert.equal(await server.stop(), 0);
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // it tries, and there is nobody
  await server.start();
  await shop.update(id, { stock: 5 });
  await page.shows();
  await shop.create('After');
  await page.shows();
  assert.deepEqual(page.end.rest(), []);
});

test('a connection that is lost without a word is noticed', async (t) => {
  const shop = await seller(t, plain);
  const way = await newWay(t, plain);
  const page = await openPage(t, plain, shop, { way: way.api, category: shop.category, patience: 3_000 });
  way.fallSilent();
  await shop.create('Unheard');
  await page.shows();
});
