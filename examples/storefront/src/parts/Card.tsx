import { useState } from 'react';
import { unmask, type FragmentType } from '../gql';
import { formatAmount } from '../money';
import { address, Link } from '../place';
import { ProductCard } from '../product';
import { Art } from './Art';

export function Card({ product: masked }: { product: FragmentType<typeof ProductCard> }) {
  const product = unmask(ProductCard, masked);
  const [first] = useState(product.version);
  const changed = product.version > first; // before somebody's eyes
  return (
    <li className="card">
      {changed && <span key={product.version} className="flash" />}
      <Art of={product.slug} shelf={product.category.slug} />
      <h2>
        <Link to={address({ product: product.slug })}>{product.name}</Link>
      </h2>
      <div className="foot">
        <p className="shelf">{product.category.name}</p>
        <p className="price">{formatAmount(product.price)}</p>
      </div>
      <Badges product={product} changed={changed} />
    </li>
  );
}

function Badges({ product, changed }: { product: { isPublished: boolean; inStock: boolean }; changed: boolean }) {
  return (
    <p className="badges">
      {changed && <span className="badge fresh">Just changed</span>}
      {!product.isPublished && <span className="badge">Draft</span>}
      {!product.inStock && <span className="badge">Sold out</span>}
    </p>
  );
}
