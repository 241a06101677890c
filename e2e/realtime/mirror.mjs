// What a page shows of products: read anew whenever there is a new connection, and kept up to date by events in between.
// A product that was moved is told of as long as it was in a place that is followed: `belongs` says if it still is.
export function createMirror(read, belongs = () => true) {
  const shown = new Map();
  let meanwhile = null; // what is told while products are read: the answer may be older than that

  function apply({ kind, productId, product }) {
    if (kind === 'DELETED') shown.delete(productId);
    else if (product.version < shown.get(productId)?.version) return;
    else if (belongs(product)) shown.set(productId, product);
    else shown.delete(productId);
  }

  return {
    shown,
    tell(event) {
      meanwhile?.push(event);
      apply(event);
    },
    async refresh() {
      const told = (meanwhile = []);
      const products = await read();
      if (meanwhile !== told) return; // they are being read once more, and that will be newer
      meanwhile = null;
      shown.clear();
      for (const product of products) shown.set(product.id, product);
      told.forEach(apply);
    },
  };
}
