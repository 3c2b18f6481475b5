// How fast tablets with RxDB see each other's changes and read everything at first: through a running
// replica-sync, and through a server that has all of it in memory, in turn.
//
//   HOTEL_REPLICA='{"ours": {url, token}, "floor": {url, token}}' node rxdb/bench.mjs
//
// Prints one JSON object: for each server, the times of every round in milliseconds.
import { createRxDatabase } from "rxdb/plugins/core";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { filter, firstValueFrom, timeout } from "rxjs";

import { replicate } from "./client.mjs";

const ROUNDS = 200;
const WARM_UP = 20;
const FIRST_SYNCS = 9;
const DOCUMENTS = 1_000;
/** The longest wait for anything. */
const LIMIT_MS = 30_000;
const schema = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id: { type: "string", maxLength: 100 },
    number: { type: "string" },
    note: { type: "string" },
    title: { type: "string" },
    status: { type: "string" },
    created_at: { type: "number" },
  },
  required: ["id"],
};
const servers = JSON.parse(process.env.HOTEL_REPLICA);
let opened = 0;

const times = {};
for (const name of Object.keys(servers)) times[name] = { tablet_to_tablet_ms: [], first_1000_ms: [] };
await edits();
await firstSyncs();
console.log(JSON.stringify(times));
process.exit(0);

/** One tablet writes, the other waits until it has it; the servers take turns. */
async function edits() {
  const pairs = [];
  for (const [name, server] of Object.entries(servers)) {
    const [writer, reader] = [await tablet("rooms"), await tablet("rooms")];
    for (const collection of [writer, reader]) {
      const replication = replicate(collection, server);
      replication.error$.subscribe((error) => console.error(name, error.message));
      await replication.awaitInitialReplication();
    }
    pairs.push({ name, writer, reader });
  }
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    for (const { name, writer, reader } of pairs) {
      const note = `round ${round}`;
      const news = reader.$.pipe(filter(({ documentData }) => documentData.note === note));
      const seen = firstValueFrom(news.pipe(timeout({ first: LIMIT_MS })));
      const began = performance.now();
      await writer.upsert({ id: "room-205", number: "205", status: "clean", note });
      await seen;
      if (round >= WARM_UP) times[name].tablet_to_tablet_ms.push(performance.now() - began);
    }
  }
}

/** A tablet that has nothing reads a thousand tasks. */
async function firstSyncs() {
  for (const server of Object.values(servers)) {
    const writer = await tablet("tasks");
    const tasks = Array.from({ length: DOCUMENTS }, (_, index) => ({
      id: `task-${index}`,
      title: `Task ${index}: towels for room ${index % 250}`,
      status: "open",
      created_at: 1_700_000_000_000 + index,
    }));
    await writer.bulkInsert(tasks);
    await replicate(writer, server, { live: false }).awaitInitialReplication();
    await writer.database.close();
  }
  for (let round = 0; round < FIRST_SYNCS; round += 1) {
    for (const [name, server] of Object.entries(servers)) {
      const reader = await tablet("tasks");
      const began = performance.now();
      await replicate(reader, server, { live: false }).awaitInitialReplication();
      times[name].first_1000_ms.push(performance.now() - began);
      const count = await reader.count().exec();
      if (count !== DOCUMENTS) throw new Error(`${name} has ${count} documents`);
      await reader.database.close();
    }
  }
}

async function tablet(name) {
  opened += 1;
  const database = await createRxDatabase({ name: `tablet-${opened}`, storage: getRxStorageMemory(), multiInstance: false });
  await database.addCollections({ [name]: { schema } });
  return database[name];
}
