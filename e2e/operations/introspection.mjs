// The introspection queries that clients send, from the packages that write them.
import { UrlLoader } from "@graphql-tools/url-loader";
import { getIntrospectionQuery } from "graphql";

const options = ["descriptions", "specifiedByUrl", "directiveIsRepeatable", "schemaDescription", "inputValueDeprecation", "oneOf"];

/** What graphql-js writes for each combination of its options, but for those that are experimental. */
export function everyCombination() {
  return Array.from({ length: 2 ** options.length }, (_, bits) =>
    getIntrospectionQuery(Object.fromEntries(options.map((name, i) => [name, Boolean(bits & (1 << i))]))),
  );
}

/** What graphql-codegen sends, which loads schemas with graphql-tools. */
export async function codegens() {
  let sent;
  const fetch = async (_, request) => {
    sent = JSON.parse(request.body).query;
    throw new Error("enough");
  };
  await new UrlLoader().load("http://127.0.0.1/graphql", { fetch, customFetch: fetch }).catch(() => {});
  return sent;
}

/** What GraphiQL sends. */
export const graphiqls = () => getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true });
