import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it } from "vitest";

import { guestMessages, messages, rooms, tasks } from "./collections";

const sql = readFileSync(
  resolve(import.meta.dirname, "../../../../replica-sync/src/edge/sql/hotel.sql"),
  "utf8",
);

/** The columns of a table that tablets see, by type, and those that may not be empty. */
function table(name: string): { columns: Record<string, string>; required: string[] } {
  const body = new RegExp(`TABLE IF NOT EXISTS hotel\\.${name} \\(([^;]*)\\);`).exec(sql)?.[1] ?? "";
  const words: Record<string, string> = { text: "string", boolean: "boolean", integer: "integer", bigint: "integer", "double precision": "number" };
  const found = [...body.matchAll(/(?:^|,)\s*(\w+) (text|boolean|integer|bigint|double precision)( NOT NULL)?/gm)];
  const own = found.filter(([, column]) => column !== "tenant" && column !== "property");
  return {
    columns: Object.fromEntries(own.map(([, column = "", type = ""]) => [column, words[type] ?? ""])),
    required: own.filter(([, , , required]) => required).map(([, column = ""]) => column),
  };
}

// console-7.1
describe("a collection", () => {
  it.each([
    ["rooms", rooms],
    ["tasks", tasks],
    ["messages", messages],
    ["guest_messages", guestMessages],
  ] as const)("of %s has the columns of its table", (name, schema) => {
    const { columns, required } = table(name);
    const properties = Object.entries<{ type?: unknown }>(schema.properties);
    expect(Object.fromEntries(properties.map(([column, { type }]) => [column, type]))).toEqual(columns);
    expect([...(schema.required ?? [])].sort()).toEqual(required.sort());
    expect([schema.primaryKey, schema.version]).toEqual(["id", 0]);
  });
});
