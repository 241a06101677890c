// A browser with the playground open in it, for tests to work with the mouse and the keyboard.
//
//   CHROMIUM                   the browser; /usr/bin/chromium by default
//   GATEHOUSE_E2E_SCREENSHOTS  where the screenshots go; a temporary directory by default

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const screenshots = process.env.GATEHOUSE_E2E_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'gatehouse-playground-'));

// The browser, while the tests of a file run.
export let browser;

before(async () => {
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
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
});

after(async () => {
  await browser?.close();
  console.log(`screenshots: ${screenshots}`);
});

// Opens the page in a profile of its own, runs the steps, and fails if on the way anything was logged as an error,
// thrown, refused by the content security policy, or asked of another host.
export async function visit(baseURL, steps, { path = '/', ...options } = {}) {
  assert.ok(baseURL, 'e2e/run says where the servers listen');
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
export async function ready(page) {
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.locator('.graphiql-sidebar [aria-label^="Re-fetch"]:not([disabled])').waitFor();
}

export const shot = (page, name) => page.screenshot({ path: join(screenshots, `${name}.png`) });
export const tab = (page, name) => page.getByRole('tab').filter({ has: page.getByRole('button', { name, exact: true }) });
export const line = (page, pane, text) => page.locator(`${pane} .view-line`, { hasText: text }).first();
export const operation = '.graphiql-query-editor';
export const headers = '.graphiql-editor-tool .graphiql-editor:not(.hidden)';

// Editors write a space as a no-break space.
export const textOf = async (locator) => (await locator.innerText()).replaceAll('\u00a0', ' ');

export async function openTab(page, name) {
  await tab(page, name).getByRole('button', { name, exact: true }).click();
  await line(page, operation, new RegExp(`(query|mutation|subscription)\\s${name}\\b`)).waitFor();
  await settle(page);
}

// GraphiQL takes up what was typed, and which operation is open, after a pause of a tenth of a second.
export const settle = (page) => page.waitForTimeout(300);

export async function play(page) {
  const [answer] = await Promise.all([
    page.waitForResponse((r) => new URL(r.url()).pathname === '/graphql' && r.request().method() === 'POST'),
    page.getByRole('button', { name: /^Execute query/ }).click(),
  ]);
  const request = answer.request();
  return { request: request.postDataJSON(), sent: await request.allHeaders(), body: await answer.json() };
}

// Selects a word of a token of the editor with a double click, in the token's middle unless told otherwise, and writes
// over it.
export async function overwriteWord(page, pane, lineText, token, replacement, position) {
  await line(page, pane, lineText).locator('span span', { hasText: token }).first().dblclick({ position });
  await page.keyboard.insertText(replacement);
  await settle(page);
}

const START = { x: 15, y: 8 }; // past the quotation mark

export async function replaceAll(page, pane, text) {
  await page.locator(`${pane} .view-lines`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
  await settle(page);
}

const randomName = () => `ada${Math.random().toString(36).slice(2, 10)}`;

// The first two tabs, under a name nobody has yet.
export async function signIn(page) {
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
