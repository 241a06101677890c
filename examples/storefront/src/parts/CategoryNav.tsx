import { useEffect, useRef } from 'react';
import { useCategories, type Category } from '../categories';
import { address, Link, type Place } from '../place';

export function CategoryNav({ place }: { place: Place }) {
  const { roots } = useCategories();
  const search = place.get('search');
  const here =
    place.get('product') || place.get('view') || place.get('mine') ? undefined : (place.get('category') ?? '');

  // On a phone the shelves are in one row, and this one may be out of sight.
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current && current) nav.current.scrollLeft = current.offsetLeft - nav.current.offsetLeft - 16;
  }, [here, roots]);

  return (
    <nav ref={nav} className="categories" aria-label="Shelves">
      <ul>
        <li>
          <Link to={address({ search })} aria-current={here === '' ? 'page' : undefined}>
            Everything
          </Link>
        </li>
        <Branch of={roots} here={here} search={search} />
      </ul>
    </nav>
  );
}

function Branch({ of: categories, here, search }: { of: Category[]; here: string | undefined; search: string | null }) {
  return categories.map(({ id, slug, name, children, products }) => (
    <li key={id}>
      <Link to={address({ category: slug, search })} aria-current={here === slug ? 'page' : undefined}>
        {name} <span className="count">{products.totalCount}</span>
      </Link>
      {children.length > 0 && (
        <ul>
          <Branch of={children} here={here} search={search} />
        </ul>
      )}
    </li>
  ));
}
