import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { relayStylePagination } from '@apollo/client/utilities';
import { from, map, mergeMap, throwError } from 'rxjs';
import type { Session } from './session.js';

export function newClient(url: string, session: Session): ApolloClient {
  // Every request has the access token of its moment: when it is asked again, that is the new one.
  const authorization = new SetContextLink(({ headers }) => ({
    headers: { ...headers, ...(session.access !== undefined && { authorization: `Bearer ${session.access}` }) },
  }));

  // Refused for its token, an operation is asked again once there is another. The second refusal is final, since what
  // `forward` answers does not come by here again.
  const refreshing = new ErrorLink(({ error, operation, forward }) => {
    if (!CombinedGraphQLErrors.is(error)) return;
    if (!error.errors.some(({ extensions }) => extensions?.['code'] === 'UNAUTHENTICATED')) return;
    const refused = String(operation.getContext()['headers']?.authorization ?? '').replace('Bearer ', '');
    if (refused === '') return;
    return from(session.refresh(refused)).pipe(
      mergeMap(() => (session.access === undefined ? throwError(() => error) : forward(operation))),
    );
  });

  // A public field answers a token that does not serve as it answers a stranger, and says so beside the data. To somebody
  // who is signed in that is an error like the others.
  const lostSignIn = new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      map((result) => {
        const lost: unknown = result.extensions?.['auth'];
        if (typeof lost !== 'object' || lost === null || result.errors) return result;
        return { ...result, errors: [{ message: 'The sign-in was not accepted.', extensions: { ...lost } }] };
      }),
    ),
  );

  return new ApolloClient({
    link: ApolloLink.from([refreshing, authorization, lostSignIn, new HttpLink({ uri: url })]),
    cache: new InMemoryCache({
      typePolicies: {
        Query: {
          fields: {
            // The pages of one list are kept as one list; another search or order is another list.
            products: relayStylePagination(['search', 'where', 'orderBy']),
          },
        },
      },
    }),
  });
}
