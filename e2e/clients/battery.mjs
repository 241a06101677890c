// What every client must do, whichever it is. Each brings a function that makes it: (url, session, {fetch}) → {ask}, where
// ask(document, variables) promises {data, codes}: the codes of the errors, by extensions.code.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, counting, expiry, password, register, short, spec } from './live.mjs';
import { Session } from './session.mjs';

const me = 'query Me { me { id username } }';
const mail = 'query Mail { me { id email } }';
const sessions = 'query Sessions { sessions { id current } }';
const nothing = 'query Nothing { products(first: 0) { totalCount } mine: products(where: { mine: true }) { totalCount } }';
const shelf = 'query Shelf { category(by: { slug: "seafood" }) { id } }';
const offer = 'mutation Offer($input: ProductCreateInput!) { productCreate(input: $input) { product { id name price } errors { field message } } }';

// Somebody who is signed in, with a client whose requests are counted.
async function signedIn(make, { url = short, around } = {}) {
  const username = await register(url);
  const fetch = counting(around);
  const told = { signedOut: 0 };
  const session = new Session(url, { fetch, onSignedOut: () => told.signedOut++ });
  await session.signIn(username, password);
  return { username, fetch, told, session, client: make(url, session, { fetch }) };
}

export function battery(name, make) {
  describe(name, { concurrency: true }, () => {
    test('three queries at once with an expired token: one refresh, and the right answers', async () => {
      const { username, fetch, told, session, client } = await signedIn(make);
      await expiry(session.access);
      const before = fetch.all();
      const answers = await Promise.all([client.ask(me), client.ask(mail), client.ask(sessions)]);
      assert.deepEqual(answers.map(({ codes }) => codes), [[], [], []]);
      assert.equal(answers[0].data.me.username, username);
      assert.equal(answers[1].data.me.email, `${username}@shop.example`);
      assert.deepEqual(answers[2].data.sessions.map(({ current }) => current), [true]);
      assert.equal(fetch.refreshes(), 1);
      assert.equal(fetch.all() - before, 7, 'three are refused, one refreshes, three ask again');
      assert.equal(told.signedOut, 0);
    });

    test('one that learns of it when the others have refreshed already does not refresh again', async () => {
      let release;
      const held = new Promise((resolve) => (release = resolve));
      let late = true;
      const around = async (send, { query }) => {
        const response = await send();
        if (query.includes('Mail') && late) {
          late = false;
          await held;
        }
        return response;
      };
      const { username, fetch, session, client } = await signedIn(make, { around });
      await expiry(session.access);
      const waiting = client.ask(mail);
      assert.equal((await client.ask(me)).data.me.username, username);
      assert.equal(fetch.refreshes(), 1);
      release();
      assert.equal((await waiting).data.me.email, `${username}@shop.example`);
      assert.equal(fetch.refreshes(), 1);
    });

    test('what is open to everybody says beside its data that the token has expired', async () => {
      const { fetch, session, client } = await signedIn(make);
      const { category } = await ask(short, shelf);
      const hidden = { name: 'Secret Syrup', price: '1', category: category.id, isPublished: false };
      const made = await client.ask(offer, { input: hidden });
      assert.deepEqual([made.codes, made.data.productCreate.errors], [[], []]);
      await expiry(session.access);
      const { data, codes } = await client.ask(nothing);
      assert.deepEqual(codes, []);
      assert.equal(data.mine.totalCount, 1, 'it is answered as to somebody signed in');
      assert.equal(fetch.refreshes(), 1);
    });

    test('a refresh whose answer is lost is made once more, and nobody is signed out', async () => {
      let lost = false;
      const around = async (send, { query }) => {
        const response = await send();
        if (query.includes('tokenRefresh') && !lost) {
          lost = true;
          throw new TypeError('the network failed');
        }
        return response;
      };
      const { username, fetch, told, session, client } = await signedIn(make, { around });
      await expiry(session.access);
      const answers = await Promise.all([client.ask(me), client.ask(me.replace('Me', 'Again'))]);
      assert.deepEqual(answers.map(({ data }) => data.me.username), [username, username]);
      assert.equal(fetch.refreshes(), 2);
      assert.equal(told.signedOut, 0);
    });

    test('who is signed out elsewhere is signed out here, once', async () => {
      const { username, fetch, told, session, client } = await signedIn(make);
      const elsewhere = new Session(short);
      await elsewhere.signIn(username, password);
      await ask(short, 'mutation { logout(scope: OTHERS) { revokedSessions } }', { access: elsewhere.access });
      const answers = await Promise.all([client.ask(me), client.ask(mail), client.ask(sessions)]);
      assert.deepEqual(answers.map(({ codes }) => codes), [['UNAUTHENTICATED'], ['UNAUTHENTICATED'], ['UNAUTHENTICATED']]);
      assert.equal(fetch.refreshes(), 1);
      assert.equal(told.signedOut, 1);
      assert.equal(session.access, null);

      assert.deepEqual((await client.ask(me)).codes, ['UNAUTHENTICATED'], 'it does not try again');
      assert.equal(fetch.refreshes(), 1);
      assert.equal(told.signedOut, 1);

      await session.signIn(username, password);
      assert.equal((await client.ask(me)).data.me.username, username, 'one can sign in again');
    });

    test('who is not signed in is told so by a code, and nothing is refreshed', async () => {
      const fetch = counting();
      const client = make(short, new Session(short, { fetch }), { fetch });
      assert.deepEqual((await client.ask(me)).codes, ['UNAUTHENTICATED']);
      assert.equal(fetch.all(), 1);
    });

    test('signing out ends the session', async () => {
      const { told, session, client } = await signedIn(make);
      const { access } = session;
      await session.signOut();
      assert.equal(told.signedOut, 1);
      assert.deepEqual((await client.ask(me)).codes, ['UNAUTHENTICATED']);
      await assert.rejects(ask(short, me, { access }), /TOKEN_REVOKED/);
    });

    test('prices are exact, and texts', async () => {
      const { client } = await signedIn(make);
      const { category } = await ask(short, shelf);
      for (const [sent, told] of [
        ['0.1', '0.10'],
        ['99999999.99', '99999999.99'],
        ['18.40', '18.40'],
        [18.4, '18.40'],
        ['-0', '0.00'],
      ]) {
        const name = `Exact ${Math.random()}`;
        const { data, codes } = await client.ask(offer, { input: { name, price: sent, category: category.id } });
        assert.deepEqual([codes, data.productCreate.errors], [[], []]);
        assert.strictEqual(data.productCreate.product.price, told);
      }
      const third = { name: 'Third', price: '0.333', category: category.id };
      const refused = await client.ask(offer, { input: third });
      assert.deepEqual(refused.data.productCreate.errors[0].field, ['price']);
    });

    // The status must not keep a client from the errors: 422 here, and 294 for what has data as well.
    for (const [profile, url] of [['legacy', short], ['spec', spec]]) {
      test(`errors have their codes, with statuses of the profile ${profile}`, async () => {
        const { client } = await signedIn(make, { url });
        assert.deepEqual((await client.ask('query Wrong { nowhere }')).codes, ['GRAPHQL_VALIDATION_FAILED']);
        const partly = await client.ask('query Partly { me { id } users { totalCount } }');
        assert.deepEqual(partly.codes, ['FORBIDDEN']);
        assert.ok(partly.data.me.id, 'and the data beside them');
      });
    }
  });
}
