/**
 * The hotel's rows on this device: collections of RxDB, replicated with the box's replica-sync.
 *
 * What is written here is here at once, kept through reloads, and sent when the box is there; the
 * box's answer counts. The contract is docs/spec/replica-sync.md §4.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import {
  createRxDatabase,
  type RxCollection,
  type RxDatabase,
  type RxJsonSchema,
  type RxReplicationPullStreamItem,
  type RxReplicationWriteToMasterRow,
  type RxStorage,
  type WithDeleted,
} from "rxdb/plugins/core";
import { replicateRxCollection, type RxReplicationState } from "rxdb/plugins/replication";
import { merge, Subject } from "rxjs";

import { bearer } from "./authority";
import { Backoff } from "./backoff";
import { Bearers } from "./bearers";
import type { Passport } from "./credential";
import { Events } from "./events";
import { type Hearer, Listening, PAUSE_MAX_MS } from "./listening";
import { hex, utf8 } from "./octets";
import { isProblem, type Problem, problem, ProblemError } from "./problem";
import { unsent } from "./unsent";

export type { RxCollection, RxJsonSchema } from "rxdb/plugins/core";

/** How long one request may take. */
const WAIT_MS = 15_000;
/** Longest pause after a first failure. */
const RETRY_MS = 2_000;
/** Documents of one request. */
const BATCH = 200;
/** How long changes are gathered before they are counted. */
const COUNT_AFTER_MS = 50;

export interface ReplicaSettings {
  /** Where replica-sync is: `https://greengrass.local:8000`. */
  url: string;
  authorityUrl: string;
  passport: Passport;
  /** Of the database on this device; pages with other collections have another. */
  name?: string;
  /** Where rows are kept: IndexedDB (Dexie) where there is one, otherwise memory. */
  storage?: RxStorage<unknown, unknown>;
  retryMs?: number;
}

export interface Stats {
  /** Whether what changes at the box arrives here as it happens. */
  live: boolean;
  /** How many documents were changed here and are not yet with the box. */
  pending: number;
  /** Those documents, as `collection/id`. */
  unsent: readonly string[];
  /** Collections whose replication is over for good, and why. */
  ended: Readonly<Record<string, Problem>>;
  /** Whether a collection's schema is not the box's any more: the page has to be loaded anew. */
  outdated: boolean;
}

/** A place in the box's order of changes; replica-sync §4. */
interface Checkpoint {
  epoch: string;
  xid: string;
  seq: string;
}

interface Page<T> {
  documents: WithDeleted<T>[];
  checkpoint: Checkpoint;
}

/** A collection and what moves in it; what its rows are is known to whoever asked for it. */
interface Entry {
  replication: RxReplicationState<unknown, unknown>;
  moved: Subject<RxReplicationPullStreamItem<unknown, unknown>>;
  unsent: string[];
}

export class Replica {
  readonly #settings: ReplicaSettings;
  readonly #bearers: Bearers;
  readonly #listening: Listening;
  readonly #events = new Events<"stats">();
  readonly #entries = new Map<string, Entry>();
  #stats: Stats = { live: false, pending: 0, unsent: [], ended: {}, outdated: false };
  #database: Promise<RxDatabase> | null = null;
  #tabs: BroadcastChannel | null = null;
  #leads = false;
  #closed = false;

  constructor(settings: ReplicaSettings) {
    this.#settings = settings;
    this.#bearers = new Bearers(() => bearer(settings.authorityUrl, settings.passport));
    this.#listening = new Listening(this.#hearer(), settings.retryMs ?? RETRY_MS);
  }

  get stats(): Stats {
    return this.#stats;
  }

  /** Tells `listener` whenever the figures change. */
  on(event: "stats", listener: (stats: Stats) => void): () => void {
    return this.#events.on(event, (stats) => listener(stats as Stats));
  }

  /** The rows of a collection that are here; they are replicated from now on. */
  async collection<T>(name: string, schema: RxJsonSchema<T>): Promise<RxCollection<T>> {
    const database = await this.#open();
    // Another schema is another collection here: a page of tomorrow opens on what today's left.
    const local = `${name}-${hex(sha256(utf8(JSON.stringify(schema)))).slice(0, 12)}`;
    const added = await database.addCollections({ [local]: { schema } });
    const collection = added[local] as unknown as RxCollection<T>;
    this.#replicate(name, schema.version, collection);
    return collection;
  }

  /** Ends it; what was not sent stays where it is kept. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listening.stop();
    this.#tabs?.close();
    await (await this.#database)?.close();
  }

  #open(): Promise<RxDatabase> {
    this.#database ??= this.#create();
    return this.#database;
  }

  async #create(): Promise<RxDatabase> {
    const { passport, name = "rows" } = this.#settings;
    const storage = this.#settings.storage ?? (await usualStorage());
    const called = `hotel-${passport.property}-${passport.principal}-${name}`;
    const shared = storage.name === "dexie";
    const database = await createRxDatabase({ name: called, storage, multiInstance: shared, eventReduce: true });
    if (shared) this.#meet(called);
    return database;
  }

  /** Tabs of one tablet share their rows; one of them replicates, and tells the others how it is. */
  #meet(name: string): void {
    this.#tabs = new BroadcastChannel(`${name}-stats`);
    this.#tabs.onmessage = ({ data }: MessageEvent<Stats | "how is it?">) => {
      if (data === "how is it?") {
        if (this.#leads) this.#tabs?.postMessage(this.#stats);
      } else if (!this.#leads) {
        this.#show(data);
      }
    };
    this.#tabs.postMessage("how is it?");
  }

  #replicate<T>(name: string, version: number, collection: RxCollection<T>): void {
    const moved = new Subject<RxReplicationPullStreamItem<T, Checkpoint | undefined>>();
    const path = `/api/replication/${encodeURIComponent(name)}/${version}`;
    // All tablets of a house come back at the same moment; their requests do not.
    const retryMs = this.#settings.retryMs ?? RETRY_MS;
    const pause = new Backoff(retryMs, Math.max(retryMs, PAUSE_MAX_MS));
    const ask = async (where: string, body?: string): Promise<unknown> => {
      try {
        const answer = await this.#ask(name, path + where, body);
        pause.reset();
        return answer;
      } catch (error) {
        replication.retryTime = pause.wait();
        throw error;
      }
    };
    const replication = replicateRxCollection<T, Checkpoint | undefined>({
      collection,
      replicationIdentifier: `hotel/${this.#settings.passport.property}/${name}`,
      live: true,
      toggleOnDocumentVisible: false,
      pull: {
        batchSize: BATCH,
        stream$: moved.asObservable(),
        handler: async (checkpoint, limit) => {
          const place = checkpoint === undefined ? {} : { ...pick(checkpoint) };
          const query = new URLSearchParams({ ...place, limit: String(limit) });
          return pageOf<T>(await ask(`/pull?${query.toString()}`));
        },
      },
      push: {
        batchSize: BATCH,
        handler: async (rows: RxReplicationWriteToMasterRow<T>[]) => {
          const answer = await ask("/push", JSON.stringify(rows));
          if (Array.isArray(answer)) return answer as WithDeleted<T>[];
          throw problem("malformed", "a push is answered by a list");
        },
      },
    });
    const entry = { replication, moved, unsent: [] } as unknown as Entry;
    this.#entries.set(name, entry);
    this.#count(entry, collection);
    void this.#lead(collection);
  }

  /** One tab listens for all. */
  async #lead<T>({ database }: RxCollection<T>): Promise<void> {
    await database.waitForLeadership();
    if (this.#closed) return;
    this.#leads = true;
    this.#listening.renew();
  }

  /** Keeps the number of unsent documents up to date. */
  #count<T>(entry: Entry, collection: RxCollection<T>): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void look();
      }, COUNT_AFTER_MS);
    };
    const look = async (): Promise<void> => {
      if (!this.#leads) return;
      // A database that was closed meanwhile has no figures.
      entry.unsent = await unsent(entry.replication).catch(() => entry.unsent);
      this.#tell();
    };
    const changes = merge(collection.eventBulks$, entry.replication.active$, entry.replication.sent$);
    const heard = changes.subscribe(soon);
    collection.onClose.push(() => {
      clearTimeout(timer);
      heard.unsubscribe();
    });
  }

  async #ask(name: string, path: string, body?: string): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const asked = body === undefined ? {} : { method: "POST" as const, body, headers };
    const signal = AbortSignal.timeout(WAIT_MS);
    const response = await this.#bearers.fetch(this.#settings.url + path, { ...asked, signal });
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer;
    const refused = isProblem(answer)
      ? new ProblemError(answer)
      : problem("unavailable", `the box answered ${response.status}`);
    if (response.status === 403 || response.status === 426) this.#end(name, response.status, refused.problem);
    throw refused;
  }

  /** A role without the collection, or a schema that is not the box's: asking again does not help. */
  #end(name: string, status: 403 | 426, why: Problem): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    void entry.replication.cancel();
    const { ended, outdated } = this.#stats;
    this.#tell({ ended: { ...ended, [name]: why }, outdated: outdated || status === 426 });
    if (this.#leads) this.#listening.renew();
  }

  #hearer(): Hearer {
    return {
      collections: () => [...this.#entries.keys()],
      open: async (collections, signal) => {
        const query = new URLSearchParams({ collections: collections.join(",") });
        const url = `${this.#settings.url}/api/replication/stream?${query.toString()}`;
        const response = await this.#bearers.fetch(url, { signal });
        // Which of the collections is not for this role any more is learned by pulling each.
        if (response.status === 403) this.#pullAll();
        return response;
      },
      opened: () => {
        this.#tell({ live: true });
        this.#pullAll();
      },
      told: (data) => {
        const told: unknown = JSON.parse(data);
        const name = typeof told === "object" && told !== null && "collection" in told ? told.collection : null;
        if (typeof name === "string") this.#entries.get(name)?.moved.next(pageOf<unknown>(told));
      },
      lost: () => {
        this.#tell({ live: false });
      },
    };
  }

  #pullAll(): void {
    for (const { moved } of this.#entries.values()) moved.next("RESYNC");
  }

  #tell(changed: Partial<Stats> = {}): void {
    const all = [...this.#entries].flatMap(([name, entry]) => entry.unsent.map((id) => `${name}/${id}`));
    this.#show({ ...this.#stats, ...changed, pending: all.length, unsent: all });
    if (this.#leads && !this.#closed) this.#tabs?.postMessage(this.#stats);
  }

  #show(stats: Stats): void {
    if (JSON.stringify(stats) === JSON.stringify(this.#stats)) return;
    this.#stats = stats;
    this.#events.tell("stats", stats);
  }
}

async function usualStorage(): Promise<RxStorage<unknown, unknown>> {
  if (typeof indexedDB === "undefined") {
    return (await import("rxdb/plugins/storage-memory")).getRxStorageMemory() as RxStorage<unknown, unknown>;
  }
  return (await import("rxdb/plugins/storage-dexie")).getRxStorageDexie();
}

function pick({ epoch, xid, seq }: Checkpoint): Record<keyof Checkpoint, string> {
  return { epoch, xid, seq };
}

/** A page with its whole checkpoint, or nothing at all. */
function pageOf<T>(value: unknown): Page<T> {
  if (typeof value === "object" && value !== null && "documents" in value && "checkpoint" in value) {
    const { documents, checkpoint } = value as Page<T>;
    const whole = [checkpoint.epoch, checkpoint.xid, checkpoint.seq].every((member) => typeof member === "string");
    if (Array.isArray(documents) && whole) return { documents, checkpoint: pick(checkpoint) };
  }
  throw problem("malformed", "a page has documents and a checkpoint");
}
