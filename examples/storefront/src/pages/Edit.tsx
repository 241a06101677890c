import { useState } from 'react';
import { useMutation } from 'urql';
import { draftOf, fieldNames, onlyChanged, readDraft, rebase, type Draft } from '../draft';
import { hasCode, mistakesOf, type Mistakes } from '../errors';
import { graphql, unmask } from '../gql';
import type { ProductDetailsFragment } from '../gql/graphql';
import { Conflict } from '../parts/Conflict';
import { Form } from '../parts/Form';
import { ProductFields } from '../parts/ProductFields';
import { address, go, Heading, Link } from '../place';
import { ProductDetails } from '../product';

const UpdateProduct = graphql(`
  mutation UpdateProduct($id: ID!, $input: ProductUpdateInput!) {
    productUpdate(id: $id, input: $input) {
      product {
        id
        ...ProductDetails
      }
      errors {
        ...MistakeFields
      }
    }
  }
`);

/**
 * Edits a product on top of the version that was there when the form was opened. `product` is the one there is now: it
 * changes as events come, and with the answer to an update that was refused.
 */
export function Edit({ product }: { product: ProductDetailsFragment }) {
  const [base, setBase] = useState(product);
  const [draft, setDraft] = useState<Draft>(() => draftOf(product));
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [refused, setRefused] = useState(false);
  const [{ fetching, error }, update] = useMutation(UpdateProduct);
  const back = address({ product: product.slug });

  const submit = async () => {
    const read = readDraft(draft);
    if ('mistakes' in read) return setMistakes(read.mistakes);
    const changes = onlyChanged(read.input, draftOf(base), draft);
    const { data } = await update({ id: base.id, input: { ...changes, expectedVersion: base.version } });
    if (!data?.productUpdate) return;
    const { errors } = data.productUpdate;
    const saved = unmask(ProductDetails, data.productUpdate.product);
    const stale = hasCode(errors, 'STALE_VERSION');
    setRefused(stale);
    setMistakes(stale ? {} : mistakesOf(errors, fieldNames));
    if (saved && errors.length === 0) go(address({ product: saved.slug }));
  };

  const settle = (draft: Draft) => {
    setDraft(draft);
    setBase(product);
    setRefused(false);
  };

  return (
    <article className="narrow">
      <Heading title={`Edit ${base.name}`} />
      <div aria-live="polite">
        {product.version !== base.version && !fetching && (
          <Conflict
            base={draftOf(base)}
            mine={draft}
            theirs={draftOf(product)}
            refused={refused}
            onKeep={() => settle(rebase(draft, draftOf(base), draftOf(product)))}
            onDiscard={() => settle(draftOf(product))}
          />
        )}
      </div>
      <Form onSubmit={submit} mistakes={mistakes} error={error}>
        <ProductFields draft={draft} mistakes={mistakes} onChange={setDraft} />
        <p className="actions">
          <button disabled={fetching}>{fetching ? 'Saving…' : 'Save'}</button>
          <Link to={back}>Cancel</Link>
        </p>
      </Form>
    </article>
  );
}
