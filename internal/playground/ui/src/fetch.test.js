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
    const answer = answers.shift() ?? '{"data": null}';
    return answer instanceof Response ? answer : new Response(answer);
  };
  return { sent, ...createFetch(send) };
}

test('the last access token stands in for the placeholder', async () => {
  const { sent, fetchJSON } = newServer(
    '{"data": {"me": null}}',
    '{"data": {"signIn": {"access": "first"}}}',
    '{"data": {"me": null}}',
    '{"data": {"tokenRefresh": {"access": "$&second"}}}',
  );
  for (let i = 0; i < 5; i++) await fetchJSON('/graphql', { method: 'POST', headers: PASTE_HERE });
  assert.deepEqual(
    sent.map((request) => request.authorization),
    [`Bearer ${TOKEN_PLACEHOLDER}`, `Bearer ${TOKEN_PLACEHOLDER}`, 'Bearer first', 'Bearer first', 'Bearer $&second'],
  );
});

test('a token pasted by hand, or none, is sent as it is', async () => {
  const { sent, fetchJSON } = newServer('{"data": {"tokenObtain": {"access": "seen"}}}');
  await fetchJSON('/graphql', { headers: {} });
  await fetchJSON('/graphql', { headers: { authorization: 'Bearer mine' } });
  await fetchJSON('/graphql', { headers: {} });
  assert.deepEqual(
    sent.map((request) => request.authorization),
    [null, 'Bearer mine', null],
  );
  assert.ok(sent.every((request) => request.redirect === 'error'));
});

test('requests are ones that no form of another site could make, and carry the cookie', async () => {
  const { sent, fetchJSON } = newServer();
  await fetchJSON('/graphql', {});
  await fetchJSON('/graphql', { headers: { 'x-requested-with': 'me' }, credentials: 'omit' });
  assert.deepEqual(
    sent.map((request) => request.requestedWith),
    ['playground', 'me'],
  );
  assert.ok(sent.every((request) => request.credentials === 'same-origin'));
});

test('the answer comes through, errors and all', async () => {
  const { fetchJSON } = newServer('{"data": null, "errors": [{"message": "no"}]}', '"text"', '[]');
  assert.deepEqual((await fetchJSON('/graphql', {})).json(), { data: null, errors: [{ message: 'no' }] });
  assert.equal((await fetchJSON('/graphql', {})).json(), 'text');
  assert.deepEqual((await fetchJSON('/graphql', {})).json(), []);
});

test('an answer that is not JSON is an error that shows it', async () => {
  const { fetchJSON } = newServer('upstream unavailable');
  await assert.rejects(fetchJSON('/graphql', {}), /answered 200, and not with JSON: upstream unavailable/);
});

const events = () => new Response(': hello\n\n', { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } });

test('events are asked for in the same way, and come through as they are', async () => {
  const answer = events();
  const { sent, fetchJSON, fetchEvents } = newServer('{"data": {"tokenObtain": {"access": "seen"}}}', answer);
  await fetchJSON('/graphql', {});
  assert.equal(await fetchEvents('/graphql', { headers: PASTE_HERE, method: 'POST' }), answer);
  assert.equal(answer.bodyUsed, false);
  const { authorization, requestedWith, credentials, redirect, method } = sent[1];
  assert.deepEqual(
    { authorization, requestedWith, credentials, redirect, method },
    { authorization: 'Bearer seen', requestedWith: 'playground', credentials: 'same-origin', redirect: 'error', method: 'POST' },
  );
});

test('an answer that is not of events is an error that shows it', async () => {
  const { fetchEvents } = newServer(new Response('{"errors": []}', { status: 503, headers: { 'Content-Type': 'application/json' } }));
  await assert.rejects(fetchEvents('/graphql', {}), /answered 503, and not with events: {"errors": \[\]}/);
});
