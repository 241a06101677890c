// Plays the playground's conversation in a real browser, as a newcomer would.
//
//   GATEHOUSE_E2E_URL  where the server listens, e.g. http://127.0.0.1:8080 (with products in its catalogue)

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  headers,
  line,
  openTab,
  operation,
  overwriteWord,
  play,
  ready,
  replaceAll,
  settle,
  shot,
  signIn,
  tab,
  textOf,
  visit,
} from './page.mjs';

const baseURL = process.env.GATEHOUSE_E2E_URL;

const PLACEHOLDER = 'PASTE-THE-ACCESS-TOKEN-HERE';
const TABS = ['register', 'tokenObtain', 'me', 'products', 'productChanged', 'productCreate'];
const HOSTILE_URL = '/?endpoint=http://evil.example/&query={x}&variables={"a":1}&headers={"X-Evil":"1"}#query={y}';

async function stored(page) {
  return page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
}

function assertNoSecrets(text, secrets) {
  for (const secret of secrets) assert.ok(!text.includes(secret), `stored: ${secret.slice(0, 12)}… in ${text}`);
  assert.doesNotMatch(text, /authorization|bearer |eyJ/i);
}

test('the page opens with the conversation, in order', () =>
  visit(baseURL, async (page) => {
    assert.equal(await page.title(), 'Gatehouse');
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), TABS);
    assert.equal(await tab(page, 'register').getAttribute('aria-selected'), 'true');
    await line(page, operation, 'mutation register').waitFor();
    await shot(page, '0-welcome');

    await openTab(page, 'me');
    assert.ok((await textOf(page.locator(`${headers} .view-lines`))).includes(`"Authorization": "Bearer ${PLACEHOLDER}"`));
    await openTab(page, 'products');
    assert.equal((await textOf(page.locator(`${headers} .view-lines`))).trim(), '');
  }));

test('the conversation works, and leaves no trace in storage', () =>
  visit(baseURL, async (page) => {
    const { name, access, refresh } = await signIn(page);

    await openTab(page, 'me');
    await overwriteWord(page, headers, PLACEHOLDER, PLACEHOLDER, access);
    const me = await play(page);
    assert.equal(me.sent.authorization, `Bearer ${access}`);
    assert.equal(me.body.data?.me?.username, name, JSON.stringify(me.body));
    await page.locator('.result-window .view-line', { hasText: name }).first().waitFor();
    await shot(page, '3-me');

    await openTab(page, 'products');
    const products = await play(page);
    assert.equal(products.sent.authorization, undefined);
    const first = products.body.data?.products?.nodes[0]?.name;
    assert.ok(first, `a product in the catalogue: ${JSON.stringify(products.body)}`);
    await page.locator('.result-window .view-line', { hasText: first.split(' ')[0] }).first().waitFor();
    await shot(page, '4-products');

    // The header is still where it was put, and only there.
    await openTab(page, 'me');
    assert.ok((await textOf(page.locator(`${headers} .view-lines`))).replace(/\s/g, '').includes(access.slice(0, 20)));
    await page.waitForTimeout(700); // GraphiQL stores after half a second
    assertNoSecrets(await stored(page), [access, refresh ?? access]);
  }));

test('an unpasted placeholder stands for the last access token, in memory only', () =>
  visit(baseURL, async (page) => {
    const { name, access, refresh } = await signIn(page);

    await openTab(page, 'me');
    const me = await play(page);
    assert.equal(me.sent.authorization, `Bearer ${access}`);
    assert.equal(me.body.data?.me?.username, name, JSON.stringify(me.body));

    // Tokens and passwords in variables and operations are not kept either.
    await page.getByRole('button', { name: 'New tab' }).click();
    await settle(page);
    const password = 'a-password-of-my-own-1';
    await replaceAll(
      page,
      operation,
      `query mine($token: String) { me { id } }\n` +
        `# ${access}\nmutation m { tokenVerify(token: "${access}") { isValid } tokenObtain(username: "x", password: "${password}") { access } }`,
    );
    await page.getByRole('button', { name: 'Variables', exact: true }).click();
    await replaceAll(page, headers, JSON.stringify({ token: access, secret: password }));
    await page.waitForTimeout(700);
    assertNoSecrets(await stored(page), [access, refresh ?? access, password]);

    // The operations survive a reload, the token does not.
    await page.reload();
    await ready(page);
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), [...TABS, 'mine']);
    await openTab(page, 'me');
    const [again] = await Promise.all([
      page.waitForRequest((r) => r.url().endsWith('/graphql') && r.postDataJSON()?.operationName === 'me'),
      page.getByRole('button', { name: /^Execute query/ }).click(),
    ]);
    assert.equal((await again.allHeaders()).authorization, `Bearer ${PLACEHOLDER}`);
    await page.locator('.result-window .view-line', { hasText: 'errors' }).first().waitFor();
  }));

test('the documentation describes the schema', () =>
  visit(baseURL, async (page) => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByText('Query', { exact: true }).first().click();
    await docs.getByText('products', { exact: true }).first().click();
    const description = docs.locator('.graphiql-markdown-description').first();
    await description.waitFor();
    assert.ok((await description.innerText()).trim().length > 0);
    await shot(page, '5-docs');
  }));

test('nothing is taken from the address of the page', () =>
  visit(
    baseURL,
    async (page) => {
      assert.deepEqual(await page.getByRole('tab').allInnerTexts(), TABS);
      await openTab(page, 'products');
      const { request, sent, body } = await play(page);
      assert.equal(request.operationName, 'products');
      assert.equal(sent['x-evil'], undefined);
      assert.ok(body.data.products, JSON.stringify(body));
    },
    { path: HOSTILE_URL },
  ));

// What the editor opens on demand makes its styles on demand too, and so is where a policy too tight would show.
test('the helpers of the editor work under the content security policy', () =>
  visit(baseURL, async (page) => {
    const PRICE = /^\s*price\s*$/;
    await openTab(page, 'products');

    await line(page, operation, PRICE).locator('span span', { hasText: 'price' }).first().click();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Space');
    await page.locator('.suggest-widget.visible .monaco-list-row').first().waitFor();
    await shot(page, '6-completion');
    await page.keyboard.press('Escape');

    await page.keyboard.type('nosuchfield');
    await page.locator(`${operation} .squiggly-error`).first().waitFor();
    await line(page, operation, 'nosuchfield').locator('span span', { hasText: 'nosuchfield' }).first().hover();
    await page.locator('.monaco-hover:not(.hidden)', { hasText: 'Cannot query field' }).first().waitFor();
    await shot(page, '7-mistake');
    for (let i = 0; i < 'nosuchfield'.length; i++) await page.keyboard.press('Backspace');

    await page.getByRole('button', { name: /^Prettify/ }).click();
    await settle(page);
    await line(page, operation, PRICE).click({ button: 'right' });
    await page.getByRole('menuitem', { name: /Command Palette/ }).waitFor();
    await shot(page, '8-menu');
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget .monaco-list-row').first().waitFor();
    await shot(page, '9-palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+F');
    await page.locator('.find-widget.visible').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.find-widget').first().waitFor({ state: 'hidden' });

    await play(page);
    await page.getByRole('button', { name: 'Show History' }).click();
    await page.locator('.graphiql-history-items .graphiql-history-item', { hasText: 'products' }).first().waitFor();
    await page.getByRole('button', { name: 'Open settings dialog' }).click();
    await page.getByRole('dialog').getByText('Clear storage').waitFor();
    assert.equal(await page.getByText('Persist headers').count(), 0);
    await shot(page, '10-settings');
  }));

test('light and dark follow the system', () =>
  visit(
    baseURL,
    async (page) => {
      const background = () =>
        page.locator('.graphiql-container').evaluate((element) => getComputedStyle(element).backgroundColor);
      const editor = () =>
        page.locator(`${operation} .monaco-editor`).first().evaluate((element) => element.classList.contains('vs-dark'));
      const dark = await background();
      assert.equal(await editor(), true);
      await openTab(page, 'products');
      await play(page);
      await shot(page, 'dark');
      await page.emulateMedia({ colorScheme: 'light' });
      await page.waitForTimeout(300);
      assert.notEqual(await background(), dark);
      assert.equal(await editor(), false);
    },
    { colorScheme: 'dark' },
  ));
