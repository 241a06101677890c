// urql, with the set-up of docs/clients.md.

import { battery } from './battery.mjs';
import { makeUrqlClient } from './urql.mjs';

battery('urql', (url, session, options) => {
  const client = makeUrqlClient(url, session, options);
  return {
    async ask(document, variables = {}) {
      const { data, error } = document.startsWith('mutation')
        ? await client.mutation(document, variables)
        : await client.query(document, variables, { requestPolicy: 'network-only' });
      if (error?.networkError) throw error.networkError;
      return { data, codes: (error?.graphQLErrors ?? []).map(({ extensions }) => extensions.code) };
    },
  };
});
