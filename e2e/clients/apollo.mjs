import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { from, mergeMap, of } from 'rxjs';

export function makeApolloClient(url, session, { fetch = globalThis.fetch } = {}) {
  // An ErrorLink would not do: what is open to everybody is answered without an error, with `extensions.auth`.
  const authorize = new ApolloLink((operation, forward) => {
    const ask = (again) => {
      const { access } = session;
      operation.setContext({ headers: session.headers });
      return forward(operation).pipe(
        mergeMap((result) => {
          if (!again || !access || !session.isRefused(result)) return of(result);
          return from(session.renew(access)).pipe(mergeMap((renewed) => (renewed ? ask(false) : of(result))));
        }),
      );
    };
    return ask(true);
  });
  return new ApolloClient({
    link: ApolloLink.from([authorize, new HttpLink({ uri: url, fetch })]),
    cache: new InMemoryCache({
      typePolicies: {
        // Pages join into one list; with another search, filter or order it is another list.
        Query: {
          fields: {
            products: relayStylePagination(['search', 'where', 'orderBy']),
            categories: relayStylePagination(['where', 'orderBy']),
            users: relayStylePagination(['search', 'where', 'orderBy']),
          },
        },
      },
    }),
  });
}
