// Makes the TypeScript types from the schemas of `wire`; with --check, says whether they are as
// committed.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { compile } from "json-schema-to-typescript";

const SCHEMAS = fileURLToPath(new URL("../../../wire/schemas", import.meta.url));
const TYPES = fileURLToPath(new URL("../src/wire", import.meta.url));
const BANNER = "// Made from the schemas of `wire` by `npm run types`; not to be edited.\n";

const check = process.argv.includes("--check");
mkdirSync(TYPES, { recursive: true });
let stale = 0;
const first = new Map();
for (const file of readdirSync(SCHEMAS).sort()) {
  const schema = JSON.parse(readFileSync(join(SCHEMAS, file), "utf8"));
  const compiled = await compile(whole(schema), schema.title ?? file.replace(".json", ""), {
    additionalProperties: false,
    bannerComment: BANNER,
    declareExternallyReferenced: true,
  });
  // Messages of one kind share a schema, and so a module.
  const same = first.get(compiled);
  const made = same === undefined ? compiled : `${BANNER}\nexport type * from "./${same}";\n`;
  if (same === undefined) first.set(compiled, file.replace(".json", ""));
  const path = join(TYPES, file.replace(".json", ".ts"));
  if (!check) {
    writeFileSync(path, made);
  } else if (readOr(path, "") !== made) {
    console.error(`${path} is not what its schema says; run: npm run types`);
    stale += 1;
  }
}
process.exitCode = stale === 0 ? 0 : 1;

/** A reference with members beside it means both (JSON Schema 2020-12); the compiler wants to be told so. */
function whole(schema) {
  if (Array.isArray(schema)) return schema.map(whole);
  if (typeof schema !== "object" || schema === null) return schema;
  const mapped = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, whole(value)]));
  const { $ref, description, ...beside } = mapped;
  if ($ref === undefined || !("properties" in beside)) return mapped;
  return { ...(description === undefined ? {} : { description }), allOf: [{ $ref }, beside] };
}

function readOr(path, otherwise) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
