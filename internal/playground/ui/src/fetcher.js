import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-sse';

const url = '/graphql';

// What GraphiQL asks by. Queries and mutations have one answer; a subscription's come as server-sent events, by a request
// with the very headers that the page shows. A WebSocket could not have them.
export function createFetcher({ fetchJSON, fetchEvents }) {
  let running = null;

  const ask = createGraphiQLFetcher({
    url,
    fetch: fetchJSON,
    enableIncrementalDelivery: false, // the server has no @defer; without it the toolkit asks for plain GraphQL answers
  });

  function listen(params, headers = {}) {
    // A stream that broke may have told less than there was. So it is not begun anew behind the visitor's back.
    running = createClient({ url, headers, fetchFn: fetchEvents, retryAttempts: 0 });
    return running.iterate(params);
  }

  return {
    fetcher: (params, options) => (isSubscription(params) ? listen(params, options?.headers) : ask(params, options)),
    // Ends the stream that is running, if one is.
    stop: () => running?.dispose(),
  };
}

function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // a mistake in it: the server says which
  }
}
