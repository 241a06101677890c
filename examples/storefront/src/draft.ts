// What is in the form of a product: texts, as they are typed.

import type { Mistakes } from './errors';
import type { ProductCreateInput, ProductDetailsFragment } from './gql/graphql';
import { readAmount } from './money';

export interface Draft {
  readonly name: string;
  readonly category: string;
  readonly price: string;
  readonly stock: string;
  readonly sku: string;
  readonly description: string;
  readonly isPublished: boolean;
}

export type FieldName = keyof Draft;

export const labels: Readonly<Record<FieldName, string>> = {
  name: 'Name',
  category: 'Shelf',
  price: 'Price',
  stock: 'In stock',
  sku: 'Stock keeping unit',
  description: 'Description',
  isPublished: 'On sale',
};

export const fieldNames = Object.keys(labels) as FieldName[];

export const emptyDraft: Draft = {
  name: '',
  category: '',
  price: '',
  stock: '1',
  sku: '',
  description: '',
  isPublished: true,
};

export const draftOf = (product: ProductDetailsFragment): Draft => ({
  name: product.name,
  category: product.category.id,
  price: product.price,
  stock: String(product.stock),
  sku: product.sku ?? '',
  description: product.description,
  isPublished: product.isPublished,
});

/** The draft as the API takes it, or what in it could not even be sent. Everything else is for the server to judge. */
export function readDraft(draft: Draft): { input: ProductCreateInput } | { mistakes: Mistakes } {
  const price = readAmount(draft.price);
  const stock = /^\d+$/.test(draft.stock.trim()) ? Number(draft.stock) : undefined;
  if (price === undefined || stock === undefined || draft.name.trim() === '' || draft.category === '') {
    return {
      mistakes: {
        ...(draft.name.trim() === '' && { name: 'Please give it a name.' }),
        ...(price === undefined && { price: 'Please write an amount such as 18.50.' }),
        ...(stock === undefined && { stock: 'Please write a whole number.' }),
        ...(draft.category === '' && { category: 'Please choose a shelf.' }),
      },
    };
  }
  const { name, category, description, isPublished } = draft;
  return { input: { name, category, price, stock, sku: draft.sku.trim() || null, description, isPublished } };
}

/** The fields in which two drafts differ. */
export const differences = (one: Draft, other: Draft) => fieldNames.filter((name) => one[name] !== other[name]);

/** Of an input only what was changed: so nobody else's change is undone by somebody who did not touch it. */
export function onlyChanged(input: ProductCreateInput, base: Draft, draft: Draft): Partial<ProductCreateInput> {
  return Object.fromEntries(differences(base, draft).map((name) => [name, input[name]]));
}

/** The changes that `mine` made to `base`, made to `theirs` instead. */
export function rebase(mine: Draft, base: Draft, theirs: Draft): Draft {
  const changes = differences(base, mine).map((name) => [name, mine[name]]);
  return { ...theirs, ...Object.fromEntries(changes) };
}
