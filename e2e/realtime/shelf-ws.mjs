import { createMirror } from './mirror.mjs';
import { createSocket } from './ws.mjs';

const PRODUCT = '{ id name version category { id } }';
const READ = `query ($category: ID) { products(first: 100, where: {category: $category}) { nodes ${PRODUCT} } }`;
const FOLLOW = `subscription ($category: ID) { productChanged(category: $category) { kind productId product ${PRODUCT} } }`;

// The products of a category, as they are. `failed` is told why they no longer are.
export function followShelf(url, { session, category, failed, ...options }) {
  const variables = { category };
  const products = createMirror(
    async () => {
      for await (const { data } of client.iterate({ query: READ, variables })) return data.products.nodes;
    },
    (product) => product.category.id === category,
  );
  const client = createSocket(url, { session, connected: () => products.refresh().catch(failed), ...options });
  client.subscribe(
    { query: FOLLOW, variables },
    {
      next: ({ data, errors }) => (data ? products.tell(data.productChanged) : failed(errors)),
      error: failed,
      complete: () => {},
    },
  );
  return { client, products };
}
