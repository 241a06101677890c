// Shops in the storefront as people would: two of them at once where that matters.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accessOf,
  api,
  ask,
  assertAccessible,
  button,
  card,
  descriptionOf,
  field,
  heading,
  link,
  listen,
  live,
  open,
  randomName,
  register,
  shot,
  signIn,
  visit,
} from './shop.mjs';

const EXPIRED = 5_500; // milliseconds, after which an access token has certainly expired

test('register, browse, search, page, sell, edit, and be seen by somebody else at once', () =>
  visit(async (seller, other) => {
    await field(seller, 'Search the shop').waitFor();
    await link(seller, 'Sell').click();
    await link(seller, 'I have no account yet').click();
    const name = randomName('ada');
    await field(seller, 'User name').fill(`${name} !`);
    await field(seller, 'E-mail address').fill('nowhere');
    await field(seller, 'Password').fill('12345678');
    await button(seller, 'Make my account').click();
    await seller.getByText('Enter a valid email address.').waitFor();
    assert.match(await descriptionOf(field(seller, 'User name')), /valid username/);
    assert.match(await descriptionOf(field(seller, 'E-mail address')), /valid email/);
    assert.match(await descriptionOf(field(seller, 'Password')), /too common.*numeric/);
    assert.equal(
      await field(seller, 'User name').evaluate((e) => e === document.activeElement),
      true,
      'the first mistake has the focus',
    );
    await shot(seller, 'register-mistakes');
    await register(seller);

    // Browse: the tree, and what is below a shelf.
    const shelf = await subshelf();
    await seller.reload();
    const tree = seller.getByRole('navigation', { name: 'Shelves' });
    const above = tree
      .getByRole('listitem')
      .filter({ has: link(seller, /^Seafood \d+$/) })
      .last();
    await above.getByRole('link', { name: new RegExp(`^${shelf.name} \\d+$`) }).waitFor();
    await tree
      .getByRole('link', { name: /^Seafood/ })
      .first()
      .click();
    await heading(seller, 'Seafood').waitFor();
    assert.equal(
      await heading(seller, 'Seafood').evaluate((e) => e === document.activeElement),
      true,
      'a new page begins at its heading',
    );
    assert.equal(await seller.title(), 'Seafood – Gatehouse Provisions');
    await card(seller, 'Boston Crab Meat').waitFor();

    // Search: once typing pauses, and by relevance.
    await link(seller, 'Gatehouse Provisions').click();
    await heading(seller, 'Everything').waitFor();
    const asked = listen(seller);
    await field(seller, 'Search the shop').pressSequentially('chocolade', { delay: 40 });
    await heading(seller, '“chocolade” in everything').waitFor();
    await card(seller, 'Chocolade').waitFor();
    await seller.getByText('One product').waitFor();
    const searches = asked.filter(({ name, variables }) => name === 'Shelf' && variables.search);
    assert.deepEqual(
      searches.map(({ variables }) => variables.search),
      ['chocolade'],
    );
    assert.deepEqual(searches[0].variables.orderBy, [{ field: 'RELEVANCE', direction: 'ASC' }]);
    assert.equal(
      await field(seller, 'Search the shop').evaluate((e) => e === document.activeElement),
      true,
      'typing goes on',
    );
    await tree
      .getByRole('link', { name: /^Seafood/ })
      .first()
      .click();
    await heading(seller, '“chocolade” in Seafood').waitFor();
    await seller.getByText('There is nothing here.').waitFor();
    await seller.goBack();
    await card(seller, 'Chocolade').waitFor();
    await field(seller, 'Search the shop').fill('');
    await heading(seller, 'Everything').waitFor();

    // Page, there and back.
    const names = () => seller.locator('.card h2').allInnerTexts();
    await seller.locator('[aria-busy=false] .card').nth(11).waitFor();
    const first = await names();
    await link(seller, 'Next page →').click();
    await link(seller, '← Previous page').waitFor();
    await seller.locator('[aria-busy=false] .card').first().waitFor();
    const second = await names();
    assert.equal(second.length, 12);
    assert.equal(new Set([...first, ...second]).size, 24);
    await link(seller, '← Previous page').click();
    await link(seller, '← Previous page').waitFor({ state: 'detached' });
    await seller.locator('[aria-busy=false] .card').first().waitFor();
    assert.deepEqual(await names(), first);
    await seller.goBack();
    await link(seller, '← Previous page').waitFor();

    // Sell: mistakes at their fields, and a price that no float could hold.
    await live(other);
    await link(seller, 'Sell').click();
    const product = randomName('Aalborg Akvavit ');
    await field(seller, 'Name').fill(product);
    await field(seller, 'Shelf').selectOption({ label: 'Seafood' });
    await field(seller, 'Price').fill('a lot');
    await button(seller, 'Put it on the shelf').click();
    await seller.getByText('Please write an amount').waitFor();
    await field(seller, 'Price').fill('18.505');
    await button(seller, 'Put it on the shelf').click();
    await seller.getByText('Please write an amount').waitFor({ state: 'detached' });
    await seller.locator('.mistake').waitFor();
    assert.match(await descriptionOf(field(seller, 'Price')), /two|decimal|places/i);
    await shot(seller, 'sell-mistake');
    const creating = seller.waitForRequest((request) => request.postData()?.includes('mutation CreateProduct'));
    await field(seller, 'Price').fill('0,10');
    await button(seller, 'Put it on the shelf').click();
    assert.equal((await creating).postDataJSON().variables.input.price, '0.10');
    await heading(seller, product).waitFor();
    await seller.getByText('0.10', { exact: true }).waitFor();

    // The other one is on the first page of everything, and has done nothing.
    await card(other, product).waitFor();
    await other
      .getByRole('status')
      .filter({ hasText: `New in the shop: ${product}, 0.10.` })
      .waitFor();

    // Edit.
    await link(seller, 'Edit').click();
    await field(seller, 'Price').fill('99999999.99');
    await field(seller, 'In stock').fill('0');
    await button(seller, 'Save').click();
    await heading(seller, product).waitFor();
    await seller.getByText('99,999,999.99', { exact: true }).waitFor();
    await card(other, product).getByText('99,999,999.99').waitFor();
    await card(other, product).getByText('Sold out').waitFor();
    await card(other, product).getByText('Just changed').waitFor();
    await shot(other, 'live-update');

    // A draft leaves the sight of others, and stays in that of its owner.
    await link(seller, 'Edit').click();
    await field(seller, 'On sale').uncheck();
    await button(seller, 'Save').click();
    await seller.getByText('This is a draft').waitFor();
    await card(other, product).waitFor({ state: 'detached' });
    await button(seller, /^Account of/).click();
    await link(seller, 'What I sell').click();
    await card(seller, product).getByText('Draft').waitFor();
    assert.equal(await seller.locator('.card').count(), 1);
  }));

test('two who edit one product do not overwrite each other, and understand what happened', () =>
  visit(async (one, other) => {
    const name = await register(one);
    await signIn(other, name);
    const product = await sell(name);
    for (const page of [one, other]) {
      await page.goto(`/?product=${product.slug}`);
      await link(page, 'Edit').click();
      await live(page);
    }
    await field(one, 'Price').fill('19.90');
    await field(one, 'Description').fill('Now with cardamom');
    await field(other, 'Price').fill('21');
    await field(other, 'In stock').fill('7');
    await button(one, 'Save').click();
    await heading(one, product.name).waitFor();

    // It is told before anything is lost, and said again when it is saved all the same.
    const conflict = other.getByRole('region', { name: /Somebody else has just changed this/ });
    await conflict.waitFor();
    await button(other, 'Save').click();
    const refused = other.getByRole('region', { name: 'Not saved: somebody else was faster' });
    await refused.waitFor();
    assert.equal(await refused.getByRole('heading').evaluate((e) => e === document.activeElement), true);
    await refused.getByText(/18\.00.*19\.90.*you wrote 21/).waitFor();
    await refused.getByText('Now with cardamom').waitFor();
    assert.equal(await refused.getByText('In stock').count(), 0, 'only what has changed');
    await shot(other, 'stale-version');
    await assertAccessible(other, 'the conflict');

    // Both changes are kept, and in the one field that both have changed the last word is mine.
    await button(other, 'Keep my changes on top').click();
    await refused.waitFor({ state: 'detached' });
    assert.equal(await field(other, 'Description').inputValue(), 'Now with cardamom');
    assert.equal(await field(other, 'Price').inputValue(), '21');
    await button(other, 'Save').click();
    await heading(other, product.name).waitFor();
    await one.getByText('21.00', { exact: true }).waitFor();
    await one.getByText('Now with cardamom').waitFor();

    // Or theirs are taken.
    await link(one, 'Edit').click();
    await field(one, 'Price').fill('1');
    await ask(
      'mutation ($id: ID!) { productUpdate(id: $id, input: {price: "30"}) { product { id } } }',
      { id: product.id },
      await accessOf(name),
    );
    await button(one, 'Discard mine').click();
    assert.equal(await field(one, 'Price').inputValue(), '30.00');
  }));

test('an expired token is refreshed once for all who wait for it, and nobody notices', () =>
  visit(async (page) => {
    const name = await register(page);
    let line; // which says nothing, or the server would tell of the expiry
    await page.routeWebSocket('**/graphql', (socket) => (line = socket));
    await page.reload();
    await button(page, `Account of ${name}`).waitFor();
    await card(page, 'Boston Crab Meat').waitFor();
    await page.waitForTimeout(EXPIRED);

    // Everything is asked anew at once, and one refusal is late: it comes when the new token is there already.
    const asked = listen(page);
    const refreshed = page.waitForResponse((response) => response.request().postData()?.includes('mutation Refresh'));
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData().includes('query Shelf') || asked.some(({ name }) => name === 'Refresh')) {
        return route.continue();
      }
      const response = await route.fetch();
      await refreshed;
      await page.waitForTimeout(300);
      return route.fulfill({ response });
    });
    for (const type of ['connection_ack', 'pong']) line.send(JSON.stringify({ type }));
    await page.waitForTimeout(3_000);
    const tokens = (operation) => asked.filter(({ name }) => name === operation).map(({ sent }) => sent);
    assert.equal(tokens('Refresh').length, 1, JSON.stringify(asked));
    const [old, next] = tokens('Me');
    assert.notEqual(old, next);
    for (const operation of ['Me', 'Categories', 'Shelf']) assert.deepEqual(tokens(operation), [old, next], operation);
    await page.unrouteAll();

    // What only a member may do.
    const product = await sell(name);
    await page.waitForTimeout(EXPIRED);
    await field(page, 'Search the shop').fill(product.name);
    await link(page, product.name).click();
    await link(page, 'Edit').click(); // which a stranger would not be offered
    await page.waitForTimeout(EXPIRED);
    await field(page, 'Price').fill('20');
    await button(page, 'Save').click();
    await heading(page, product.name).waitFor();
    await page.getByText('20.00', { exact: true }).waitFor();
  }));

test('the stream goes on with a new token when the old one expires', () =>
  visit(async (page) => {
    const name = await register(page);
    const sockets = [];
    page.on('websocket', (socket) => sockets.push(socket));
    const asked = listen(page);
    await page.reload();
    await live(page);
    asked.length = 0;
    await page.waitForTimeout(EXPIRED + 2_500); // it is looked at every two seconds
    await live(page);
    assert.ok(sockets.length >= 2, 'the socket was closed and opened again');
    const names = asked.map(({ name }) => name);
    assert.ok(names.includes('Refresh'), names.join());
    assert.ok(names.lastIndexOf('Shelf') > names.lastIndexOf('Refresh'), `what is shown is read anew: ${names.join()}`);
    const product = await sell(name);
    await card(page, product.name).waitFor();
  }));

test('what happens while the line is down is read once it is up again', () =>
  visit(async (page) => {
    const name = await register(page);
    let socket;
    let down = false;
    await page.routeWebSocket('**/graphql', (route) => {
      if (down) return route.close({ code: 1013 });
      socket = route;
      route.connectToServer();
    });
    await page.reload();
    await live(page);
    await page.waitForTimeout(1_000);
    down = true;
    await socket.close({ code: 1001 });
    await page.getByText('Connecting to live updates…').waitFor();
    const product = await sell(name);
    await page.waitForTimeout(500);
    assert.equal(await card(page, product.name).count(), 0);
    down = false;
    await live(page);
    await card(page, product.name).waitFor();
  }));

test('no token is anywhere that a script of the page could read it', () =>
  visit(async (page) => {
    await register(page);
    const seen = await page.evaluate(async () =>
      JSON.stringify([
        document.cookie,
        { ...localStorage },
        { ...sessionStorage },
        await indexedDB.databases(),
        document.documentElement.outerHTML,
      ]),
    );
    assert.doesNotMatch(seen, /eyJ/);
    const [cookie, ...others] = await page.context().cookies(`${new URL(page.url()).origin}/graphql`);
    assert.deepEqual(others, []);
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Strict');
  }));

test('signing out everywhere signs out the other browser at once', () =>
  visit(async (one, other) => {
    const name = await register(one);
    await signIn(other, name);
    await live(other);
    await button(one, `Account of ${name}`).click();
    await shot(one, 'account');
    await button(one, 'Sign out everywhere').click();
    await link(one, 'Sign in').waitFor();
    await link(other, 'Sign in').waitFor({ timeout: 4_000 }); // by itself
    await other.getByRole('status').filter({ hasText: 'You have been signed out' }).waitFor();
    assert.deepEqual(await one.context().cookies(), []);
    assert.deepEqual(await other.context().cookies(), []);
    await shot(other, 'signed-out');
    await link(other, 'Sell').click();
    await heading(other, 'Sign in').waitFor();
    await live(other); // as a stranger
  }));

test('the tabs of a browser sign in and out together, and signing out here leaves other browsers alone', () =>
  visit(async (one, elsewhere) => {
    const tab = await one.context().newPage();
    await tab.goto('/');
    await link(tab, 'Sign in').waitFor();
    const name = await register(one);
    await button(tab, `Account of ${name}`).waitFor();
    await signIn(elsewhere, name);
    await one.waitForTimeout(EXPIRED); // it works with a token that has expired
    await button(tab, `Account of ${name}`).click();
    await button(tab, 'Sign out').click();
    await link(tab, 'Sign in').waitFor();
    await link(one, 'Sign in').waitFor();
    assert.deepEqual(await one.context().cookies(), []);
    await elsewhere.reload();
    await button(elsewhere, `Account of ${name}`).waitFor();
  }));

test('a wrong password is told apart from a server that keeps no cookies', async () => {
  await visit(async (page) => {
    await page.goto('/?view=sign-in');
    await field(page, 'User name or e-mail address').fill('nobody');
    await field(page, 'Password').fill('nothing');
    await button(page, 'Sign in').click();
    await page.getByRole('alert').filter({ hasText: 'There is no account with this name and password.' }).waitFor();
  });
  const plain = process.env.GATEHOUSE_E2E_URL;
  if (!plain) return;
  const shop = await open(plain);
  try {
    await visit((page) => page.getByText('GATEHOUSE_REFRESH_COOKIE=true').waitFor(), { url: shop.url });
  } finally {
    await shop.close();
  }
});

for (const colorScheme of ['light', 'dark']) {
  for (const [device, viewport] of Object.entries({
    desktop: { width: 1280, height: 860 },
    phone: { width: 360, height: 740 },
  })) {
    test(`everybody can use it: ${colorScheme}, ${device}`, () =>
      visit(
        async (page) => {
          const look = async (what) => {
            await assertAccessible(page, what);
            await shot(page, `${what}-${colorScheme}-${device}`);
          };
          await card(page, 'Boston Crab Meat').waitFor();
          await live(page);
          await look('shelf');
          const name = await register(page);
          await button(page, `Account of ${name}`).click();
          await look('account');
          await page.keyboard.press('Escape');
          await page.goto('/?product=chang');
          await heading(page, 'Chang').waitFor();
          await look('product');
          await page.goto('/?search=nothing-like-it');
          await page.getByText('There is nothing here.').waitFor();
          await look('nothing');
          await page.goto('/?view=sell');
          await button(page, 'Put it on the shelf').click();
          await page.getByText('Please choose a shelf.').waitFor();
          await look('sell');
          await page.goto('/?product=gone-for-good');
          await heading(page, 'Not here').waitFor();
          await look('not-here');
        },
        { colorScheme, viewport, reducedMotion: 'reduce' },
      ));
  }
}

test('the keyboard is enough', () =>
  visit(async (page) => {
    await card(page, 'Boston Crab Meat').waitFor();
    const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to the goods');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'sort');
    await page.keyboard.press('Tab');
    const product = await focused();
    await page.keyboard.press('Enter');
    await heading(page, product).waitFor();
    const name = await register(page);
    await button(page, `Account of ${name}`).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'What I sell');
    await page.keyboard.press('Escape');
    assert.equal(await focused(), `Account of ${name}`);
  }));

// A shelf below Seafood, which only staff can put up.
async function subshelf() {
  const access = await accessOf('keeper');
  const { category } = await ask('{ category(by: {slug: "seafood"}) { id } }');
  const name = randomName('Caviar ');
  await ask(
    'mutation ($input: CategoryCreateInput!) { categoryCreate(input: $input) { category { id } } }',
    { input: { name, parent: category.id } },
    access,
  );
  return { name };
}

// A product for somebody, on the first page of everything.
async function sell(username) {
  const { category } = await ask('{ category(by: {slug: "seafood"}) { id } }');
  const { productCreate } = await ask(
    'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id name slug } } }',
    { input: { name: randomName('Aal '), price: '18', stock: 3, category: category.id } },
    await accessOf(username),
  );
  return productCreate.product;
}
