import { useState } from 'react';
import { useMutation } from 'urql';
import { emptyDraft, fieldNames, readDraft } from '../draft';
import { mistakesOf, type Mistakes } from '../errors';
import { graphql } from '../gql';
import { Form } from '../parts/Form';
import { ProductFields } from '../parts/ProductFields';
import { address, go, Heading } from '../place';

const CreateProduct = graphql(`
  mutation CreateProduct($input: ProductCreateInput!) {
    productCreate(input: $input) {
      product {
        id
        slug
        ...ProductDetails
      }
      errors {
        ...MistakeFields
      }
    }
  }
`);

export function Sell() {
  const [draft, setDraft] = useState(emptyDraft);
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [{ fetching, error }, create] = useMutation(CreateProduct);

  const submit = async () => {
    const read = readDraft(draft);
    if ('mistakes' in read) return setMistakes(read.mistakes);
    const { data } = await create({ input: read.input });
    if (!data?.productCreate) return;
    const { product, errors } = data.productCreate;
    setMistakes(mistakesOf(errors, fieldNames));
    if (product) go(address({ product: product.slug }));
  };

  return (
    <article className="narrow">
      <Heading title="Sell something" />
      <Form onSubmit={submit} mistakes={mistakes} error={error}>
        <ProductFields draft={draft} mistakes={mistakes} onChange={setDraft} />
        <p className="actions">
          <button disabled={fetching}>{fetching ? 'Saving…' : 'Put it on the shelf'}</button>
        </p>
      </Form>
    </article>
  );
}
