// Apollo Client, with the set-up of docs/clients.md.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CombinedGraphQLErrors, gql } from '@apollo/client';
import { makeApolloClient } from './apollo.mjs';
import { battery } from './battery.mjs';
import { short } from './live.mjs';
import { Session } from './session.mjs';

battery('Apollo Client', (url, session, options) => {
  const client = makeApolloClient(url, session, options);
  return {
    async ask(document, variables) {
      const parsed = gql(document);
      const asked = { variables, fetchPolicy: 'no-cache', errorPolicy: 'all' };
      const { data, error } =
        parsed.definitions[0].operation === 'mutation'
          ? await client.mutate({ mutation: parsed, ...asked })
          : await client.query({ query: parsed, ...asked });
      if (error && !CombinedGraphQLErrors.is(error)) throw error;
      return { data, codes: (error?.errors ?? []).map(({ extensions }) => extensions.code) };
    },
  };
});

test('pages join into one list in the cache', async () => {
  const client = makeApolloClient(short, new Session(short));
  const query = gql`
    query Page($after: String) {
      products(first: 5, after: $after, where: { categorySlug: "seafood" }) {
        totalCount
        edges { node { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  `;
  const list = client.watchQuery({ query });
  const shown = () => client.readQuery({ query }).products;
  await client.query({ query });
  let pages = 1;
  for (; shown().pageInfo.hasNextPage && pages < 10; pages++) {
    await list.fetchMore({ variables: { after: shown().pageInfo.endCursor } });
  }
  const ids = shown().edges.map(({ node }) => node.id);
  assert.equal(pages, Math.ceil(shown().totalCount / 5));
  assert.ok(pages > 1);
  assert.equal(new Set(ids).size, shown().totalCount);
  assert.equal(ids.length, shown().totalCount);
});
