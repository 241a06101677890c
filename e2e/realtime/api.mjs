// What the tests do by HTTP, beside the clients that they test.

import assert from 'node:assert/strict';
import { Session } from '../clients/session.mjs';

const password = 'tulip-ferry-cobalt-31';

// Asks, and answers the data of an answer without errors.
export async function ask(api, query, variables = {}, access) {
  const answer = await fetch(`${api}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(access && { Authorization: `Bearer ${access}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, `${query}: ${JSON.stringify(errors)}`);
  return data;
}

// A new user, who can sign in any number of times.
export async function register(api) {
  const username = `ada${Math.random().toString(36).slice(2, 12)}`;
  const input = { username, email: `${username}@example.com`, password };
  const { register } = await ask(api, 'mutation ($input: RegisterInput!) { register(input: $input) { errors { message } } }', { input });
  assert.deepEqual(register.errors, []);
  return {
    async signIn() {
      const session = new Session(`${api}/graphql`);
      await session.signIn(username, password);
      return session;
    },
  };
}

// Who offers products, and changes them whatever a token's lifetime: signs in anew for a change that comes late. What is
// left of them when the test ends is deleted, since one test reads no more than a page of a category.
export async function seller(t, api) {
  const { signIn } = await register(api);
  let access;
  let until = 0;
  async function change(query, variables) {
    if (Date.now() > until) {
      ({ access } = await signIn());
      until = Date.now() + 1_500;
    }
    const [payload] = Object.values(await ask(api, query, variables, access));
    assert.deepEqual(payload.errors, []);
    return payload;
  }
  const { categories } = await ask(api, '{ categories(first: 2) { nodes { id } } }');
  const [category, elsewhere] = categories.nodes.map(({ id }) => id);
  const left = new Set();
  const shop = {
    signIn,
    category,
    elsewhere,
    async create(name, input = {}) {
      const query = 'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id } errors { message } } }';
      const { product } = await change(query, { input: { name, price: '1', category, ...input } });
      left.add(product.id);
      return product.id;
    },
    async update(id, input) {
      const query = 'mutation ($id: ID!, $input: ProductUpdateInput!) { productUpdate(id: $id, input: $input) { product { version } errors { message } } }';
      return (await change(query, { id, input })).product.version;
    },
    async delete(id) {
      await change('mutation ($id: ID!) { productDelete(id: $id) { errors { message } } }', { id });
      left.delete(id);
    },
  };
  t.after(async () => {
    for (const id of left) await shop.delete(id).catch(() => {}); // its server may have gone
  });
  return shop;
}

// Collects what a subscription tells, for tests to take one by one.
export function inbox() {
  const waiting = [];
  const told = [];
  const put = (item) => (waiting.length > 0 ? waiting.shift()(item) : told.push(item));
  return {
    next: (result) => put(result.errors ? { errors: result.errors } : result.data.productChanged),
    error: (error) => put({ error }),
    complete: () => put('complete'),
    async take(patience = 5_000) {
      if (told.length > 0) return told.shift();
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('nothing was told in time')), patience);
      });
      return Promise.race([new Promise((resolve) => waiting.push(resolve)), late]).finally(() => clearTimeout(timer));
    },
    // What there is, without waiting.
    rest: () => told.splice(0),
  };
}

// Waits for something to become true.
export async function until(condition, patience = 5_000) {
  const end = Date.now() + patience;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `in time: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// What the database holds of a category, for whoever asks.
export async function held(api, category, access) {
  const query = 'query ($category: ID) { products(first: 100, where: {category: $category}) { nodes { id name version category { id } } pageInfo { hasNextPage } } }';
  const { nodes, pageInfo } = (await ask(api, query, { category }, access)).products;
  assert.ok(!pageInfo.hasNextPage);
  return inOrder(nodes);
}

export const inOrder = (products) => JSON.stringify([...products].sort((a, b) => a.id - b.id));

// Counts the calls of tokenRefresh from now on.
export function countRefreshes(t) {
  let count = 0;
  const { fetch } = globalThis;
  globalThis.fetch = (url, init) => {
    if (init.body?.includes('tokenRefresh')) count++;
    return fetch(url, init);
  };
  t.after(() => {
    globalThis.fetch = fetch;
  });
  return () => count;
}
