import { useQuery } from 'urql';
import { useCategories } from '../categories';
import { describe } from '../errors';
import { graphql } from '../gql';
import type { ProductOrder, ShelfQuery } from '../gql/graphql';
import { Card } from '../parts/Card';
import { address, go, Heading, Link, type Place } from '../place';

const PAGE = 12;

const Shelf = graphql(`
  query Shelf(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $search: String
    $where: ProductWhere
    $orderBy: [ProductOrder!]
  ) {
    products(
      first: $first
      after: $after
      last: $last
      before: $before
      search: $search
      where: $where
      orderBy: $orderBy
    ) {
      totalCount
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      nodes {
        id
        ...ProductCard
      }
    }
  }
`);

interface Sort {
  label: string;
  order: ProductOrder;
}

const sorts: Readonly<Record<string, Sort>> = {
  best: { label: 'Best match', order: { field: 'RELEVANCE', direction: 'ASC' } },
  name: { label: 'Name', order: { field: 'NAME', direction: 'ASC' } },
  cheap: { label: 'Price, low to high', order: { field: 'PRICE', direction: 'ASC' } },
  dear: { label: 'Price, high to low', order: { field: 'PRICE', direction: 'DESC' } },
  new: { label: 'Newest', order: { field: 'CREATED_AT', direction: 'DESC' } },
};

export function ShelfPage({ place }: { place: Place }) {
  const { inOrder, fetching: fetchingCategories } = useCategories();
  const slug = place.get('category');
  const search = place.get('search');
  const mine = place.has('mine');
  const before = place.get('before');
  const sort = readSort(place.get('sort'), search !== null);
  const [{ data, error, fetching }] = useQuery({
    query: Shelf,
    variables: {
      ...(before === null ? { first: PAGE, after: place.get('after') } : { last: PAGE, before }),
      search,
      where: { ...(slug !== null && { categorySlug: slug, includeDescendants: true }), ...(mine && { mine }) },
      orderBy: [sorts[sort]!.order],
    },
  });

  const category = inOrder.find((category) => category.slug === slug);
  const shelf = mine
    ? 'What I sell'
    : slug === null
      ? 'Everything'
      : (category?.name ?? (fetchingCategories ? '…' : 'No such shelf'));
  const title = search === null ? shelf : `“${search}” in ${slug === null && !mine ? 'everything' : shelf}`;
  const products = data?.products;

  return (
    <section aria-busy={fetching}>
      <Heading title={title} />
      {category && search === null && <p className="lead">{category.description}</p>}
      <div className="bar">
        <p role="status">{products ? found(products.totalCount) : fetching ? 'Looking…' : ''}</p>
        <SortBy sort={sort} place={place} searching={search !== null} />
      </div>
      {error && (
        <p role="alert" className="problem">
          {describe(error)}
        </p>
      )}
      {products && products.nodes.length === 0 && !fetching && <Nothing mine={mine} />}
      {products && (
        <>
          <ul className="cards">
            {products.nodes.map((product) => (
              <Card key={product.id} product={product} />
            ))}
          </ul>
          <Pages of={products} place={place} />
        </>
      )}
    </section>
  );
}

function readSort(wanted: string | null, searching: boolean): string {
  if (wanted !== null && Object.hasOwn(sorts, wanted) && (searching || wanted !== 'best')) return wanted;
  return searching ? 'best' : 'name';
}

const found = (count: number) => (count === 1 ? 'One product' : `${count} products`);

function SortBy({ sort, place, searching }: { sort: string; place: Place; searching: boolean }) {
  const { after: _, before: __, ...rest } = Object.fromEntries(place); // another order has other pages
  return (
    <p className="sort">
      <label htmlFor="sort">Sort by</label>{' '}
      <select
        id="sort"
        value={sort}
        onChange={(event) => go(address({ ...rest, sort: event.target.value }), { stay: true })}
      >
        {Object.entries(sorts)
          .filter(([name]) => searching || name !== 'best')
          .map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
      </select>
    </p>
  );
}

function Nothing({ mine }: { mine: boolean }) {
  return (
    <p className="nothing">
      {mine ? (
        <>
          You do not sell anything yet. <Link to={address({ view: 'sell' })}>Put something on the shelf</Link>.
        </>
      ) : (
        <>
          There is nothing here. <Link to=".">See everything that there is</Link>.
        </>
      )}
    </p>
  );
}

function Pages({ of: { pageInfo }, place }: { of: NonNullable<ShelfQuery['products']>; place: Place }) {
  const { after: _, before: __, ...rest } = Object.fromEntries(place);
  if (!pageInfo.hasPreviousPage && !pageInfo.hasNextPage) return null;
  return (
    <nav className="pages" aria-label="Pages">
      {pageInfo.hasPreviousPage && (
        <Link rel="prev" to={address({ ...rest, before: pageInfo.startCursor })}>
          ← Previous page
        </Link>
      )}
      {pageInfo.hasNextPage && (
        <Link rel="next" to={address({ ...rest, after: pageInfo.endCursor })}>
          Next page →
        </Link>
      )}
    </nav>
  );
}
