// The built storefront, served as it would be beside the API, and a browser to shop in it.
//
//   GATEHOUSE_E2E_STORE_URL    a server in cookie mode, with a catalogue, access tokens of a few seconds, and a staff
//                              account keeper with the password below
//   CHROMIUM                   the browser; /usr/bin/chromium by default
//   GATEHOUSE_E2E_SCREENSHOTS  where the screenshots go; a temporary directory by default

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const api = process.env.GATEHOUSE_E2E_STORE_URL;
export const password = 'tulip-ferry-cobalt-31';

const storefront = fileURLToPath(new URL('../../examples/storefront/', import.meta.url));
const screenshots = process.env.GATEHOUSE_E2E_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'gatehouse-storefront-'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { preview } = await import(join(storefront, 'node_modules/vite/dist/node/index.js'));

let browser;
let shop;

// Serves the storefront in front of an API, and answers where.
export async function open(url) {
  process.env.GATEHOUSE_URL = url; // for vite.config.ts
  const server = await preview({ root: storefront, logLevel: 'silent', preview: { host: '127.0.0.1', port: 0 } });
  const { port } = server.httpServer.address();
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

before(async () => {
  assert.ok(api, 'e2e/run says where the server listens');
  mkdirSync(screenshots, { recursive: true });
  shop = await open(api);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
});

after(async () => {
  await browser?.close();
  await shop?.close();
  console.log(`screenshots: ${screenshots}`);
});

// Has the steps play in browsers of their own, one for each parameter that they take, and fails if in any of them
// something was logged as an error or a warning, thrown, rejected and not caught, or asked of another host.
export async function visit(steps, { path = '/', url = shop.url, ...options } = {}) {
  const complaints = [];
  const contexts = [];
  const pages = [];
  try {
    for (let i = 0; i < Math.max(1, steps.length); i++) {
      const context = await browser.newContext({
        baseURL: url,
        locale: 'en-GB',
        viewport: { width: 1280, height: 860 },
        ...options,
      });
      contexts.push(context);
      context.setDefaultTimeout(15_000);
      context.on(
        'console',
        (message) => ['error', 'warning'].includes(message.type()) && complaints.push(`console: ${message.text()}`),
      );
      context.on('weberror', (error) => complaints.push(`thrown: ${error.error()}`));
      context.on(
        'request',
        (request) => request.url().startsWith(url) || complaints.push(`request to ${request.url()}`),
      );
      const page = await context.newPage();
      pages.push(page);
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
    await steps(...pages);
  } catch (error) {
    for (const [i, page] of pages.entries()) await shot(page, `failed-${i}`);
    throw new Error(`${error.message}\ncomplaints so far: ${JSON.stringify(complaints)}`, { cause: error });
  } finally {
    for (const context of contexts) await context.close();
  }
  assert.deepEqual(complaints, []);
}

export const shot = (page, name, options) => page.screenshot({ path: join(screenshots, `${name}.png`), ...options });

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const link = (page, name) => page.getByRole('link', { name, exact: true });
export const field = (page, name) => page.getByLabel(name, { exact: true });
export const heading = (page, name) => page.getByRole('heading', { name, exact: true });
export const card = (page, name) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });

// The text that is bound to a field as its description.
export async function descriptionOf(control) {
  const texts = await control.evaluate((element) =>
    (element.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent),
  );
  return texts.join(' ');
}

export const randomName = (prefix) => prefix + Math.random().toString(36).slice(2, 8);

export async function register(page) {
  const name = randomName('ada');
  await page.goto('/?view=register');
  await field(page, 'User name').fill(name);
  await field(page, 'E-mail address').fill(`${name}@example.com`);
  await field(page, 'Password').fill(password);
  await button(page, 'Make my account').click();
  await button(page, `Account of ${name}`).waitFor();
  return name;
}

export async function signIn(page, name) {
  await link(page, 'Sign in').click();
  await field(page, 'User name or e-mail address').fill(name);
  await field(page, 'Password').fill(password);
  await button(page, 'Sign in').click();
  await button(page, `Account of ${name}`).waitFor();
}

// Waits until what changes is told.
export const live = (page) => page.getByText('Live: what changes is shown at once').waitFor();

// Writes down the names of the operations that a page asks for by HTTP, with their variables, from now on.
export function listen(page) {
  const operations = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname !== '/graphql' || request.method() !== 'POST') return;
    const { query, variables } = request.postDataJSON();
    operations.push({
      name: /(?:query|mutation) (\w+)/.exec(query)[1],
      variables,
      sent: request.headers().authorization,
    });
  });
  return operations;
}

// Asks the API itself, as somebody else would.
export async function ask(query, variables, access) {
  const answer = await fetch(`${api}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Origin: api,
      'X-Requested-With': 'test',
      ...(access && { Authorization: `Bearer ${access}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

export async function accessOf(username) {
  const { tokenObtain } = await ask(
    'mutation ($u: String!, $p: String!) { tokenObtain(username: $u, password: $p) { access } }',
    {
      u: username,
      p: password,
    },
  );
  return tokenObtain.access;
}

// Fails if there is anything that keeps people from using what the page shows now.
export async function assertAccessible(page, what) {
  await page.evaluate(axe);
  const { violations, incomplete } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
  }));
  assert.deepEqual(found, [], what);
  const undecided = incomplete.filter(({ id }) => id !== 'color-contrast'); // of texts over drawings, which are beside them
  assert.deepEqual(
    undecided.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })),
    [],
    `${what}: undecided`,
  );
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `${what} is ${wider} pixels wider than the window`);
}
