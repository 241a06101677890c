// The playground's last two tabs, in a real browser: one window is told of what another one does.
//
//   GATEHOUSE_E2E_URL  where the server listens, e.g. http://127.0.0.1:8080 (with the demo catalogue)

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headers, line, openTab, play, ready, replaceAll, settle, shot, signIn, visit } from './page.mjs';
import { newWay } from './way.mjs';

const baseURL = process.env.GATEHOUSE_E2E_URL;
const playButton = (page) => page.getByRole('button', { name: /^Execute query/ });
const stopButton = (page) => page.getByRole('button', { name: /^Stop query/ });
const answer = (page, text) => line(page, '.result-window', text);

// Presses play in a tab with a subscription, and waits until the server has answered that it tells.
async function listen(page) {
  const [response] = await Promise.all([
    page.waitForResponse((r) => r.request().headers().accept === 'text/event-stream'),
    playButton(page).click(),
  ]);
  assert.equal(response.status(), 200);
  await stopButton(page).waitFor();
  return response.request().allHeaders();
}

async function until(condition) {
  for (let i = 0; i < 250 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(condition(), `in time: ${condition}`);
}

async function ask(query, access) {
  const answer = await fetch(`${baseURL}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(access && { Authorization: `Bearer ${access}` }) },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

test('one window is told of what another one does, until it is stopped', async () => {
  const way = await newWay(baseURL);
  try {
    await visit(way.api, async (page) => {
      await openTab(page, 'productChanged');
      await shot(page, '11-product-changed');
      const sent = await listen(page);
      assert.equal(sent.authorization, undefined);
      assert.equal(sent['x-requested-with'], 'playground');
      await settle(page);
      await shot(page, '12-listening');
      assert.equal(way.streams.length, 1);

      const second = await page.context().newPage();
      await second.goto('/');
      await ready(second);
      const { access } = await signIn(second);
      await openTab(second, 'productCreate');
      const { body } = await play(second);
      const { product, errors } = body.data.productCreate;
      assert.deepEqual(errors, []);
      await answer(second, 'Sencha').waitFor();
      await shot(second, '13-product-create');

      await answer(page, 'CREATED').waitFor();
      await answer(page, 'Sencha').waitFor();
      await answer(page, 'Beverages').waitFor();
      await shot(page, '14-told');

      // It goes on, whoever changes a product.
      const update = (name) => ask(`mutation { productUpdate(id: "${product.id}", input: {name: "${name}"}) { errors { code } } }`, access);
      await update('Bancha');
      await answer(page, 'UPDATED').waitFor();
      await answer(page, 'Bancha').waitFor();
      assert.deepEqual(way.streams, [{ endedByClient: false, endedByServer: false }]);

      await stopButton(page).click();
      await playButton(page).waitFor();
      await until(() => way.streams[0].endedByServer);
      await update('Hojicha');
      await settle(page);
      await answer(page, 'Bancha').waitFor();
      await shot(page, '15-stopped');
    });
  } finally {
    way.close();
  }
});

test('a subscription is sent with the token, and ends with its tab', async () => {
  const way = await newWay(baseURL);
  try {
    await visit(way.api, async (page) => {
      const { access } = await signIn(page);
      await openTab(page, 'productChanged');
      await replaceAll(page, headers, '{"Authorization": "Bearer PASTE-THE-ACCESS-TOKEN-HERE"}');
      assert.equal((await listen(page)).authorization, `Bearer ${access}`);
      const made = await ask('mutation { productCreate(input: {name: "Draft", price: "1", category: "8589934593", isPublished: false}) { product { id } } }', access);
      assert.ok(made.productCreate.product.id);
      await answer(page, 'Draft').waitFor(); // of which nobody else is told

      // GraphiQL would have it write into whatever tab is open.
      await page.getByRole('button', { name: 'New tab' }).click();
      await until(() => way.streams[0].endedByServer);
      await playButton(page).waitFor();

      await openTab(page, 'productChanged');
      await listen(page);
      await openTab(page, 'products');
      await until(() => way.streams[1].endedByServer);
      assert.ok((await play(page)).body.data.products);
    });
  } finally {
    way.close();
  }
});

test('a page can listen by EventSource', () =>
  visit(baseURL, async (page) => {
    const { access } = await signIn(page);
    const told = page.evaluate(
      (query) =>
        new Promise((resolve) => {
          const source = new EventSource(`/graphql?query=${encodeURIComponent(query)}`);
          source.addEventListener('open', () => (document.title = 'listening'));
          source.addEventListener('next', ({ data }) => (source.close(), resolve(JSON.parse(data))));
        }),
      'subscription { productChanged { kind product { name } } }',
    );
    await page.waitForFunction(() => document.title === 'listening');
    await ask('mutation { productCreate(input: {name: "Assam", price: "1", category: "8589934593"}) { product { id } } }', access);
    assert.deepEqual((await told).data.productChanged, { kind: 'CREATED', product: { name: 'Assam' } });
  }));

test('a refusal is shown', () =>
  visit(baseURL, async (page) => {
    await openTab(page, 'productChanged');
    await replaceAll(page, headers, '{"Authorization": "Bearer damaged"}');
    await playButton(page).click();
    await answer(page, 'TOKEN_INVALID').waitFor();
    await playButton(page).waitFor();
    await shot(page, '16-refused');
  }));
