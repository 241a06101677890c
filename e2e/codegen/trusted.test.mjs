// Trusted documents: the client preset writes a manifest of what this client asks for, and a server that was given it executes
// nothing else.
//
//   GATEHOUSE_E2E_PROGRAM  the program, e.g. bin/gatehouse

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));

let dir, server, api, manifest;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'trusted-'));
  for (const part of ['src', 'tsconfig.json', 'package.json']) cpSync(join(here, part), join(dir, part), { recursive: true });
  cpSync(join(here, '../../schema.graphql'), join(dir, 'schema.graphql'));
  symlinkSync(join(here, 'node_modules'), join(dir, 'node_modules'));
  const config = readFileSync(join(here, 'codegen.ts'), 'utf8');
  const persisted = config.replace("preset: 'client',", "preset: 'client',\n      presetConfig: { persistedDocuments: true },");
  assert.notEqual(persisted, config);
  writeFileSync(join(dir, 'codegen.ts'), persisted);
  await promisify(execFile)(join('node_modules', '.bin', 'graphql-codegen'), ['--config', 'codegen.ts'], { cwd: dir });
  const file = join(dir, 'src/gql/persisted-documents.json');
  manifest = JSON.parse(readFileSync(file, 'utf8'));

  const settings = ['--database-url', `sqlite://${dir}/g.db`, '--addr', '127.0.0.1:0'];
  await once(spawn(process.env.GATEHOUSE_E2E_PROGRAM, ['demo', ...settings], { stdio: 'ignore' }), 'exit');
  const trusting = ['--trusted-documents', 'only', '--trusted-documents-file', file];
  server = spawn(process.env.GATEHOUSE_E2E_PROGRAM, ['serve', ...settings, ...trusting], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface(server.stderr)) {
    api = line.match(/url=(http:\S+)/)?.[1];
    if (api) break;
  }
  assert.ok(api, 'the server is serving');
  server.stderr.resume();
});

after(async () => {
  if (server?.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  rmSync(dir, { recursive: true, force: true });
});

const headers = { 'Content-Type': 'application/json' };

async function ask(request) {
  return (await fetch(`${api}/graphql`, { method: 'POST', headers, body: JSON.stringify(request) })).json();
}

// Every document of the manifest that is a query and needs no variable.
const simple = () => Object.entries(manifest).filter(([, text]) => /^query \w+ ?\{/.test(text));

test('what is in the manifest is executed, by whichever name it goes', async () => {
  assert.ok(simple().length > 0, Object.values(manifest).join('\n'));
  for (const [hash, text] of simple()) {
    const named = await ask({ documentId: hash });
    assert.ok('data' in named, JSON.stringify(named));
    assert.deepEqual(await ask({ extensions: { persistedQuery: { version: 1, sha256Hash: hash } } }), named);
    assert.deepEqual(await ask({ query: text }), named);
    assert.deepEqual(await (await fetch(`${api}/graphql?documentId=${hash}`)).json(), named);
  }
});

test('what is not in the manifest is refused', async () => {
  const [[, text]] = simple();
  for (const request of [
    { query: '{ __typename }' },
    { query: '{ products { totalCount } }' },
    { query: '{ __schema { queryType { name } } }' },
    { query: `${text} ` },
    { documentId: '0'.repeat(40) },
    { query: '{__typename}', extensions: { persistedQuery: { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38' } } },
  ]) {
    const { data, errors } = await ask(request);
    assert.equal(data, undefined);
    assert.equal(errors[0].extensions.code, 'PERSISTED_QUERY_NOT_FOUND', JSON.stringify(request));
  }
});
