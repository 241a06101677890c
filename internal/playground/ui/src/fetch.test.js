import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOKEN_PLACEHOLDER } from './conversation.js';
import { createFetch } from './fetch.js';

const PASTE_HERE = { Authorization: `Bearer ${TOKEN_PLACEHOLDER}` };

// A server that gives the answers in turn, and what it was sent.
function newServer(...answers) {
  const sent = [];
  const send = async (url, init) => {
    const { headers, ...rest } = init;
    sent.push({ url, authorization: headers.get('Authorization'), requestedWith: headers.get('X-Requested-With'), ...rest });
    return new Response(answers.shift() ?? '{"data": null}');
  };
  return { sent, fetch: createFetch(send) };
}

test('the last access token stands in for the placeholder', async () => {
  const { sent, fetch } = newServer(
    '{"data": {"me": null}}',
    '{"data": {"signIn": {"access": "first"}}}',
    '{"data": {"me": null}}',
    '{"data": {"tokenRefresh": {"access": "$&second"}}}',
  );
  for (let i = 0; i < 5; i++) await fetch('/graphql', { method: 'POST', headers: PASTE_HERE });
  assert.deepEqual(
    sent.map((request) => request.authorization),
    [`Bearer ${TOKEN_PLACEHOLDER}`, `Bearer ${TOKEN_PLACEHOLDER}`, 'Bearer first', 'Bearer first', 'Bearer $&second'],
  );
});

test('a token pasted by hand, or none, is sent as it is', async () => {
  const { sent, fetch } = newServer('{"data": {"tokenObtain": {"access": "seen"}}}');
  await fetch('/graphql', { headers: {} });
  await fetch('/graphql', { headers: { authorization: 'Bearer mine' } });
  await fetch('/graphql', { headers: {} });
  assert.deepEqual(
    sent.map((request) => request.authorization),
    [null, 'Bearer mine', null],
  );
  assert.ok(sent.every((request) => request.redirect === 'error'));
});

test('requests are ones that no form of another site could make, and carry the cookie', async () => {
  const { sent, fetch } = newServer();
  await fetch('/graphql', {});
  await fetch('/graphql', { headers: { 'x-requested-with': 'me' }, credentials: 'omit' });
  assert.deepEqual(
    sent.map((request) => request.requestedWith),
    ['playground', 'me'],
  );
  assert.ok(sent.every((request) => request.credentials === 'same-origin'));
});

test('the answer comes through, errors and all', async () => {
  const { fetch } = newServer('{"data": null, "errors": [{"message": "no"}]}', '"text"', '[]');
  assert.deepEqual((await fetch('/graphql', {})).json(), { data: null, errors: [{ message: 'no' }] });
  assert.equal((await fetch('/graphql', {})).json(), 'text');
  assert.deepEqual((await fetch('/graphql', {})).json(), []);
});

test('an answer that is not JSON is an error that shows it', async () => {
  const { fetch } = newServer('upstream unavailable');
  await assert.rejects(fetch('/graphql', {}), /answered 200, and not with JSON: upstream unavailable/);
});
