import { signal } from "@preact/signals";

import type { Rows, Standing } from "../shared/rows";
import type { Problem } from "../shared/wire";

/** Rows for tests, whose box is near or away as the test likes. */
export class StubRows<T extends { id: string }> implements Rows<T>, Standing {
  readonly all = signal<readonly T[] | null>(null);
  readonly ended = signal<Problem | null>(null);
  readonly live = signal(true);
  readonly pending = signal(0);
  readonly outdated = signal(false);
  readonly #unsent = signal<ReadonlySet<string>>(new Set());

  constructor(rows: readonly T[]) {
    this.all.value = rows;
  }

  /** The only row of an id. */
  row(id: string): T | undefined {
    return this.all.value?.find((row) => row.id === id);
  }

  /** The box goes: what is written from now on stays here. */
  lose(): void {
    this.live.value = false;
  }

  isUnsent(id: string): boolean {
    return this.#unsent.value.has(id);
  }

  put(row: T): Promise<void> {
    this.all.value = [...(this.all.value ?? []), row];
    return this.#written(row.id);
  }

  change(id: string, changed: (row: T) => T): Promise<void> {
    this.all.value = (this.all.value ?? []).map((row) => (row.id === id ? changed(row) : row));
    return this.#written(id);
  }

  #written(id: string): Promise<void> {
    if (!this.live.value) {
      this.#unsent.value = new Set([...this.#unsent.value, id]);
      this.pending.value = this.#unsent.value.size;
    }
    return Promise.resolve();
  }
}
