import { createMirror } from './mirror.mjs';
import { subscribe } from './sse.mjs';

const PRODUCT = '{ id name version category { id } }';
const READ = `query ($category: ID) { products(first: 100, where: {category: $category}) { nodes ${PRODUCT} } }`;
const FOLLOW = `subscription ($category: ID) { productChanged(category: $category) { kind productId product ${PRODUCT} } }`;

// The products of a category, as they are. `failed` is told why they no longer are. Answers also a function that ends it.
export function followShelf(url, { session, category, failed, ...options }) {
  const variables = { category };
  const products = createMirror(
    () =>
      new Promise((resolve, reject) => {
        const next = ({ data, errors }) => (data ? resolve(data.products.nodes) : reject(errors));
        subscribe(url, { session, ...options }, { query: READ, variables }, { next, error: reject, complete: () => {} });
      }),
    (product) => product.category.id === category,
  );
  const stop = subscribe(
    url,
    { session, connected: () => products.refresh().catch(failed), ...options },
    { query: FOLLOW, variables },
    {
      next: ({ data, errors }) => (data ? products.tell(data.productChanged) : failed(errors)),
      error: failed,
      complete: () => {},
    },
  );
  return { stop, products };
}
