import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFetch } from './fetch.js';
import { createFetcher } from './fetcher.js';

// A server that answers events as the test tells it to, and what it was sent.
function newServer() {
  const server = { sent: [], ended: false };
  const send = async (url, { headers, body, signal }) => {
    server.sent.push({ url, accept: headers.get('Accept'), authorization: headers.get('Authorization'), ...JSON.parse(body) });
    if (!headers.get('Accept').includes('text/event-stream')) return new Response('{"data": {"answered": "at once"}}');
    const stream = new ReadableStream({
      start: (controller) => {
        server.tell = (text) => controller.enqueue(new TextEncoder().encode(text));
        server.hangUp = () => controller.close();
        signal.addEventListener('abort', () => {
          server.ended = true;
          controller.error(signal.reason);
        });
      },
    });
    return new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } });
  };
  return { server, ...createFetcher(createFetch(send)) };
}

const subscription = { query: 'subscription news { news { kind } }' };
const next = (number) => `event: next\ndata: {"data": {"news": ${number}}}\n\n`;
const settle = () => new Promise((resolve) => setTimeout(resolve, 10));

test('a subscription tells what comes, until it is complete', async () => {
  const { server, fetcher } = newServer();
  const told = fetcher(subscription, { headers: { Authorization: 'Bearer mine' } })[Symbol.asyncIterator]();
  const first = told.next();
  await settle();
  assert.deepEqual(server.sent, [{ url: '/graphql', accept: 'text/event-stream', authorization: 'Bearer mine', ...subscription }]);
  server.tell(`:\n\n${next(1).slice(0, 20)}`);
  server.tell(`${next(1).slice(20)}:\n\n`);
  assert.deepEqual(await first, { done: false, value: { data: { news: 1 } } });
  server.tell(`${next(2)}event: complete\ndata: \n\n`);
  assert.deepEqual((await told.next()).value, { data: { news: 2 } });
  assert.equal((await told.next()).done, true);
});

test('to stop it ends the request', async () => {
  for (const end of [(told) => told.return(), (_, stop) => stop()]) {
    const { server, fetcher, stop } = newServer();
    const told = fetcher(subscription)[Symbol.asyncIterator]();
    const first = told.next();
    await settle();
    assert.equal(server.ended, false);
    end(told, stop);
    assert.equal((await first).done, true);
    assert.equal(server.ended, true);
  }
});

test('a stream that breaks is an error, and not begun anew', async () => {
  const { server, fetcher } = newServer();
  const told = fetcher(subscription)[Symbol.asyncIterator]();
  const first = told.next();
  await settle();
  server.hangUp();
  await assert.rejects(first, /Connection closed/);
  assert.equal(server.sent.length, 1);
});

test('everything else is asked and answered', async () => {
  const { server, fetcher } = newServer();
  const both = 'query ask { me { id } } subscription news { news { kind } }';
  for (const params of [{ query: '{ me { id } }' }, { query: both, operationName: 'ask' }, { query: 'subscription {' }, { query: both }]) {
    assert.deepEqual(await fetcher(params), { data: { answered: 'at once' } });
  }
  assert.ok(server.sent.every(({ accept }) => accept.startsWith('application/graphql-response+json')));
  fetcher({ query: both, operationName: 'news' });
  await settle();
  assert.equal(server.sent.at(-1).accept, 'text/event-stream');
});
