// A replica-sync for tests, reached by a fetch of our own: rows in an order, merged by column, told on
// streams whose octets arrive in pieces as small as the test likes.

import { utf8 } from "../src/octets";

export interface Row {
  id: string;
  _deleted: boolean;
  [column: string]: unknown;
}

interface Change {
  assumedMasterState?: Row;
  newDocumentState: Row;
}

type Writer = WritableStreamDefaultWriter<Uint8Array>;

interface Stream {
  writer: Writer;
  collections: string[];
}

const EPOCH = "e/1&x=ü";

export class Rows {
  /** By collection, what was written at which place. */
  readonly #rows = new Map<string, Map<string, { row: Row; place: number }>>();
  readonly #streams = new Set<Stream>();
  #place = 0;
  /** Every request: method, path and query. */
  readonly asked: string[] = [];
  readonly pushes: Change[][] = [];
  bearers = 0;
  /** Tokens from before this one are refused. */
  goodFrom = 1;
  lifeMs = 900_000;
  reached = true;
  /** Octets of one piece of a stream. */
  piece = Infinity;
  /** Answers instead of the usual one, by collection. */
  readonly refusals = new Map<string, number>();
  /** Called before a push is answered. */
  beforePush: () => Promise<void> = () => Promise.resolve();

  get streams(): number {
    return this.#streams.size;
  }

  row(collection: string, id: string): Row | undefined {
    return this.#table(collection).get(id)?.row;
  }

  /** Somebody else writes. */
  write(collection: string, row: Row): void {
    this.#keep(collection, row);
    void this.#tell(collection, row);
  }

  /** Somebody else writes while nobody is told. */
  keep(collection: string, row: Row): void {
    this.#keep(collection, row);
  }

  /** Cuts every stream. */
  async cut(): Promise<void> {
    const streams = [...this.#streams];
    this.#streams.clear();
    await Promise.all(streams.map(({ writer }) => writer.close().catch(() => undefined)));
  }

  readonly fetch = async (input: string, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input);
    init.signal?.throwIfAborted();
    if (!this.reached) throw new TypeError("fetch failed");
    if (url.pathname === "/challenge") return json(200, { nonce: "AAAA" });
    if (url.pathname === "/bearer") {
      this.bearers += 1;
      return json(200, { bearer: `b${this.bearers}`, expires_at: Date.now() + this.lifeMs });
    }
    this.asked.push(`${init.method ?? "GET"} ${url.pathname}${url.search}`);
    const bearer = (init.headers as Record<string, string>).authorization?.replace("Bearer b", "");
    if (!(Number(bearer) >= this.goodFrom)) return refusal(401);
    if (url.pathname === "/api/replication/stream") return this.#stream(url, init.signal);
    const [, , , collection = "", , act] = url.pathname.split("/").map(decodeURIComponent);
    const refused = this.refusals.get(collection);
    if (refused !== undefined) return refusal(refused);
    return act === "pull" ? this.#pull(collection, url.searchParams) : this.#push(collection, init.body as string);
  };

  async #stream(url: URL, signal: AbortSignal | null | undefined): Promise<Response> {
    const collections = (url.searchParams.get("collections") ?? "").split(",");
    if (collections.some((name) => this.refusals.get(name) === 403)) return refusal(403);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 1e6 });
    const stream = { writer: writable.getWriter(), collections };
    this.#streams.add(stream);
    signal?.addEventListener("abort", () => this.#streams.delete(stream));
    void this.#say(stream, ": open\n\n");
    return Promise.resolve(new Response(readable, { status: 200 }));
  }

  #pull(collection: string, query: URLSearchParams): Response {
    if (query.has("seq") && query.get("epoch") !== EPOCH) return refusal(400);
    const after = Number(query.get("seq") ?? 0);
    const rows = [...this.#table(collection).values()].filter(({ place }) => place > after);
    const page = rows.sort((a, b) => a.place - b.place).slice(0, Number(query.get("limit")));
    return json(200, {
      documents: page.map(({ row }) => row),
      checkpoint: checkpoint(page.at(-1)?.place ?? after),
    });
  }

  async #push(collection: string, body: string): Promise<Response> {
    const changes = JSON.parse(body) as Change[];
    this.pushes.push(changes);
    await this.beforePush();
    const answers = changes.flatMap((change) => this.#merge(collection, change));
    return json(200, answers);
  }

  /** The difference that was wanted, put onto the row as it is; the row, if it is another than was wanted. */
  #merge(collection: string, { assumedMasterState, newDocumentState }: Change): Row[] {
    const now = this.row(collection, newDocumentState.id);
    const assumed: Partial<Row> = assumedMasterState ?? {};
    const merged: Row = now === undefined ? { ...newDocumentState } : { ...now };
    for (const column of new Set([...Object.keys(assumed), ...Object.keys(newDocumentState)])) {
      const wanted = newDocumentState[column];
      const isMine = assumed[column] !== wanted && (now === undefined || now[column] === assumed[column]);
      if (isMine && wanted === undefined) Reflect.deleteProperty(merged, column);
      else if (isMine) merged[column] = wanted;
    }
    if (JSON.stringify(sorted(merged)) !== JSON.stringify(sorted(now ?? {}))) {
      this.#keep(collection, merged);
      void this.#tell(collection, merged);
    }
    return JSON.stringify(sorted(merged)) === JSON.stringify(sorted(newDocumentState)) ? [] : [merged];
  }

  #keep(collection: string, row: Row): void {
    this.#place += 1;
    this.#table(collection).set(row.id, { row, place: this.#place });
  }

  async #tell(collection: string, row: Row): Promise<void> {
    const told = JSON.stringify({ collection, documents: [row], checkpoint: checkpoint(this.#place) });
    const streams = [...this.#streams].filter(({ collections }) => collections.includes(collection));
    await Promise.all(streams.map((stream) => this.#say(stream, `data: ${told}\n\n`)));
  }

  async #say({ writer }: Stream, text: string): Promise<void> {
    const octets = utf8(text);
    for (let from = 0; from < octets.length; from += this.piece) {
      await writer.write(octets.slice(from, from + this.piece)).catch(() => undefined);
    }
  }

  #table(collection: string): Map<string, { row: Row; place: number }> {
    const table = this.#rows.get(collection) ?? new Map<string, { row: Row; place: number }>();
    this.#rows.set(collection, table);
    return table;
  }
}

function checkpoint(place: number): object {
  return { epoch: EPOCH, xid: "7", seq: String(place) };
}

function sorted(row: object): [string, unknown][] {
  return Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

function refusal(status: number): Response {
  return json(status, { code: "forbidden", title: "refused", status, detail: `refused with ${status}` });
}
