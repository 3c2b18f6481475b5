import { createKey, type Passport } from "@hospitality-edge/client";

import { Refused } from "./problem";

const DATABASE = "hotel-passport";
const STORE = "passport";
/** One tablet, one passport. */
const MINE = "mine";

/** A passport without its key, which the client library keeps where no script can read it. */
type Kept = Omit<Passport, "key">;

/** Keeps the tablet's passport. */
export async function keepPassport({ property, principal, role, credential }: Passport): Promise<void> {
  const kept: Kept = { property, principal, role, credential };
  await transact("readwrite", (store) => store.put(kept, MINE));
}

/** The tablet's passport; refused when it was never enrolled. */
export async function myPassport(): Promise<Passport> {
  const kept = await transact<Kept | undefined>(
    "readonly",
    (store) => store.get(MINE) as IDBRequest<Kept | undefined>,
  );
  if (kept === undefined) {
    throw new Refused({
      code: "forbidden",
      title: "not allowed",
      status: 403,
      detail: "this tablet is not enrolled; ask a manager for an invitation",
    });
  }
  return { ...kept, key: await createKey() };
}

async function transact<A>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<A>,
): Promise<A> {
  const database = await settled(opening());
  try {
    return await settled(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function opening(): IDBOpenDBRequest {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return request;
}

function settled<A>(request: IDBRequest<A>): Promise<A> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser keeps nothing"));
  });
}
