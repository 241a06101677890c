import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conversation, EXAMPLE_PASSWORD, SIGNED_IN_HEADERS } from './conversation.js';
import { createPageStorage, loadTabs, saveTabs, withoutSecrets } from './storage.js';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl';

function newDisk() {
  const map = new Map();
  return {
    map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

test('only the looks reach the disk', () => {
  const disk = newDisk();
  const storage = createPageStorage(disk);
  const keys = ['tabState', 'headers', 'variables', 'query', 'queries', 'favorites', 'shouldPersistHeaders', 'theme'];
  for (const key of keys) storage.setItem(`graphiql:${key}`, key);
  for (const key of keys) assert.equal(storage.getItem(`graphiql:${key}`), key);
  assert.deepEqual([...disk.map.keys()], ['graphiql:theme']);

  storage.removeItem('graphiql:query');
  assert.equal(storage.getItem('graphiql:query'), null);
  storage.clear();
  for (const key of keys) assert.equal(storage.getItem(`graphiql:${key}`), null);
  assert.equal(disk.map.size, 0);
});

test('an untouched conversation is not stored', () => {
  const disk = newDisk();
  saveTabs([{ query: '{ me { id } }' }], disk);
  assert.equal(disk.map.size, 1);
  saveTabs(conversation, disk);
  assert.equal(disk.map.size, 0);
  assert.equal(loadTabs(disk), conversation);
});

test('of a tab the operation is stored, and that it had an Authorization header', () => {
  const disk = newDisk();
  saveTabs(
    [
      { query: 'query a { me { id } }', headers: `{"authorization": "Bearer ${TOKEN}"}`, variables: `{"t": "${TOKEN}"}` },
      { query: 'query b { me { id } }', headers: '{"X-Key": "hush"}', response: TOKEN },
      { query: null, headers: null },
    ],
    disk,
  );
  assert.doesNotMatch([...disk.map.values()].join(), /eyJ|hush|authorization/i);
  assert.deepEqual(loadTabs(disk), [
    { query: 'query a { me { id } }', headers: SIGNED_IN_HEADERS },
    { query: 'query b { me { id } }' },
    { query: '' },
  ]);
});

test('what is stored and is not ours is passed over', () => {
  for (const value of ['', '{', 'null', '[]', '{}', '[null]', '[{"query": 1}]']) {
    const disk = newDisk();
    disk.setItem('gatehouse:operations', value);
    assert.equal(loadTabs(disk), conversation, value);
  }
});

test('secrets in an operation are removed', () => {
  const cases = [
    [`password: "${EXAMPLE_PASSWORD}"`, `password: "${EXAMPLE_PASSWORD}"`],
    ['password: "hunter2"', 'password: "REMOVED"'],
    ['newPassword:"a \\" b", x: "y"', 'newPassword:"REMOVED", x: "y"'],
    ['oldPassword: """a "b" c""" x: "y"', 'oldPassword: "REMOVED" x: "y"'],
    ['password: "not yet closed', 'password: "REMOVED"'],
    ['query q($password: String! = "hunter2") { me { id } }', 'query q($password: String! = "REMOVED") { me { id } }'],
    ['tokenRefresh(refresh: "abc") { access refresh }', 'tokenRefresh(refresh: "REMOVED") { access refresh }'],
    [`# ${TOKEN}\n{ node(id: "${TOKEN}") { id } }`, '# REMOVED\n{ node(id: "REMOVED") { id } }'],
    ['{ product(by: {slug: "password"}) { name } }', '{ product(by: {slug: "password"}) { name } }'],
  ];
  for (const [query, want] of cases) assert.equal(withoutSecrets(query), want);
});
