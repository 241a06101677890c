// The schema keeps the rules of eslint.config.mjs, and these notice what breaks them.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';

const schema = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const dirs = [];
after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true })));

// What the rules say of a schema, which has to be a file.
async function complaints(text) {
  const dir = mkdtempSync(join(tmpdir(), 'schema-'));
  dirs.push(dir);
  writeFileSync(join(dir, 'schema.graphql'), text);
  const cwd = process.cwd();
  process.chdir(dir); // the plugin looks for the schema from here
  try {
    const eslint = new ESLint({ cwd: dir, overrideConfigFile: fileURLToPath(new URL('eslint.config.mjs', import.meta.url)) });
    const [{ messages }] = await eslint.lintFiles(['schema.graphql']);
    return messages.map(({ line, message, ruleId }) => `${line}: ${message} (${ruleId})`);
  } finally {
    process.chdir(cwd);
  }
}

test('the schema keeps the rules', async () => assert.deepEqual(await complaints(schema), []));

for (const [what, flawed, rule] of [
  ['an item without a description', schema.replace(/  """\n  Who signed in.\n  """\n/, ''), 'require-description'],
  ['a thing without an id', `${schema}\n"""\nNews.\n"""\ntype News {\n"""\nIts text.\n"""\ntext: String!\n}\nextend type Query {\n"""\nNews.\n"""\nnews: News\n}`, 'strict-id-in-types'],
  ['a field that repeats its type', schema.replace(/\n  name: String!/g, '\n  productName: String!'), 'no-typename-prefix'],
  ['a connection without pageInfo', schema.replace('  pageInfo: PageInfo!\n', '  page: PageInfo!\n'), 'relay-connection-types'],
  ['an edge without a cursor', schema.replace('  cursor: String!\n', '  place: String!\n'), 'relay-edge-types'],
  ['a list that pages without a number', schema.replace(/    first: Int\n/, '    limit: Int\n'), 'relay-arguments'],
  ['an argument in capitals', schema.replace('search: String', 'Search: String'), 'naming-convention'],
]) {
  test(`noticed: ${what}`, async () => {
    assert.ok(flawed !== schema, 'the copy has no flaw');
    const said = (await complaints(flawed)).filter((complaint) => complaint.endsWith(`(@graphql-eslint/${rule})`));
    assert.notDeepEqual(said, []);
  });
}
