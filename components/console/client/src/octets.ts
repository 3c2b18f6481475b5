/** Octets: joining, comparing, writing as base64url without padding (RFC 4648 §5). */

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, place) => octet === other[place]);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A number in four octets, most significant first. */
export function u32(number: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, number);
  return octets;
}

export function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

export function toBase64url(octets: Uint8Array): string {
  const text = Array.from(octets, (octet) => String.fromCharCode(octet)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Octets of base64 or base64url; throws when the text is neither. */
export function fromBase64(text: string): Uint8Array {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A UUIDv7 (RFC 9562 §5.7); `crypto.randomUUID` is missing on plain http pages. */
export function uuid(): string {
  const octets = random(16);
  const view = new DataView(octets.buffer);
  const now = Date.now();
  view.setUint16(0, Math.floor(now / 2 ** 32));
  view.setUint32(2, now % 2 ** 32);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x70;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  const text = hex(octets);
  const cuts: [number, number][] = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]];
  return cuts.map(([from, to]) => text.slice(from, to)).join("-");
}
