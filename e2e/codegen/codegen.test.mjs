// graphql-codegen with the set-up of docs/clients.md: every root field of the schema has a document, the types that are
// generated are strict, and what is written in them has a conversation with the server.
//
//   GATEHOUSE_E2E_URL  where the server listens, e.g. http://127.0.0.1:8080 (with products in its catalogue)

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { buildSchema, parse } from 'graphql';

const here = dirname(fileURLToPath(import.meta.url));
const schema = join(here, '../../schema.graphql');

let dir;
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'codegen-'));
  for (const part of ['src', 'codegen.ts', 'tsconfig.json', 'package.json']) cpSync(join(here, part), join(dir, part), { recursive: true });
  cpSync(schema, join(dir, 'schema.graphql'));
  symlinkSync(join(here, 'node_modules'), join(dir, 'node_modules'));
  await run('graphql-codegen', '--config', 'codegen.ts');
});
after(() => rmSync(dir, { recursive: true }));

// Runs a program of a package.
async function run(program, ...args) {
  try {
    await promisify(execFile)(join('node_modules', '.bin', program), args, { cwd: dir });
  } catch ({ stdout, stderr }) {
    assert.fail(`${program} failed:\n${stdout}${stderr}`);
  }
}

// The root fields that a schema has and the documents do not select, as Type.field.
function missing(sdl, documents) {
  const wanted = new Set();
  const roots = {};
  const types = buildSchema(sdl);
  for (const [operation, type] of Object.entries({
    query: types.getQueryType(),
    mutation: types.getMutationType(),
    subscription: types.getSubscriptionType(),
  })) {
    roots[operation] = type?.name;
    for (const field of Object.keys(type?.getFields() ?? {})) wanted.add(`${type.name}.${field}`);
  }
  for (const { definitions } of documents.map((text) => parse(text))) {
    for (const { kind, operation, selectionSet } of definitions) {
      if (kind !== 'OperationDefinition') continue;
      for (const { name } of selectionSet.selections) wanted.delete(`${roots[operation]}.${name.value}`);
    }
  }
  return [...wanted];
}

const documents = ['src/account.ts', 'src/catalogue.ts'].flatMap((file) =>
  [...readFileSync(join(here, file), 'utf8').matchAll(/graphql\(`([^`]*)`\)/g)].map(([, text]) => text),
);

test('every root field has a document', () => {
  const sdl = readFileSync(schema, 'utf8');
  assert.deepEqual(missing(sdl, documents), []);
  // Nor would a new one go unnoticed.
  assert.deepEqual(missing(`${sdl}\nextend type Query { news: Int }`, documents), ['Query.news']);
});

test('what is generated compiles strictly, and so does what uses it', () => run('tsc', '--strict', '--noEmit'));

test('a scalar that has no type is a mistake', async () => {
  const config = join(dir, 'codegen.ts');
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace(/Decimal: .*/, ''));
  await assert.rejects(run('graphql-codegen', '--config', 'codegen.ts'), /Unknown scalar type Decimal/);
  writeFileSync(config, text);
});

test('a document that asks for what there is not is a mistake', async () => {
  const wrong = join(dir, 'src/wrong.ts');
  writeFileSync(wrong, "import { graphql } from './gql';\ngraphql(`query Wrong { me { password } }`);\n");
  await assert.rejects(run('graphql-codegen', '--config', 'codegen.ts'), /Cannot query field "password" on type "User"/);
  rmSync(wrong);
});

test('the conversation works', async () => {
  await run('tsc', '--strict', '--outDir', 'out', '--module', 'commonjs');
  writeFileSync(join(dir, 'out/package.json'), '{ "type": "commonjs" }\n');
  const { main } = await import(pathToFileURL(join(dir, 'out/main.js')));
  await main(`${process.env.GATEHOUSE_E2E_URL}/graphql`);
});
