import { Replica, type RxCollection, type RxJsonSchema, type Stats } from "@hospitality-edge/client/replication";
import { computed, type ReadonlySignal, signal } from "@preact/signals";

import { myPassport } from "./passports";
import { problemOf } from "./problem";
import type { Rows, Standing } from "./rows";
import type { Inside } from "./staff";

/** The tablet's rows of its hotel; nothing when the hotel has no replica. */
export async function openReplica({ hotel }: Inside, name: string): Promise<HotelRows | null> {
  if (hotel.replica_url === undefined) return null;
  const passport = await myPassport();
  return new HotelRows(
    new Replica({ url: hotel.replica_url, authorityUrl: hotel.authority_url, passport, name }),
  );
}

/** A replica as pages see it. */
export class HotelRows implements Standing {
  readonly #replica: Replica;
  readonly #stats: ReadonlySignal<Stats>;
  readonly live = computed(() => this.#stats.value.live);
  readonly pending = computed(() => this.#stats.value.pending);
  readonly outdated = computed(() => this.#stats.value.outdated);

  constructor(replica: Replica) {
    this.#replica = replica;
    const stats = signal(replica.stats);
    replica.on("stats", (now) => (stats.value = now));
    this.#stats = stats;
  }

  async rows<T extends { id: string }>(name: string, schema: RxJsonSchema<T>): Promise<Rows<T>> {
    return new CollectionRows(name, await this.#replica.collection(name, schema), this.#stats);
  }
}

class CollectionRows<T extends { id: string }> implements Rows<T> {
  readonly all = signal<readonly T[] | null>(null);
  readonly ended = computed(() => {
    const problem = this.#stats.value.ended[this.#name];
    return problem === undefined ? null : problemOf({ problem });
  });
  readonly #unsent = computed(() => new Set(this.#stats.value.unsent));
  readonly #name: string;
  readonly #collection: RxCollection<T>;
  readonly #stats: ReadonlySignal<Stats>;

  constructor(name: string, collection: RxCollection<T>, stats: ReadonlySignal<Stats>) {
    this.#name = name;
    this.#collection = collection;
    this.#stats = stats;
    collection.find().$.subscribe((documents) => {
      this.all.value = documents.map((document) => document.toJSON() as T);
    });
  }

  isUnsent(id: string): boolean {
    return this.#unsent.value.has(`${this.#name}/${id}`);
  }

  async put(row: T): Promise<void> {
    await this.#collection.insert(row);
  }

  async change(id: string, changed: (row: T) => T): Promise<void> {
    const document = await this.#collection.findOne(id).exec();
    await document?.incrementalModify((row) => changed(row));
  }
}
