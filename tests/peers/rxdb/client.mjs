// An RxDB client of replica-sync, written from docs/spec/replica-sync.md alone.
import { replicateRxCollection } from "rxdb/plugins/replication";
import { Subject } from "rxjs";

/** Replicates a collection; `server` is {url, token}. */
export function replicate(collection, server, { live = true, version = 0, batchSize = 100, name = collection.name } = {}) {
  const base = `${server.url}/api/replication`;
  const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
  const moved = new Subject();
  const ended = new AbortController();
  const ask = async (path, options = {}) => {
    const response = await fetch(`${base}/${path}`, { headers, ...options });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  const replication = replicateRxCollection({
    collection,
    replicationIdentifier: `${base}/${name}`,
    live,
    retryTime: 100,
    waitForLeadership: false,
    pull: {
      batchSize,
      stream$: moved.asObservable(),
      handler: (checkpoint, limit) =>
        ask(`${name}/${version}/pull?${new URLSearchParams({ ...(checkpoint ?? {}), limit })}`),
    },
    push: {
      batchSize,
      handler: (rows) => ask(`${name}/${version}/push`, { method: "POST", body: JSON.stringify(rows) }),
    },
  });
  if (live) {
    replication.onCancel.push(() => ended.abort());
    void listen(`${base}/stream?collections=${name}`, headers, moved, ended.signal);
  }
  return replication;
}

async function listen(url, headers, moved, signal) {
  while (!signal.aborted) {
    try {
      const response = await fetch(url, { headers, signal });
      if (!response.ok) throw new Error(`${response.status}`);
      let text = "";
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const events = text.split("\n\n");
        text = events.pop();
        for (const event of events) {
          const data = event.split("\n").find((line) => line.startsWith("data: "));
          // The first words of a stream are a comment: from here on nothing is missed.
          if (data === undefined) moved.next("RESYNC");
          else {
            const { documents, checkpoint } = JSON.parse(data.slice(6));
            moved.next({ documents, checkpoint });
          }
        }
      }
    } catch {
      // Cut off: the next connection begins with what was missed.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
