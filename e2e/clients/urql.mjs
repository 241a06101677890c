import { cacheExchange, Client, CombinedError, fetchExchange, mapExchange } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';

export function makeUrqlClient(url, session, { fetch = globalThis.fetch } = {}) {
  const authorize = authExchange(async ({ appendHeaders }) => {
    let refused; // the access token that was refused last
    return {
      addAuthToOperation: (operation) => appendHeaders(operation, session.headers),
      didAuthError(error, operation) {
        const sent = operation.context.fetchOptions?.headers?.Authorization;
        if (!sent || !session.isRefused({ errors: error.graphQLErrors })) return false;
        refused = sent.replace('Bearer ', '');
        return true;
      },
      refreshAuth: () => session.renew(refused),
    };
  });
  // What is open to everybody is answered without an error, with `extensions.auth`: authorize is to see one.
  const complain = mapExchange({
    onResult: (result) =>
      result.extensions?.auth
        ? { ...result, error: new CombinedError({ graphQLErrors: [{ message: 'Not signed in', extensions: result.extensions.auth }] }) }
        : result,
  });
  return new Client({
    url,
    fetch,
    preferGetMethod: false, // variables do not belong into addresses, which end up in logs
    exchanges: [cacheExchange, authorize, complain, fetchExchange],
  });
}
