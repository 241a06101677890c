// Introspection works within the limits as by default, in every form in which clients ask for it.
import assert from "node:assert/strict";
import test from "node:test";
import { UrlLoader } from "@graphql-tools/url-loader";
import { buildClientSchema, printSchema } from "graphql";
import { codegens, everyCombination, graphiqls } from "./introspection.mjs";

const endpoint = new URL("/graphql", process.env.GATEHOUSE_E2E_URL).href;

async function ask(query) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

test("graphql-js, with each combination of its options", async () => {
  for (const query of everyCombination()) {
    const { data, errors } = await ask(query);
    assert.equal(errors, undefined);
    assert.ok(buildClientSchema(data).getType("Product"));
  }
});

test("graphql-codegen", async () => {
  const [{ schema }] = await new UrlLoader().load(endpoint, {});
  assert.match(printSchema(schema), /^input ProductBy/m);
});

test("the very texts of GraphiQL and graphql-codegen", async () => {
  for (const text of [graphiqls(), await codegens()]) {
    const { data, errors } = await ask(text);
    assert.equal(errors, undefined);
    assert.ok(data.__schema.types.some(({ name }) => name === "ProductConnection"));
  }
});
