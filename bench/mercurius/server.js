// The fastest GraphQL server for Node.js, as one would write it: Mercurius on Fastify, compiled from a document's first use on,
// SQLite through better-sqlite3. Three ways to write the resolvers, by VARIANT:
//
//   join     a list is one JOIN of all that products and categories have
//   pruned   that JOIN with only those columns that the documents here ask for
//   loaders  a list is of products, and Mercurius' loaders read the categories of all at once
//
// DATABASE is the SQLite file, KEY the secret key of tokens.
import Database from 'better-sqlite3';
import Fastify from 'fastify';
import { createVerifier } from 'fast-jwt';
import mercurius from 'mercurius';

const { DATABASE, KEY, VARIANT } = process.env;
const db = new Database(DATABASE);
db.pragma('journal_mode = WAL');
db.pragma('query_only = on');

const schema = `
  scalar Decimal
  type Query {
    products(first: Int): ProductConnection
    product(by: ProductBy!): Product
    categories(first: Int): CategoryConnection
    me: User
  }
  input ProductBy { id: ID }
  type ProductConnection { totalCount: Int! edges: [ProductEdge!]! nodes: [Product!]! }
  type ProductEdge { node: Product! }
  type Product { id: ID! name: String! slug: String! sku: String description: String! price: Decimal! stock: Int! category: Category! }
  type CategoryConnection { nodes: [Category!]! }
  type Category { id: ID! name: String! slug: String! description: String! products(first: Int): ProductConnection! }
  type User { id: ID! username: String! email: String! }
`;

const whole = 'p.id, p.name, p.slug, p.sku, p.description, p.price, p.stock';
const joined = 'c.id AS category_id, c.name AS category_name';
// CROSS JOIN has SQLite walk the index of names rather than sort.
const from = 'FROM products p CROSS JOIN categories c ON c.id = p.category_id WHERE p.is_published';
const byName = 'ORDER BY p.name_key, p.id LIMIT ?';

const variants = {
  join: {
    list: `SELECT ${whole}, ${joined}, c.slug AS category_slug, c.description AS category_description ${from} ${byName}`,
    one: `SELECT ${whole}, ${joined}, c.slug AS category_slug, c.description AS category_description ${from} AND p.id = ?`,
    categories: 'id, name, slug, description',
    nested: whole,
  },
  pruned: {
    list: `SELECT p.id, p.name, p.price, ${joined} ${from} ${byName}`,
    one: `SELECT p.id, p.name, p.price, ${joined} ${from} AND p.id = ?`,
    categories: 'id',
    nested: 'p.name',
  },
  loaders: {
    list: `SELECT ${whole}, p.category_id FROM products p WHERE p.is_published ${byName}`,
    one: `SELECT ${whole}, p.category_id FROM products p WHERE p.is_published AND p.id = ?`,
    categories: 'id, name, slug, description',
    nested: whole,
  },
};
const { list, one, categories, nested } = variants[VARIANT];
const statements = {
  list: db.prepare(list),
  one: db.prepare(one),
  count: db.prepare('SELECT COUNT(*) FROM products WHERE is_published').pluck(),
  categories: db.prepare(`SELECT ${categories} FROM categories ORDER BY name_key, id LIMIT ?`),
  nested: db.prepare(`SELECT ${nested} FROM products p WHERE p.category_id = ? AND p.is_published ${byName}`),
  categoriesOf: db.prepare('SELECT id, name, slug, description FROM categories WHERE id IN (SELECT value FROM json_each(?))'),
  viewer: db.prepare(`SELECT u.id, u.username, u.email, u.is_active, s.ends_at, s.revoked_at
    FROM users u JOIN sessions s ON s.user_id = u.id WHERE u.id = ? AND s.id = ?`),
};

const categoryOf = (p) => ({ id: p.category_id, name: p.category_name, slug: p.category_slug, description: p.category_description });
const productsOf = (category, { first }) => ({ nodes: statements.nested.all(category.id, first) });

const verify = createVerifier({ key: KEY, algorithms: ['HS256'] });

// me is who has signed in: the token is genuine, its session alive and its user active.
function me(_, __, { authorization }) {
  const claims = verify(authorization.slice('Bearer '.length));
  const viewer = statements.viewer.get(Number(claims.user_id), Number(claims.sid));
  if (claims.token_type !== 'access' || !viewer?.is_active || viewer.revoked_at || Date.parse(viewer.ends_at) <= Date.now()) {
    throw new Error('unauthenticated');
  }
  return viewer;
}

const resolvers = {
  Query: {
    products: (_, { first }) => ({ edges: statements.list.all(first).map((node) => ({ node })) }),
    product: (_, { by }) => statements.one.get(Number(by.id)),
    categories: (_, { first }) => ({ nodes: statements.categories.all(first) }),
    me,
  },
  ProductConnection: { totalCount: () => statements.count.get() },
  Product: { price: (p) => (p.price / 100).toFixed(2) },
};
const loaders = {};
if (VARIANT === 'loaders') {
  loaders.Product = {
    category: async (queries) => {
      const found = statements.categoriesOf.all(JSON.stringify([...new Set(queries.map(({ obj }) => obj.category_id))]));
      const byID = new Map(found.map((category) => [category.id, category]));
      return queries.map(({ obj }) => byID.get(obj.category_id));
    },
  };
  loaders.Category = { products: async (queries) => queries.map(({ obj, params }) => productsOf(obj, params)) };
} else {
  resolvers.Product.category = categoryOf;
  resolvers.Category = { products: productsOf };
}

const app = Fastify();
app.register(mercurius, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  context: ({ headers }) => ({ authorization: headers.authorization }),
});
console.log(`url=${await app.listen({ host: '127.0.0.1', port: 0 })}`);
