import { Environment, Network, RecordSource, Store } from 'relay-runtime';

export function makeRelayEnvironment(url, session, { fetch = globalThis.fetch } = {}) {
  async function fetchQuery({ text }, variables) {
    const ask = async (again) => {
      const { access } = session;
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Accept: 'application/graphql-response+json, application/json;q=0.9',
          ...session.headers,
        },
        body: JSON.stringify({ query: text, variables }),
      });
      const result = await response.json();
      if (again && access && session.isRefused(result) && (await session.renew(access))) return ask(false);
      return result;
    };
    return ask(true);
  }
  return new Environment({ network: Network.create(fetchQuery), store: new Store(new RecordSource()) });
}
