/**
 * The key of a page: P-256.
 *
 * On secure pages it is made by the browser, cannot be read by any script, and stays in IndexedDB.
 * On plain pages, which serve guests only, the browser has no such thing; there it lives in the
 * session of the tab and ends with it.
 */

import { p256 } from "@noble/curves/nist.js";

import { fromBase64, toBase64url } from "./octets";

export interface Key {
  /** Uncompressed point, 65 octets. */
  readonly publicKey: Uint8Array;
  /** ECDSA with SHA-256: r and s, 64 octets. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Where a key is kept between visits. */
export interface KeyStore {
  load(): Promise<CryptoKeyPair | undefined>;
  save(pair: CryptoKeyPair): Promise<void>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const SESSION = "hotel-key";
const DATABASE = "hotel-key";
const STORE = "key";
const MINE = "mine";

/** The page's key: the kept one, or a new one that is kept from now on. */
export async function createKey(store: KeyStore = inDatabase): Promise<Key> {
  // Missing on plain http pages, whatever its type says.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  return subtle === undefined ? sessionKey() : browserKey(subtle, store);
}

async function browserKey(subtle: SubtleCrypto, store: KeyStore): Promise<Key> {
  let pair = await store.load();
  if (pair === undefined) {
    pair = await subtle.generateKey(ALGORITHM, false, ["sign"]);
    await store.save(pair);
  }
  const { privateKey, publicKey } = pair;
  return {
    publicKey: new Uint8Array(await subtle.exportKey("raw", publicKey)),
    sign: async (message) => new Uint8Array(await subtle.sign(SIGNING, privateKey, message.slice())),
  };
}

function sessionKey(): Key {
  const kept = sessionStorage.getItem(SESSION);
  const secret = kept === null ? p256.utils.randomSecretKey() : fromBase64(kept);
  sessionStorage.setItem(SESSION, toBase64url(secret));
  return plainKey(secret);
}

/** A key whose secret is at hand. */
export function plainKey(secret: Uint8Array): Key {
  return {
    publicKey: p256.getPublicKey(secret, false),
    sign: (message) => Promise.resolve(p256.sign(message, secret)),
  };
}

const inDatabase: KeyStore = {
  load: () =>
    transact<CryptoKeyPair | undefined>("readonly", (store) => store.get(MINE) as IDBRequest<CryptoKeyPair | undefined>),
  save: async (pair) => {
    await transact("readwrite", (store) => store.put(pair, MINE));
  },
};

async function transact<A>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<A>): Promise<A> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    return await settled(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function settled<A>(request: IDBRequest<A>): Promise<A> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser keeps nothing"));
  });
}
