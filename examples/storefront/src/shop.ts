import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import type { Client as Socket } from 'graphql-ws';
import { Client, CombinedError, fetchExchange, mapExchange, subscriptionExchange, type Operation } from 'urql';
import { api } from './api';
import { rereading } from './reread';
import { accessToken, refresh } from './session';
import { openSocket } from './socket';

/** A client and its cache, for one visitor: whoever signs in or out gets a new one, and sees nothing of the old. */
export interface Shop {
  client: Client;
  socket: Socket;
  /** Asks everything anew that is on the screen. */
  reread: () => void;
}

export function openShop(): Shop {
  const socket = openSocket();
  const { exchange, reread } = rereading();
  const client = new Client({
    ...api,
    requestPolicy: 'cache-and-network', // what is known is shown at once, and never for the truth
    exchanges: [
      exchange,
      cache,
      authentication,
      lostSignIn,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
  return { client, socket, reread: () => reread(client) };
}

// Products and categories are kept by their ids, so that whatever tells of one, an event as well, changes all places
// where it is shown. What has no id belongs to where it was found.
const cache = cacheExchange({
  keys: {
    CategoryConnection: () => null,
    PageInfo: () => null,
    ProductConnection: () => null,
    ProductEvent: () => null,
    UserError: () => null,
  },
});

// Sends the access token, and when it is refused gets the next one and asks again, once.
const authentication = authExchange((utilities) => {
  let refused: string | undefined;
  return Promise.resolve({
    addAuthToOperation(operation) {
      const token = accessToken();
      return token === undefined ? operation : utilities.appendHeaders(operation, { Authorization: `Bearer ${token}` });
    },
    didAuthError(error, operation) {
      if (!error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')) return false;
      refused = tokenOf(operation);
      return refused !== undefined;
    },
    refreshAuth: () => refresh(refused),
  });
});

function tokenOf(operation: Operation): string | undefined {
  const { fetchOptions } = operation.context;
  const { headers } = (typeof fetchOptions === 'function' ? fetchOptions() : fetchOptions) ?? {};
  return new Headers(headers).get('Authorization')?.replace('Bearer ', '');
}

// To a public field a token that does not serve is no error: it answers what strangers see, and says so beside the data.
// That is not what somebody asked who is signed in, so here it becomes the error that it is.
const lostSignIn = mapExchange({
  onResult(result) {
    const lost: unknown = result.extensions?.['auth'];
    if (typeof lost !== 'object' || lost === null || result.error) return;
    const error = { message: 'The sign-in was not accepted.', extensions: { ...lost } };
    return { ...result, error: new CombinedError({ graphQLErrors: [error] }) };
  },
});
