/** Getting credentials: enrolling, renewing, short-lived bearers, guests' tokens. */

import { sha256 } from "@noble/hashes/sha2.js";

import type { Passport } from "./credential";
import type { Key } from "./key";
import { fromBase64, toBase64url, utf8 } from "./octets";
import { isProblem, problem, ProblemError } from "./problem";
import { LABEL, proof } from "./proof";
import type { Bearer } from "./wire/authority-bearer";
import type { Challenged } from "./wire/authority-challenged";
import type { Minted } from "./wire/authority-minted";
import type { Pending } from "./wire/authority-pending";

/** How long any of these may take, in milliseconds. */
const WAIT_MS = 10_000;

/** What came of enrolling: a passport, or six digits to be compared before there is one. */
export type Enrolled = { passport: Passport } | { principal: string; digits: string };

/** Enrols this tablet with its one-time code; asked again, says whether the tablet is active now. */
export async function enrol(authorityUrl: string, code: string, key: Key): Promise<Enrolled> {
  const signed = await key.sign(proof(LABEL.enrol, [fromBase64(code), key.publicKey]));
  const body = { v: 1, code, key: toBase64url(key.publicKey), proof: toBase64url(signed) };
  const answer = await post<Minted | Pending>(`${authorityUrl}/enrol`, body);
  return "token" in answer
    ? { passport: passport(answer, key) }
    : { principal: answer.principal, digits: digits(fromBase64(answer.nonce), key.publicKey) };
}

/** What a tablet shows whose key waits to be compared; made here, whatever the authority says. */
export function digits(nonce: Uint8Array, publicKey: Uint8Array): string {
  const hash = sha256(proof(LABEL.compare, [nonce, publicKey]));
  const number = new DataView(hash.buffer, hash.byteOffset).getUint32(0) % 1_000_000;
  return String(number).padStart(6, "0");
}

/** The next token, for the same key. */
export async function renewToken(authorityUrl: string, present: Passport): Promise<Passport> {
  return passport(await presenting<Minted>(authorityUrl, "token", LABEL.renew, present), present.key);
}

/** A bearer token for HTTPS, good for a quarter of an hour. */
export async function bearer(authorityUrl: string, present: Passport): Promise<{ bearer: string; expiresAt: number }> {
  const minted = await presenting<Bearer>(authorityUrl, "bearer", LABEL.bearer, present);
  return { bearer: minted.bearer, expiresAt: minted.expires_at };
}

/** A guest's token for an open table. */
export async function guestPassport(consoleUrl: string, table: string, key: Key): Promise<Passport> {
  const signed = await key.sign(proof(LABEL.guest, [utf8(table), key.publicKey]));
  const body = { table, key: toBase64url(key.publicKey), proof: toBase64url(signed) };
  return passport(await post<Minted>(`${consoleUrl}/api/guest-token`, body), key);
}

async function presenting<A>(authorityUrl: string, path: string, label: string, present: Passport): Promise<A> {
  if (!("token" in present.credential)) {
    throw problem("forbidden", "a certificate gets no token", "credential");
  }
  const { token } = present.credential;
  const { nonce } = await post<Challenged>(`${authorityUrl}/challenge`, {});
  const signed = await present.key.sign(proof(label, [fromBase64(nonce), sha256(utf8(token))]));
  return post<A>(`${authorityUrl}/${path}`, { v: 1, token, nonce, proof: toBase64url(signed) });
}

function passport(minted: Minted, key: Key): Passport {
  const { property, principal, role, token } = minted;
  return { property, principal, role, credential: { token }, key };
}

async function post<A>(url: string, body: unknown): Promise<A> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) {
    return answer as A;
  }
  throw isProblem(answer) ? new ProblemError(answer) : problem("unavailable", `${url} answered ${response.status}`);
}
