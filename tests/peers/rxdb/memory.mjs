// The floor of a replication server: the same HTTPS and the same messages, with all documents in memory
// and nothing on a disk.
//
//   node memory.mjs CERTIFICATE KEY
//
// Prints its port, serves until it is ended.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [certificate, key] = process.argv.slice(2);
const collections = new Map();

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
  answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

async function answer(request, response) {
  const url = new URL(request.url, "https://localhost");
  const [name, , act] = url.pathname.replace("/api/replication/", "").split("/");
  if (name === "stream") return stream(url.searchParams.get("collections"), response);
  const collection = of(name);
  if (act === "pull") return json(response, pull(collection, url.searchParams));
  let body = "";
  for await (const chunk of request) body += chunk;
  return json(response, push(collection, JSON.parse(body)));
}

function of(name) {
  if (!collections.has(name)) collections.set(name, { seq: 0, rows: new Map(), listeners: new Set() });
  return collections.get(name);
}

function pull({ rows }, query) {
  const after = Number(query.get("seq") ?? 0);
  const limit = Number(query.get("limit"));
  const news = [...rows.values()].filter(({ seq }) => seq > after).sort((a, b) => a.seq - b.seq).slice(0, limit);
  return { documents: news.map(({ document }) => document), checkpoint: { seq: news.at(-1)?.seq ?? after } };
}

function push(collection, changes) {
  const conflicts = [];
  const documents = [];
  for (const { assumedMasterState, newDocumentState: document } of changes) {
    const master = collection.rows.get(document.id)?.document;
    if (master && JSON.stringify(master) !== JSON.stringify(assumedMasterState)) {
      conflicts.push(master);
      continue;
    }
    collection.seq += 1;
    collection.rows.set(document.id, { seq: collection.seq, document });
    documents.push(document);
  }
  if (documents.length > 0) {
    const event = `data: ${JSON.stringify({ documents, checkpoint: { seq: collection.seq } })}\n\n`;
    for (const listener of collection.listeners) listener.write(event);
  }
  return conflicts;
}

function stream(name, response) {
  const { listeners } = of(name);
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": hello\n\n");
  listeners.add(response);
  response.on("close", () => listeners.delete(response));
}

function json(response, body) {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}
