import { useQuery } from 'urql';
import { describe } from '../errors';
import { unmask } from '../gql';
import type { ProductDetailsFragment } from '../gql/graphql';
import { formatAmount } from '../money';
import { Art } from '../parts/Art';
import { address, Heading, Link } from '../place';
import { ProductBySlug, ProductDetails } from '../product';
import { Edit } from './Edit';

export function ProductPage({ slug, edit }: { slug: string; edit: boolean }) {
  const [{ data, error, fetching }] = useQuery({ query: ProductBySlug, variables: { slug } });
  const product = unmask(ProductDetails, data?.product);
  if (product) return edit && product.viewerCanEdit ? <Edit product={product} /> : <Details product={product} />;
  if (fetching) return <p className="waiting">Fetching it…</p>;
  return (
    <article className="narrow">
      <Heading title="Not here" />
      <p role="alert">{error ? describe(error) : 'There is no such product, or it is not for sale any more.'}</p>
      <Link to=".">See everything that there is</Link>
    </article>
  );
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function Details({ product }: { product: ProductDetailsFragment }) {
  return (
    <article className="product">
      <Art of={product.slug} shelf={product.category.slug} />
      <div>
        <p className="shelf">
          <Link to={address({ category: product.category.slug })}>{product.category.name}</Link>
        </p>
        <Heading title={product.name} />
        <p className="price">{formatAmount(product.price)}</p>
        {product.description !== '' && <p className="description">{product.description}</p>}
        <dl className="facts">
          <div>
            <dt>In stock</dt>
            <dd>{product.inStock ? product.stock : 'Sold out'}</dd>
          </div>
          {product.sku !== null && product.sku !== undefined && (
            <div>
              <dt>Stock keeping unit</dt>
              <dd>{product.sku}</dd>
            </div>
          )}
          <div>
            <dt>Last changed</dt>
            <dd>
              <time dateTime={product.updatedAt}>{moment.format(new Date(product.updatedAt))}</time>
            </dd>
          </div>
        </dl>
        {!product.isPublished && <p className="hint">This is a draft: others do not see it.</p>}
        {product.viewerCanEdit && (
          <p className="actions">
            <Link className="button" to={address({ product: product.slug, edit: 'yes' })}>
              Edit
            </Link>
          </p>
        )}
      </div>
    </article>
  );
}
