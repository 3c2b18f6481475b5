/** Who somebody says they are, and whether that is believed. */

import { p256 } from "@noble/curves/nist.js";

import { type Leaf, verifyLeaf } from "./certificate";
import type { Key } from "./key";
import { concat, fromBase64, utf8 } from "./octets";
import { problem } from "./problem";
import type { Claims } from "./wire/token-claims";
import type { Header } from "./wire/token-header";

export type Credential = { token: string } | { certificate: Uint8Array };

/** A credential with its key. */
export interface Passport {
  property: string;
  principal: string;
  role: string;
  credential: Credential;
  key: Key;
}

/** Somebody whose credential is valid; whether they hold its key is still to be proven. */
export interface Caller {
  property: string;
  principal: string;
  /** A role, or `component`, `device`, `operator`. */
  standing: string;
  publicKey: Uint8Array;
  expiresAt: number;
}

const POP_TYPE = "hotel-pop+jwt";
const TOKEN_MAX = 8 * 1024;
/** Longest life of a token, in seconds: 30 days. */
const LIFE_MAX_S = 30 * 24 * 60 * 60;
/** How far ahead the clock of a signer may be, in milliseconds. */
const SKEW_MS = 60_000;

/** Believes a credential under the property's CA (DER); throws a problem when it cannot. */
export function verifyCredential(credential: Credential, ca: Uint8Array, now: number): Caller {
  return "token" in credential ? ofToken(credential.token, ca, now) : ofLeaf(verifyLeaf(credential.certificate, ca, now));
}

/** Whether `signature` over `message` was made with the caller's key. */
export function proves(caller: Caller, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, caller.publicKey, { lowS: false });
  } catch {
    return false;
  }
}

function ofLeaf(leaf: Leaf): Caller {
  const { property, id, kind } = leaf.spiffe;
  return {
    property,
    principal: id,
    standing: kind === "peer" ? "device" : kind,
    publicKey: leaf.publicKey,
    expiresAt: leaf.notAfter,
  };
}

function ofToken(token: string, ca: Uint8Array, now: number): Caller {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0 || token.length > TOKEN_MAX) {
    throw malformed("token is malformed");
  }
  const head = json<Header>(header);
  const [x5c, ...others] = Array.isArray(head.x5c) ? head.x5c : [];
  if (head.typ !== POP_TYPE || head.alg !== "ES256" || typeof x5c !== "string" || others.length > 0) {
    throw malformed("token has another header than ours");
  }
  const signer = verifyLeaf(octets(x5c), ca, now);
  if (signer.spiffe.kind !== "component" || signer.spiffe.id !== "authority") {
    throw problem("forbidden", "token is not signed by the property's authority", "credential");
  }
  if (!signed(signer.publicKey, `${header}.${payload}`, signature)) {
    throw problem("forbidden", "signature of the token is wrong", "credential");
  }
  return ofClaims(json<Claims>(payload), signer, now);
}

function ofClaims(claims: Claims, signer: Leaf, now: number): Caller {
  if (claims.tenant !== signer.spiffe.tenant || claims.property !== signer.spiffe.property) {
    throw problem("forbidden", "token belongs to another property", "credential");
  }
  const { iat, exp, sub, role } = claims;
  if (![iat, exp].every(Number.isSafeInteger) || ![sub, role].every((word) => typeof word === "string")) {
    throw malformed("token does not say whose it is, or until when");
  }
  if (exp - iat > LIFE_MAX_S) {
    throw malformed("token is good for longer than any of ours");
  }
  if (iat * 1_000 > now + SKEW_MS) {
    throw problem("forbidden", "token is not valid yet", "credential");
  }
  if (exp * 1_000 <= now) {
    throw problem("expired", "token has expired", "credential");
  }
  const jwk = claims.cnf?.jwk;
  if (jwk?.kty !== "EC" || jwk.crv !== "P-256") {
    throw malformed("token is bound to no key of ours");
  }
  return {
    property: claims.property,
    principal: sub,
    standing: role,
    publicKey: concat(Uint8Array.of(4), octets(jwk.x), octets(jwk.y)),
    expiresAt: exp * 1_000,
  };
}

function signed(publicKey: Uint8Array, text: string, signature: string): boolean {
  try {
    return p256.verify(fromBase64(signature), utf8(text), publicKey, { lowS: false });
  } catch {
    return false;
  }
}

/** A part of a token that is an object; its members are still to be looked at. */
function json<T extends object>(part: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(octets(part)));
  } catch {
    value = null;
  }
  if (typeof value !== "object" || value === null) {
    throw malformed("token cannot be read");
  }
  return value as T;
}

function octets(text: unknown): Uint8Array {
  try {
    return fromBase64(String(text));
  } catch {
    throw malformed("token cannot be read");
  }
}

function malformed(detail: string): Error {
  return problem("malformed", detail, "credential");
}
