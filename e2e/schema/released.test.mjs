// What the schema promised at the last release it must still keep: testdata/schema/released.graphql is the schema of then.
// CONTRIBUTING.md says when that file is renewed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const released = read('testdata/schema/released.graphql');

// What clients of the one schema would stumble over in the other, by graphql-inspector.
async function broken(before, now) {
  const changes = await diff(buildSchema(before), buildSchema(now));
  return changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking).map(({ message }) => message);
}

test('nothing is broken since the last release', async () => {
  assert.deepEqual(await broken(released, read('schema.graphql')), []);
});

// Copies of the released schema that are broken on purpose. Without descriptions they are easier to break.
const plain = released.replace(/ *"""[^]*?"""\n/g, '');
for (const [what, is, becomes] of [
  ['a field is gone', '  inStock: Boolean!\n', ''],
  ['a field may be null', 'price: Decimal!', 'price: Decimal'],
  ['a field has another type', 'totalCount: Int!', 'totalCount: Float!'],
  ['an argument is required', '    first: Int\n', '    first: Int!\n'],
  ['an argument is gone', '    search: String\n', ''],
  ['an input is required', '  sku: String\n', '  sku: String!\n'],
  ['a value of an enumeration is gone', '  RELEVANCE\n', ''],
  ['a type is no Node any more', 'type Product implements Node', 'type Product'],
]) {
  test(`noticed: ${what}`, async () => {
    const copy = plain.replaceAll(is, becomes);
    assert.ok(copy !== plain, 'the copy is not broken');
    assert.notDeepEqual(await broken(plain, copy), []);
  });
}

test('what is new breaks nothing', async () => {
  const more = `${released}
    extend type Query { news(first: Int): [String!] }
    extend input ProductWhere { news: Boolean }
    extend type Product { rating: Int }`;
  assert.deepEqual(await broken(released, more), []);
});
