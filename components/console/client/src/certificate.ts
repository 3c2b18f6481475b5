/**
 * Leaf certificates of a property (RFC 5280), read strictly and verified under the property's CA
 * without help of the browser, which plain http pages do not have.
 */

import { p256 } from "@noble/curves/nist.js";

import { problem } from "./problem";
import { equal, hex } from "./octets";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const BOOLEAN = 0x01;
const OID = 0x06;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const URI = 0x86;

const ECDSA_SHA256 = "2a8648ce3d040302";
/** id-ecPublicKey on prime256v1 (RFC 5480 §2.1.1). */
const P256_KEY = "06072a8648ce3d020106082a8648ce3d030107";
const ALTERNATIVE_NAME = "551d11";
/** Longest certificate, in bytes of DER. */
const CERTIFICATE_MAX = 4 * 1024;

/** A SPIFFE id: whom a leaf names. */
export interface Spiffe {
  trustDomain: string;
  tenant: string;
  property: string;
  /** `component`, `device`, `peer` or `operator`. */
  kind: string;
  id: string;
}

export interface Leaf {
  spiffe: Spiffe;
  publicKey: Uint8Array;
  notAfter: number;
}

interface Certificate {
  signed: Uint8Array;
  signature: Uint8Array;
  issuer: Uint8Array;
  subject: Uint8Array;
  notBefore: number;
  notAfter: number;
  publicKey: Uint8Array;
  uris: string[];
}

/** Believes a leaf under `ca` (DER, both) at `now`, in Unix milliseconds; throws when it cannot. */
export function verifyLeaf(der: Uint8Array, ca: Uint8Array, now: number): Leaf {
  const leaf = parse(der);
  const anchor = parse(ca);
  if (!equal(leaf.issuer, anchor.subject) || !isSigned(leaf, anchor)) {
    throw problem("forbidden", "certificate is not of this property", "credential");
  }
  if (now < leaf.notBefore || now > leaf.notAfter) {
    throw problem("expired", "certificate is not valid now", "credential");
  }
  const [uri, ...others] = leaf.uris;
  if (uri === undefined || others.length > 0) {
    throw problem("malformed", "certificate does not carry exactly one SPIFFE id", "credential");
  }
  return { spiffe: spiffe(uri), publicKey: leaf.publicKey, notAfter: leaf.notAfter };
}

function isSigned(leaf: Certificate, anchor: Certificate): boolean {
  try {
    return p256.verify(leaf.signature, leaf.signed, anchor.publicKey, { format: "der", lowS: false });
  } catch {
    return false;
  }
}

function spiffe(uri: string): Spiffe {
  const match = /^spiffe:\/\/([a-z0-9._-]{1,255})\/([a-z0-9-]{1,40})\/([a-z0-9-]{1,40})\/([a-z]+)\/([a-z0-9-]{1,40})$/.exec(uri);
  if (match === null) {
    throw problem("malformed", "certificate carries a foreign URI", "credential");
  }
  const [, trustDomain = "", tenant = "", property = "", kind = "", id = ""] = match;
  return { trustDomain, tenant, property, kind, id };
}

function parse(der: Uint8Array): Certificate {
  if (der.length > CERTIFICATE_MAX) {
    throw malformed();
  }
  const outer = new Reader(der);
  const certificate = outer.inside(SEQUENCE);
  outer.end();
  const signed = certificate.whole(SEQUENCE);
  const algorithm = certificate.inside(SEQUENCE);
  if (hex(algorithm.value(OID)) !== ECDSA_SHA256) {
    throw malformed();
  }
  const signature = bits(certificate.value(BIT_STRING));
  const tbs = new Reader(signed).inside(SEQUENCE);
  tbs.value(VERSION);
  tbs.value(INTEGER);
  if (hex(tbs.inside(SEQUENCE).value(OID)) !== ECDSA_SHA256) {
    throw malformed();
  }
  const issuer = tbs.value(SEQUENCE);
  const validity = tbs.inside(SEQUENCE);
  const [notBefore, notAfter] = [validity.time(), validity.time()];
  const subject = tbs.value(SEQUENCE);
  const key = tbs.inside(SEQUENCE);
  if (hex(key.value(SEQUENCE)) !== P256_KEY) {
    throw malformed();
  }
  const publicKey = bits(key.value(BIT_STRING));
  return { signed, signature, issuer, subject, notBefore, notAfter, publicKey, uris: uris(tbs) };
}

function uris(tbs: Reader): string[] {
  const found: string[] = [];
  if (tbs.tag() !== EXTENSIONS) {
    return found;
  }
  const extensions = tbs.inside(EXTENSIONS).inside(SEQUENCE);
  while (extensions.tag() !== null) {
    const extension = extensions.inside(SEQUENCE);
    const name = hex(extension.value(OID));
    if (extension.tag() === BOOLEAN) {
      extension.value(BOOLEAN);
    }
    const names = extension.value(OCTET_STRING);
    if (name === ALTERNATIVE_NAME) {
      const alternatives = new Reader(names).inside(SEQUENCE);
      for (let tag = alternatives.tag(); tag !== null; tag = alternatives.tag()) {
        const value = alternatives.value(tag);
        if (tag === URI) {
          found.push(new TextDecoder().decode(value));
        }
      }
    }
  }
  return found;
}

function bits(value: Uint8Array): Uint8Array {
  if (value[0] !== 0) {
    throw malformed();
  }
  return value.subarray(1);
}

/** Reads DER (X.690), definite lengths of at most three octets only. */
class Reader {
  readonly #octets: Uint8Array;
  #place = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  tag(): number | null {
    return this.#octets[this.#place] ?? null;
  }

  inside(tag: number): Reader {
    return new Reader(this.value(tag));
  }

  value(tag: number): Uint8Array {
    const whole = this.whole(tag);
    return whole.subarray(whole.length - this.#length(whole));
  }

  /** With tag and length. */
  whole(tag: number): Uint8Array {
    const rest = this.#octets.subarray(this.#place);
    if (rest[0] !== tag) {
      throw malformed();
    }
    const first = rest[1] ?? 0xff;
    const head = first < 0x80 ? 2 : 2 + (first & 0x7f);
    const length = this.#length(rest);
    const whole = rest.subarray(0, head + length);
    if (whole.length !== head + length) {
      throw malformed();
    }
    this.#place += whole.length;
    return whole;
  }

  time(): number {
    const tag = this.tag();
    const text = new TextDecoder().decode(this.value(tag === UTC_TIME ? UTC_TIME : GENERALIZED_TIME));
    const century = tag === UTC_TIME ? (Number(text.slice(0, 2)) < 50 ? "20" : "19") : "";
    const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text);
    if (parts === null) {
      throw malformed();
    }
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  end(): void {
    if (this.#place !== this.#octets.length) {
      throw malformed();
    }
  }

  #length(octets: Uint8Array): number {
    const first = octets[1] ?? 0xff;
    if (first < 0x80) {
      return first;
    }
    const count = first & 0x7f;
    if (count === 0 || count > 3) {
      throw malformed();
    }
    return octets.subarray(2, 2 + count).reduce((length, octet) => length * 256 + octet, 0);
  }
}

function malformed(): Error {
  return problem("malformed", "certificate cannot be read", "credential");
}
