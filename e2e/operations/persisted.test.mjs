// Automatic persisted queries with the clients that speak the protocol: the first request has the hash alone, the second the
// hash and the document, and any other the hash alone.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

const endpoint = new URL("/graphql", process.env.GATEHOUSE_E2E_URL).href;
const sha256 = async (text) => createHash("sha256").update(text).digest("hex");

/** A fetch that notes what was sent. */
function noting() {
  const sent = [];
  const noted = async (url, request) => {
    const parameters = request.method === "GET" ? Object.fromEntries(new URL(url, endpoint).searchParams) : JSON.parse(request.body);
    const response = await fetch(url, request);
    sent.push({ method: request.method, document: Boolean(parameters.query), status: response.status, cache: response.headers.get("cache-control") });
    return response;
  };
  return { sent, noted };
}

// Both clients accept application/graphql-response+json, in which a request that is not executed is 400.
const conversation = [
  { document: false, status: 400, cache: "no-store" },
  { document: true, status: 200 },
  { document: false, status: 200 },
];

function check(sent, byGet) {
  assert.equal(sent.length, conversation.length);
  for (const [i, want] of conversation.entries()) {
    assert.equal(sent[i].document, want.document, `request ${i}`);
    assert.equal(sent[i].status, want.status);
    if (want.cache) assert.equal(sent[i].cache, want.cache);
  }
  if (byGet) {
    assert.equal(sent[2].method, "GET");
    assert.match(sent[2].cache, /^public, /);
  }
}

for (const useGETForHashedQueries of [false, true]) {
  test(`Apollo Client, ${useGETForHashedQueries ? "hashes by GET" : "all by POST"}`, async () => {
    const { sent, noted } = noting();
    const client = new ApolloClient({
      link: ApolloLink.from([new PersistedQueryLink({ sha256, useGETForHashedQueries }), new HttpLink({ uri: endpoint, fetch: noted })]),
      cache: new InMemoryCache(),
      defaultOptions: { query: { fetchPolicy: "no-cache" } },
    });
    const query = useGETForHashedQueries
      ? gql`query ApolloByGet($n: Int) { products(first: $n) { totalCount } }`
      : gql`query ApolloByPost($n: Int) { products(first: $n) { totalCount } }`;
    for (const n of [1, 2]) {
      const { data } = await client.query({ query, variables: { n } });
      assert.ok(data.products.totalCount >= 69); // other tests add some
    }
    check(sent, useGETForHashedQueries);
  });

  test(`urql, ${useGETForHashedQueries ? "hashes by GET" : "all by POST"}`, async () => {
    const { sent, noted } = noting();
    const client = new Client({
      url: endpoint,
      fetch: noted,
      preferGetMethod: false,
      requestPolicy: "network-only",
      exchanges: [persistedExchange({ preferGetForPersistedQueries: useGETForHashedQueries, generateHash: sha256 }), fetchExchange],
    });
    const name = useGETForHashedQueries ? "UrqlByGet" : "UrqlByPost";
    for (const n of [1, 2]) {
      const { data, error } = await client.query(`query ${name}($n: Int) { products(first: $n) { totalCount } }`, { n });
      assert.equal(error, undefined);
      assert.ok(data.products.totalCount >= 69); // other tests add some
    }
    check(sent, useGETForHashedQueries);
  });
}
