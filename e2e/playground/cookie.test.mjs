// Cookie mode in a real browser: what the playground does in it, a frontend of another origin, and what pages of
// strangers cannot do.
//
//   GATEHOUSE_E2E_COOKIE_URL    a server in cookie mode, by its address, e.g. http://127.0.0.1:8081
//   GATEHOUSE_E2E_FRONTEND_URL  the one origin that it lists, at the same address, e.g. http://127.0.0.1:8082; nothing
//                               listens there yet

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { browser, headers, line, openTab, operation, play, replaceAll, settle, signIn, visit } from './page.mjs';

const api = process.env.GATEHOUSE_E2E_COOKIE_URL;
const frontend = process.env.GATEHOUSE_E2E_FRONTEND_URL;
const password = 'tulip-ferry-cobalt-31';

test('the playground signs in, refreshes and logs out by a cookie that it cannot see', () =>
  visit(api, async (page) => {
    const { refresh } = await signIn(page);
    assert.equal(refresh, null);
    const first = await cookie(page.context());
    assert.match(first.value, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.deepEqual(
      { httpOnly: first.httpOnly, sameSite: first.sameSite, path: first.path, domain: first.domain, secure: first.secure },
      { httpOnly: true, sameSite: 'Strict', path: '/graphql', domain: '127.0.0.1', secure: false },
    );
    assert.ok(first.expires > 0, 'the cookie ends');

    // Not even a page at the cookie's own path sees it.
    const beside = await page.context().newPage();
    await beside.route('**/graphql', (route) => route.fulfill({ contentType: 'text/html', body: 'hello' }));
    await beside.goto('/graphql');
    assert.equal(await beside.evaluate(() => ((document.cookie = 'seen=1; path=/graphql'), document.cookie)), 'seen=1');
    await beside.close();

    await page.getByRole('button', { name: 'New tab' }).click();
    await settle(page);
    await replaceAll(page, operation, 'mutation again { tokenRefresh { access refresh } }');
    const refreshed = await play(page);
    assert.equal(refreshed.body.data?.tokenRefresh?.refresh, null, JSON.stringify(refreshed.body));
    assert.ok(refreshed.sent.cookie.includes(first.value), 'the cookie was sent');
    const second = await cookie(page.context());
    assert.notEqual(second.value, first.value);

    await openTab(page, 'me');
    await line(page, headers, 'Authorization').waitFor();
    await replaceAll(page, operation, 'mutation leave { logout { revokedSessions } }');
    const left = await play(page);
    assert.equal(left.body.data?.logout?.revokedSessions, 1, JSON.stringify(left.body));
    assert.equal(await cookie(page.context()), undefined);
  }));

test('a frontend at a listed origin of the same site has the cookie, and no other page', async () => {
  const pages = await Promise.all([serve(new URL(frontend).port), serve(0)]);
  const context = await browser.newContext(); // without routes: they would answer preflights
  try {
    const shop = await context.newPage();
    await shop.goto(frontend);
    const name = `ada${Math.random().toString(36).slice(2, 10)}`;
    await ask(shop, `mutation { register(input: {username: "${name}", email: "${name}@example.com", password: "${password}"}) { user { id } } }`);
    const obtain = `mutation { tokenObtain(username: "${name}", password: "${password}") { access refresh } }`;
    const obtained = await ask(shop, obtain);
    assert.equal(obtained.data?.tokenObtain?.refresh, null, JSON.stringify(obtained));
    const refreshed = await ask(shop, 'mutation { tokenRefresh { access } }');
    assert.ok(refreshed.data?.tokenRefresh?.access, JSON.stringify(refreshed));
    const kept = await cookie(context);
    assert.equal(generation(kept), 2);

    // The same site at another port, whose requests do carry the cookie, and another site.
    const { port } = pages[1].address();
    for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
      const stranger = await context.newPage();
      await stranger.goto(origin);
      for (const query of ['mutation { tokenRefresh { access } }', 'mutation { tokenRevoke { revoked } }', obtain]) {
        assert.equal(await ask(stranger, query), 'blocked', `${origin}: ${query}`);
        assert.equal(await ask(stranger, query, { headers: {} }), 'blocked', `${origin}: ${query}`);
        for (const status of [await askSimply(stranger, query), await askByForm(stranger, query)]) {
          assert.equal(status, 415, `${origin}: ${query}`);
        }
      }
      assert.equal((await cookie(context)).value, kept.value, `${origin} changed the cookie`);
      await stranger.close();
    }

    // Nor can they sign a stranger in: there is no cookie where there was none.
    const nobody = await browser.newContext();
    const stranger = await nobody.newPage();
    await stranger.goto(`http://127.0.0.1:${port}`);
    assert.equal(await ask(stranger, obtain), 'blocked');
    assert.equal(await askByForm(stranger, obtain), 415);
    assert.equal(await cookie(nobody), undefined);
    await nobody.close();

    // The session has not moved: the cookie that there was buys the next.
    const next = await ask(shop, 'mutation { tokenRefresh { access } }');
    assert.ok(next.data?.tokenRefresh?.access, JSON.stringify(next));
    assert.equal(generation(await cookie(context)), 3);
    const revoked = await ask(shop, 'mutation { tokenRevoke { revoked } }');
    assert.equal(revoked.data?.tokenRevoke?.revoked, true, JSON.stringify(revoked));
    assert.equal(await cookie(context), undefined);
  } finally {
    await context.close();
    for (const server of pages) server.close();
  }
});

// An empty page at every address of this port.
function serve(port) {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html>'));
  return new Promise((resolve) => server.listen(Number(port), () => resolve(server)));
}

async function cookie(context) {
  const all = await context.cookies(`${api}/graphql`);
  return all.find(({ name }) => name === 'gatehouse_refresh');
}

const generation = ({ value }) => JSON.parse(Buffer.from(value.split('.')[1], 'base64url')).gen;

// What the API answers the script of a page, or 'blocked' if the browser does not let it ask or read.
function ask(page, query, init = { headers: { 'X-Requested-With': 'fetch' } }) {
  return page.evaluate(
    async ({ api, query, init }) => {
      const headers = { 'Content-Type': 'application/json', ...init.headers };
      try {
        const answer = await fetch(`${api}/graphql`, { method: 'POST', credentials: 'include', headers, body: JSON.stringify({ query }) });
        return await answer.json();
      } catch (error) {
        if (error instanceof TypeError) return 'blocked';
        throw error;
      }
    },
    { api, query, init },
  );
}

// The status that the API answers a request that takes no preflight; the page itself does not learn it.
async function askSimply(page, query) {
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${api}/graphql`),
    page.evaluate(
      ({ api, body }) => fetch(`${api}/graphql`, { method: 'POST', credentials: 'include', mode: 'no-cors', body }),
      { api, body: JSON.stringify({ query }) },
    ),
  ]);
  return answer.status();
}

// The same for a form, whose text is made to be the JSON of a request.
async function askByForm(page, query) {
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${api}/graphql`),
    page.evaluate(
      ({ api, name }) => {
        const frame = document.createElement('iframe');
        frame.name = `frame${Math.random()}`;
        const form = document.createElement('form');
        Object.assign(form, { action: `${api}/graphql`, method: 'POST', enctype: 'text/plain', target: frame.name });
        const field = Object.assign(document.createElement('input'), { name, value: '"}' });
        form.append(field);
        document.body.append(frame, form);
        form.submit();
      },
      { api, name: `${JSON.stringify({ query }).slice(0, -1)},"operationName":null,"x":"` },
    ),
  ]);
  return answer.status();
}
