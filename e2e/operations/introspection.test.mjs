// Introspection works within the limits as by default, in every form in which clients ask for it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { UrlLoader } from "@graphql-tools/url-loader";
import { buildClientSchema, printSchema } from "graphql";
import { everyCombination, files, folder } from "./introspection.mjs";

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

test("the copies that the tests in Go send", async () => {
  for (const [name, text] of Object.entries(await files())) {
    assert.equal(await readFile(new URL(name, folder), "utf8"), text, `${name} is another now: npm run write`);
    assert.equal((await ask(text)).errors, undefined);
  }
});
