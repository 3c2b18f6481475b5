// RxDB's own replication suite, unmodified, against a running replica-sync.
// HOTEL_REPLICA = {"url", "token"}; the collection is "humans".
import { addRxPlugin } from "rxdb/plugins/core";
import { disableWarnings, RxDBDevModePlugin } from "rxdb/plugins/dev-mode";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { runReplicationBaseTestSuite, setConfig } from "rxdb/plugins/test-utils";
import { wrappedValidateAjvStorage } from "rxdb/plugins/validate-ajv";

import { replicate } from "./client.mjs";

disableWarnings();
addRxPlugin(RxDBDevModePlugin);
setConfig({
  storage: {
    name: "memory",
    getStorage: () => wrappedValidateAjvStorage({ storage: getRxStorageMemory() }),
    getPerformanceStorage: () => ({ storage: getRxStorageMemory(), description: "memory" }),
    hasPersistence: false,
    hasMultiInstance: false,
    hasAttachments: true,
    hasReplication: true,
  },
});

const server = JSON.parse(process.env.HOTEL_REPLICA);
const as = { name: "humans" };

async function ask(path, options) {
  const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
  const response = await fetch(`${server.url}/api/replication/humans/0/${path}`, { headers, ...options });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

async function all() {
  return (await ask("pull?limit=2000")).documents;
}

describe("replica-sync and the suite of RxDB", function () {
  this.timeout(60_000);
  runReplicationBaseTestSuite({
    startReplication: (collection) => replicate(collection, server, as),
    async syncOnce(collection) {
      await replicate(collection, server, { ...as, live: false }).awaitInitialReplication();
    },
    async getAllServerDocs() {
      return (await all()).filter((document) => !document._deleted);
    },
    async cleanUpServer() {
      const rows = (await all())
        .filter((document) => !document._deleted)
        .map((document) => ({ assumedMasterState: document, newDocumentState: { ...document, _deleted: true } }));
      if (rows.length > 0) await ask("push", { method: "POST", body: JSON.stringify(rows) });
    },
    softDeletes: false,
    isDeleted: (document) => document._deleted,
    getPrimaryOfServerDoc: (document) => document.passportId,
  });
});
