// Plays the playground's conversation in a real browser, as a newcomer would: with the mouse and the keyboard.
//
//   GATEHOUSE_E2E_URL          where the server listens, e.g. http://127.0.0.1:8080 (with products in its catalogue)
//   CHROMIUM                   the browser; /usr/bin/chromium by default
//   GATEHOUSE_E2E_SCREENSHOTS  where the screenshots go; a temporary directory by default

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const baseURL = process.env.GATEHOUSE_E2E_URL;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const screenshots = process.env.GATEHOUSE_E2E_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'gatehouse-playground-'));

const PLACEHOLDER = 'PASTE-THE-ACCESS-TOKEN-HERE';
const TABS = ['register', 'tokenObtain', 'me', 'products'];
const HOSTILE_URL = '/?endpoint=http://evil.example/&query={x}&variables={"a":1}&headers={"X-Evil":"1"}#query={y}';

let browser;

before(async () => {
  assert.ok(baseURL, 'set GATEHOUSE_E2E_URL to the address of a running server');
  mkdirSync(screenshots, { recursive: true });
  browser = await chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // The browser itself has nowhere to go either.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
});

after(async () => {
  await browser?.close();
  console.log(`screenshots: ${screenshots}`);
});

// Opens the page in a profile of its own, runs the steps, and fails if on the way anything was logged as an error,
// thrown, refused by the content security policy, or asked of another host.
async function visit(steps, { path = '/', ...options } = {}) {
  const context = await browser.newContext({ baseURL, viewport: { width: 1360, height: 860 }, ...options });
  const complaints = [];
  try {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP ${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile} ${event.sample}`);
      });
    });
    await context.route('**/*', (route) => {
      const url = new URL(route.request().url());
      if (url.hostname === '127.0.0.1' || url.protocol === 'data:') return route.continue();
      complaints.push(`request to ${url}`);
      return route.abort();
    });
    context.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`));
    context.on('weberror', (error) => complaints.push(`thrown: ${error.error()}`));

    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    try {
      await page.goto(path);
      await ready(page);
      await steps(page);
    } catch (error) {
      await shot(page, 'failed');
      throw new Error(`complaints so far: ${JSON.stringify(complaints)}`, { cause: error });
    }
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

// The editor is there, and the schema has come: only then do the fields get their underlines and completions.
async function ready(page) {
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.locator('.graphiql-sidebar [aria-label^="Re-fetch"]:not([disabled])').waitFor();
}

const shot = (page, name) => page.screenshot({ path: join(screenshots, `${name}.png`) });
const tab = (page, name) => page.getByRole('tab').filter({ has: page.getByRole('button', { name, exact: true }) });
const line = (page, pane, text) => page.locator(`${pane} .view-line`, { hasText: text }).first();
const operation = '.graphiql-query-editor';
const headers = '.graphiql-editor-tool .graphiql-editor:not(.hidden)';

// Editors write a space as a no-break space.
const textOf = async (locator) => (await locator.innerText()).replaceAll('\u00a0', ' ');

async function openTab(page, name) {
  await tab(page, name).getByRole('button', { name, exact: true }).click();
  await line(page, operation, new RegExp(`(query|mutation)\\s${name}\\b`)).waitFor();
  await settle(page);
}

// GraphiQL takes up what was typed, and which operation is open, after a pause of a tenth of a second.
const settle = (page) => page.waitForTimeout(300);

async function play(page) {
  const [answer] = await Promise.all([
    page.waitForResponse((r) => new URL(r.url()).pathname === '/graphql' && r.request().method() === 'POST'),
    page.getByRole('button', { name: /^Execute query/ }).click(),
  ]);
  const request = answer.request();
  return { request: request.postDataJSON(), sent: await request.allHeaders(), body: await answer.json() };
}

// Selects a word of a token of the editor with a double click, in the token's middle unless told otherwise, and writes
// over it.
async function overwriteWord(page, pane, lineText, token, replacement, position) {
  await line(page, pane, lineText).locator('span span', { hasText: token }).first().dblclick({ position });
  await page.keyboard.insertText(replacement);
  await settle(page);
}

const START = { x: 15, y: 8 }; // past the quotation mark

async function replaceAll(page, pane, text) {
  await page.locator(`${pane} .view-lines`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
  await settle(page);
}

const randomName = () => `ada${Math.random().toString(36).slice(2, 10)}`;

// The first two tabs, under a name nobody has yet.
async function signIn(page) {
  const name = randomName();
  await openTab(page, 'register');
  await overwriteWord(page, operation, 'username:', '"ada"', name, START);
  await overwriteWord(page, operation, 'email:', '"ada@', name, START);
  const registered = await play(page);
  assert.deepEqual(registered.body.data?.register.errors, [], JSON.stringify(registered.body));
  assert.equal(registered.body.data.register.user.username, name);
  assert.equal(registered.body.data.register.user.email, `${name}@example.com`);
  await page.locator('.result-window .view-line', { hasText: name }).first().waitFor();
  await shot(page, '1-register');

  await openTab(page, 'tokenObtain');
  await overwriteWord(page, operation, 'username:', '"ada"', name, START);
  const obtained = await play(page);
  const { access, refresh } = obtained.body.data?.tokenObtain ?? {};
  assert.match(access ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/, JSON.stringify(obtained.body));
  await page.locator('.result-window .view-line', { hasText: '"access"' }).waitFor();
  await shot(page, '2-token-obtain');
  return { name, access, refresh };
}

async function stored(page) {
  return page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
}

function assertNoSecrets(text, secrets) {
  for (const secret of secrets) assert.ok(!text.includes(secret), `stored: ${secret.slice(0, 12)}… in ${text}`);
  assert.doesNotMatch(text, /authorization|bearer |eyJ/i);
}

test('the page opens with the conversation, in order', () =>
  visit(async (page) => {
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
  visit(async (page) => {
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
  visit(async (page) => {
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
  visit(async (page) => {
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
  visit(async (page) => {
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
