// Subscriptions over WebSocket by graphql-ws, set up as docs/clients.md says.
//
//   GATEHOUSE_E2E_URL  where a server listens, e.g. http://127.0.0.1:8080 (with the demo catalogue)

import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { ask, inbox, register, seller, until } from './api.mjs';
import { createSocket } from './ws.mjs';

const api = process.env.GATEHOUSE_E2E_URL;
const CHANGED =
  'subscription ($category: ID, $ids: [ID!]) { productChanged(category: $category, ids: $ids) { kind productId product { name } } }';

// A client, and a list of what happened to its connection.
function open(t, options = {}) {
  const client = createSocket(`${api.replace('http', 'ws')}/graphql`, { webSocketImpl: WebSocket, ...options });
  const happened = [];
  for (const event of ['connecting', 'connected', 'closed']) client.on(event, () => happened.push(event));
  t.after(() => client.dispose());
  return { client, happened };
}

// Subscribes, and answers what is told once the server has begun to tell.
async function follow(client, variables = {}) {
  const told = inbox();
  told.stop = client.subscribe({ query: CHANGED, variables }, told);
  await query(client, '{ __typename }'); // is not heard before
  return told;
}

// Waits until all are told of a change. A product that is gone by then is told of no more, so tests wait after each change.
async function kinds(all, kind) {
  for (const told of all) assert.equal((await told.take()).kind, kind);
}

async function query(client, query, variables) {
  for await (const result of client.iterate({ query, variables })) return result;
}

test('everybody is told of published products, and of others that they come and go', async (t) => {
  const shop = await seller(t, api);
  const { client, happened } = open(t);
  const told = await follow(client);
  const id = await shop.create('Sencha');
  assert.deepEqual(await told.take(), { kind: 'CREATED', productId: id, product: { name: 'Sencha' } });
  await shop.update(id, { name: 'Bancha' });
  assert.deepEqual(await told.take(), { kind: 'UPDATED', productId: id, product: { name: 'Bancha' } });
  await shop.update(id, { isPublished: false });
  assert.deepEqual(await told.take(), { kind: 'DELETED', productId: id, product: null });
  await shop.update(id, { name: 'Hojicha' }); // a draft, and so no event
  await shop.update(id, { isPublished: true });
  assert.deepEqual(await told.take(), { kind: 'CREATED', productId: id, product: { name: 'Hojicha' } });
  await shop.delete(id);
  assert.deepEqual(await told.take(), { kind: 'DELETED', productId: id, product: null });
  assert.deepEqual(happened, ['connecting', 'connected']);
});

test('owners are told of their drafts, and nobody else', async (t) => {
  const shop = await seller(t, api);
  const own = await follow(open(t, { session: await shop.signIn() }).client);
  const others = await follow(open(t, { session: await (await register(api)).signIn() }).client);
  const id = await shop.create('Draft', { isPublished: false });
  await kinds([own], 'CREATED');
  await shop.update(id, { isPublished: true });
  await kinds([own], 'UPDATED');
  await kinds([others], 'CREATED');
  await shop.update(id, { isPublished: false });
  await kinds([own], 'UPDATED');
  await kinds([others], 'DELETED');
  await shop.delete(id);
  await kinds([own], 'DELETED');
  await shop.create('Last');
  await kinds([others], 'CREATED'); // and nothing before it
});

test('subscriptions can be of one category, or of some products', async (t) => {
  const shop = await seller(t, api);
  const { client } = open(t);
  const id = await shop.create('Oolong');
  const here = await follow(client, { category: shop.category });
  const there = await follow(client, { category: shop.elsewhere });
  const one = await follow(client, { ids: [id] });
  const both = await follow(client, { ids: [id], category: shop.elsewhere });
  const none = await follow(client, { ids: [] });
  await shop.create('Pu-erh');
  await kinds([here], 'CREATED');
  await shop.update(id, { category: shop.elsewhere });
  await kinds([here, there, one, both], 'UPDATED');
  await shop.delete(id);
  await kinds([there, one, both], 'DELETED');
  for (const told of [here, there, one, both, none]) assert.deepEqual(told.rest(), []);
});

test('queries and mutations go through the same socket, and errors come from it', async (t) => {
  const shop = await seller(t, api);
  const { client, happened } = open(t, { session: await shop.signIn() });
  const told = await follow(client);
  assert.ok((await query(client, '{ me { username } }')).data.me.username);
  const made = await query(
    client,
    'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id price } errors { message } } }',
    { input: { name: 'Matcha', price: '18.50', category: shop.category } },
  );
  assert.equal(made.data.productCreate.product.price, '18.50');
  assert.equal((await told.take()).productId, made.data.productCreate.product.id);
  await assert.rejects(query(client, '{ nothing }'), ([error]) => error.extensions.code === 'GRAPHQL_VALIDATION_FAILED');
  await assert.rejects(query(client, CHANGED, { ids: Array(101).fill('1') }), ([error]) => error.extensions.code === 'BAD_USER_INPUT');
  assert.deepEqual(happened, ['connecting', 'connected']);
  told.stop();
  assert.equal(await told.take(), 'complete');
});

test('a lazy client is connected while it has something to do, and asks for its token each time', async (t) => {
  const { access } = await (await register(api)).signIn();
  let asked = 0;
  const session = {
    get access() {
      asked++;
      return access;
    },
  };
  const { client, happened } = open(t, { session });
  const codes = [];
  client.on('closed', ({ code }) => codes.push(code));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(happened, []);
  for (let i = 1; i <= 2; i++) {
    (await follow(client)).stop();
    await until(() => codes.length === i);
    assert.equal(asked, i);
  }
  assert.deepEqual(codes, [1000, 1000]);
});

test('the server answers pings', async (t) => {
  const { client, happened } = open(t, { keepAlive: 50 });
  let pongs = 0;
  client.on('pong', (received) => received && pongs++);
  await follow(client);
  await until(() => pongs >= 3);
  assert.deepEqual(happened, ['connecting', 'connected']);
});

test('what is read once connected, and what is told from then on, is everything', async (t) => {
  const shop = await seller(t, api);
  const session = await shop.signIn();
  const made = [];
  let enough = false;
  const making = (async () => {
    while (!enough) made.push(await shop.create('Sencha'));
  })();
  try {
    for (let i = 0; i < 50; i++) {
      let reading;
      const connected = () => (reading = query(client, '{ products(where: {mine: true}) { totalCount } }'));
      const { client } = open(t, { session, connected });
      const told = inbox();
      client.subscribe({ query: CHANGED }, told);
      const { productId } = await told.take();
      const found = (await reading).data.products.totalCount;
      await until(() => made.includes(productId));
      assert.ok(made.indexOf(productId) <= found, `${found} found, and number ${made.indexOf(productId) + 1} told of first`);
      await client.dispose();
    }
  } finally {
    enough = true;
    await making;
  }
});

test('a token that does not serve is refused, and the next one is asked for', async (t) => {
  const { access } = await (await register(api)).signIn();
  const refused = [];
  const session = {
    access: 'damaged',
    async renew(token) {
      refused.push(token);
      session.access = access;
    },
  };
  const { client, happened } = open(t, { session });
  assert.ok((await query(client, '{ me { id } }')).data.me.id);
  assert.deepEqual(refused, ['damaged']);
  assert.deepEqual(happened, ['connecting', 'closed', 'connecting', 'connected']);
});
