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
for (const file of readdirSync(SCHEMAS).sort()) {
  const schema = JSON.parse(readFileSync(join(SCHEMAS, file), "utf8"));
  const made = await compile(schema, schema.title ?? file.replace(".json", ""), {
    additionalProperties: false,
    bannerComment: BANNER,
    declareExternallyReferenced: true,
  });
  const path = join(TYPES, file.replace(".json", ".ts"));
  if (!check) {
    writeFileSync(path, made);
  } else if (readOr(path, "") !== made) {
    console.error(`${path} is not what its schema says; run: npm run types`);
    stale += 1;
  }
}
process.exitCode = stale === 0 ? 0 : 1;

function readOr(path, otherwise) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
