// A Relay project with the set-up of docs/clients.md: it compiles, and pages, refetches and changes lists of the server.
//
//   GATEHOUSE_E2E_SHORT_URL  a server whose access tokens live for 3 seconds, e.g. http://127.0.0.1:8080, with products in its
//                            catalogue

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { commitMutation, ConnectionHandler } from 'relay-runtime';
import { ask, counting, expiry, password, register, short } from '../clients/live.mjs';
import { Session } from '../clients/session.mjs';
import { makeRelayEnvironment } from './environment.mjs';
import { load, loadNext, read } from './pages.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dirs = [];
after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true })));

// Compiles the project in a new folder, and answers where it is.
async function compile({ config = (text) => text, sources = {} } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'relay-'));
  dirs.push(dir);
  cpSync(join(here, 'src'), join(dir, 'src'), { recursive: true });
  cpSync(join(here, '../../schema.graphql'), join(dir, 'schema.graphql'));
  symlinkSync(join(here, 'node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, 'package.json'), '{}');
  writeFileSync(join(dir, 'relay.config.json'), config(readFileSync(join(here, 'relay.config.json'), 'utf8')));
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(dir, 'src', name), text);
  await promisify(execFile)(join(dir, 'node_modules/.bin/relay-compiler'), [], { cwd: dir }).catch(({ stdout, stderr }) => {
    throw new Error(`relay-compiler: ${stdout}${stderr}`);
  });
  return dir;
}

// What the compiler has made, as modules that Node.js can load.
let artifact;
before(async () => {
  const dir = await compile({
    config: (text) => text.replace('"typescript"', '"javascript"').replace('"eagerEsModules": true', '"eagerEsModules": false'),
  });
  const require = createRequire(join(dir, 'src/'));
  artifact = (name) => require(`./__generated__/${name}.graphql.js`);
});

test('the project compiles, and prices and moments are texts', async () => {
  const dir = await compile();
  const made = readdirSync(join(dir, 'src/__generated__'));
  for (const name of ['ProductCardRefetchQuery', 'ShelfPaginationQuery', 'CategoriesPaginationQuery', 'CategoryProductsPaginationQuery', 'UsersPaginationQuery']) {
    assert.ok(made.includes(`${name}.graphql.ts`), name);
  }
  const card = readFileSync(join(dir, 'src/__generated__/ProductCard_product.graphql.ts'), 'utf8');
  assert.match(card, /readonly price: string;/);
  assert.match(card, /readonly updatedAt: string;/);
});

test('what the compiler is strict about, it is', async () => {
  const source = (text) => ({ 'Wrong.js': `import { graphql } from 'relay-runtime';\ngraphql\`${text}\`;\n` });
  await assert.rejects(compile({ sources: source('query WrongQuery { products(first: 1) { nodes { cost } } }') }), /The type `Product` has no field `cost`/);
  await assert.rejects(compile({ config: (text) => text.replace('"Decimal": "string",', '') }), /Decimal/);
});

// A new visitor's environment, with requests that are counted.
function visit(session = new Session(short)) {
  const fetch = counting();
  return { fetch, environment: makeRelayEnvironment(short, session, { fetch }) };
}

async function signedIn() {
  const session = new Session(short);
  await session.signIn(await register(short), password);
  return session;
}

for (const order of [[], [{ field: 'PRICE', direction: 'DESC' }, { field: 'NAME', direction: 'ASC' }]]) {
  test(`products page forward to the end, each once and in order: ${JSON.stringify(order)}`, async () => {
    const { environment } = visit();
    const where = { isPublished: true, price: { gte: '10.00' } };
    const query = await load(environment, artifact('ShelfQuery'), { count: 7, where, orderBy: order });
    const fragment = artifact('Shelf_query');
    let pages = 1;
    while (await loadNext(environment, fragment, query, 7)) {
      pages++;
      const { products } = read(environment, fragment, query);
      assert.equal(products.edges.length, Math.min(7 * pages, products.totalCount));
    }
    const { products } = read(environment, fragment, query);
    const all = await ask(
      short,
      'query ($where: ProductWhere, $orderBy: [ProductOrder!]) { products(first: 100, where: $where, orderBy: $orderBy) { nodes { id } } }',
      { variables: { where, orderBy: order } },
    );
    assert.ok(pages > 5);
    assert.deepEqual(products.edges.map(({ node }) => node.id), all.products.nodes.map(({ id }) => id));
    assert.ok(!products.pageInfo.hasNextPage);
  });
}

test('categories page forward, and the products of each of them by themselves', async () => {
  const { environment } = visit();
  const query = await load(environment, artifact('CategoriesQuery'), { count: 3 });
  const list = artifact('Categories_query');
  while (await loadNext(environment, list, query, 3));
  const { categories } = read(environment, list, query);
  assert.equal(categories.edges.length, 8);

  const shelf = artifact('CategoryProducts_category');
  const seafood = categories.edges.map(({ node }) => node).find(({ name }) => name === 'Seafood');
  assert.equal(read(environment, shelf, seafood).products.edges.length, 2);
  while (await loadNext(environment, shelf, seafood, 4));
  const { products } = read(environment, shelf, seafood);
  const { category } = await ask(short, '{ category(by: { slug: "seafood" }) { products(first: 100) { nodes { id } } } }');
  assert.deepEqual(products.edges.map(({ node }) => node.id), category.products.nodes.map(({ id }) => id));

  const others = categories.edges.filter(({ node }) => node !== seafood);
  for (const { node } of others) assert.equal(read(environment, shelf, node).products.edges.length, 2, 'other shelves stay as they were');
});

test('one product is fetched anew, by node', async () => {
  const session = await signedIn();
  const { environment } = visit(session);
  const { category } = await ask(short, '{ category(by: { slug: "seafood" }) { id } }');
  const { productCreate } = await ask(
    short,
    'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id } errors { message } } }',
    { access: session.access, variables: { input: { name: `Refetched ${Math.random()}`, price: '1', category: category.id } } },
  );
  const { id } = productCreate.product;
  const card = artifact('ProductCard_product');
  const first = await load(environment, artifact('ProductCardRefetchQuery'), { id });
  assert.equal(read(environment, card, first.node).price, '1.00');
  await ask(short, 'mutation ($id: ID!) { productUpdate(id: $id, input: { price: "1.10" }) { errors { message } } }', {
    access: session.access,
    variables: { id },
  });
  assert.equal(read(environment, card, first.node).price, '1.00');
  await load(environment, artifact('ProductCardRefetchQuery'), { id });
  assert.equal(read(environment, card, first.node).price, '1.10');
  const none = await load(environment, artifact('ProductCardRefetchQuery'), { id: '1' });
  assert.equal(none.node, null, 'what is not there is null');
});

test('a new product goes to the beginning of a list, and one that is deleted leaves it', async () => {
  const session = await signedIn();
  const { environment } = visit(session);
  const change = (name, variables) =>
    new Promise((resolve, reject) =>
      commitMutation(environment, {
        mutation: artifact(name),
        variables,
        onCompleted: (data, errors) => (errors ? reject(new Error(JSON.stringify(errors))) : resolve(data)),
        onError: reject,
      }),
    );
  const query = await load(environment, artifact('ShelfQuery'), { count: 5 });
  const fragment = artifact('Shelf_query');
  const ids = () => read(environment, fragment, query).products.edges.map(({ node }) => node.id);
  const before = ids();
  const connection = ConnectionHandler.getConnectionID('client:root', 'Shelf_products', { search: null, where: null, orderBy: null });
  const { category } = await ask(short, '{ category(by: { slug: "seafood" }) { id } }');
  const input = { name: `Ñandú ${Math.random()}`, price: '0.1', category: category.id };
  const { productCreate } = await change('OffersCreateMutation', { input, connections: [connection] });
  assert.deepEqual(ids(), [productCreate.product.id, ...before]);
  const [{ node }] = read(environment, fragment, query).products.edges;
  assert.equal(read(environment, artifact('ProductCard_product'), node).price, '0.10');

  await change('OffersDeleteMutation', { id: productCreate.product.id, connections: [connection] });
  assert.deepEqual(ids(), before);
});

test('three queries at once with an expired token are answered after one refresh', async () => {
  const fetch = counting();
  const session = new Session(short, { fetch });
  const username = await register(short);
  await session.signIn(username, password);
  const environment = makeRelayEnvironment(short, session, { fetch });
  await expiry(session.access);
  const [{ me }] = await Promise.all([
    load(environment, artifact('MeQuery'), {}),
    load(environment, artifact('ShelfQuery'), { count: 1 }),
    load(environment, artifact('ShelfQuery'), { count: 2 }),
  ]);
  assert.equal(me.username, username);
  assert.equal(fetch.refreshes(), 1);
});
