// Walks through the catalogue and sells something:
//
//   npm start                                            the server at http://127.0.0.1:8080/graphql
//   GATEHOUSE_GRAPHQL_URL=https://… npm start            another one

import { gql, type TypedDocumentNode } from '@apollo/client';
import { newClient } from './client.js';
import { Session } from './session.js';

// Apollo leaves scalars as they are in the JSON, and a Decimal is a string there: it need only stay one. The types are
// written by hand to keep this small; examples/storefront has them generated.
interface Product {
  id: string;
  name: string;
  price: string;
  viewerCanEdit: boolean;
}

interface UserError {
  field: string[];
  message: string;
}

export const Products: TypedDocumentNode<
  { products: { edges: { node: Product }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } | null },
  { first: number; after?: string | null; search?: string }
> = gql`
  query Products($first: Int!, $after: String, $search: String) {
    products(first: $first, after: $after, search: $search) {
      edges {
        cursor
        node {
          id
          name
          price
          viewerCanEdit
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

export const Me: TypedDocumentNode<{ me: { id: string; username: string } | null }, Record<string, never>> = gql`
  query Me {
    me {
      id
      username
    }
  }
`;

export const Categories: TypedDocumentNode<{ categories: { nodes: { id: string; name: string }[] } | null }> = gql`
  query Categories {
    categories {
      nodes {
        id
        name
      }
    }
  }
`;

export const Register: TypedDocumentNode<
  { register: { errors: UserError[] } },
  { input: { username: string; email: string; password: string } }
> = gql`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      errors {
        field
        message
      }
    }
  }
`;

export const Sell: TypedDocumentNode<
  { productCreate: { product: Product | null; errors: UserError[] } | null },
  { input: { name: string; price: string; category: string } }
> = gql`
  mutation Sell($input: ProductCreateInput!) {
    productCreate(input: $input) {
      product {
        id
        name
        price
        viewerCanEdit
      }
      errors {
        field
        message
      }
    }
  }
`;

async function shop(url: string): Promise<void> {
  const session = new Session(url, () => {
    console.log('The session is over: sign in again.');
    void client.clearStore(); // what is in it was for that user to see
  });
  const client = newClient(url, session);

  const username = `apollo${Date.now()}`;
  const password = 'tulip-ferry-cobalt-31';
  const { data: registered } = await client.mutate({
    mutation: Register,
    variables: { input: { username, email: `${username}@example.com`, password } },
  });
  if (registered?.register.errors.length !== 0) throw new Error(JSON.stringify(registered));
  await session.signIn(username, password);
  const { data: who } = await client.query({ query: Me });
  console.log('signed in as', who?.me?.username);

  // The second page joins the first one in the cache. (In components that is useQuery's fetchMore.)
  const first = await client.query({ query: Products, variables: { first: 3 } });
  const after = first.data?.products?.pageInfo.endCursor ?? null;
  await client.query({ query: Products, variables: { first: 3, after }, fetchPolicy: 'network-only' });
  const list = client.readQuery({ query: Products, variables: { first: 3 } });
  console.log('two pages of products, as one list:');
  for (const { node } of list?.products?.edges ?? []) console.log(' ', node.name, node.price);

  const { data: shelves } = await client.query({ query: Categories });
  const [shelf] = shelves?.categories?.nodes ?? [];
  for (const price of ['18.505', '0.10']) {
    const input = { name: 'A pinch of salt', price, category: shelf!.id };
    const { data } = await client.mutate({ mutation: Sell, variables: { input } });
    const { product, errors } = data!.productCreate!;
    console.log(`for ${price}:`, product ? `sold, ${product.price}` : errors.map(({ message }) => message).join(' '));
  }

  await session.signOut();
  await client.clearStore();
  console.log('signed out');
}

if (import.meta.filename === process.argv[1]) {
  await shop(process.env['GATEHOUSE_GRAPHQL_URL'] ?? 'http://127.0.0.1:8080/graphql');
}
