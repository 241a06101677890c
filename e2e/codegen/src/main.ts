// A conversation with the server in generated types. What it asserts of types fails to compile, the rest fails to run.
import { SignIn, Register, Me } from './account';
import { CreateProduct, OneCategory, ProductCard, Shelf } from './catalogue';
import { execute } from './execute';
import { useFragment } from './gql';
import type { ProductBy, ProductCreateInput } from './gql/graphql';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};

function check(what: boolean, message: string): asserts what {
  if (!what) throw new Error(message);
}

export async function main(url: string) {
  const username = `ada${Math.random().toString(36).slice(2, 12)}`;
  const password = 'tulip-ferry-cobalt-31';
  const { register } = await execute(url, Register, { input: { username, email: `${username}@shop.example`, password } });
  check(register.errors.length === 0, 'register');
  const { tokenObtain } = await execute(url, SignIn, { username, password });
  same<typeof tokenObtain.accessExpiresAt, string>(true);
  check(/^\d{4}-.*\.\d{3}Z$/.test(tokenObtain.accessExpiresAt), 'a moment');

  const { me } = await execute(url, Me, {}, tokenObtain.access);
  check(me?.username === username, 'me');

  const { category } = await execute(url, OneCategory, { by: { slug: 'seafood' }, first: 1 });
  check(category !== null && category !== undefined, 'a category');
  const { productCreate } = await execute(
    url,
    CreateProduct,
    { input: { name: `Exact ${username}`, price: '0.1', category: category.id } },
    tokenObtain.access,
  );
  const made = useFragment(ProductCard, productCreate?.product);
  check(made !== null && made !== undefined, 'a product');
  same<typeof made.price, string>(true);
  same<typeof made.id, string>(true);
  check(made.price === '0.10', 'an exact price');

  const { products } = await execute(url, Shelf, {
    first: 2,
    search: username,
    where: { inStock: false, price: { lte: '0.10' } },
    orderBy: [{ field: 'PRICE', direction: 'DESC' }, { field: 'NAME' }],
  });
  check(products?.totalCount === 1, 'found');
}

// @ts-expect-error: a price that is a number may have been rounded already
export const rounded: ProductCreateInput = { name: 'x', price: 0.1, category: '1' };
// @ts-expect-error: exactly one of the two names a product
export const both: ProductBy = { id: '1', slug: 'x' };
