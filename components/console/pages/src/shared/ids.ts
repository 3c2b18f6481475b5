/** A UUIDv7 (RFC 9562 §5.7): ids sort by the time they were made. */
export function newId(now: number = Date.now()): string {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  for (let index = 0; index < 6; index += 1) {
    octets[index] = Math.floor(now / 2 ** (8 * (5 - index))) % 256;
  }
  octets[6] = 0x70 | ((octets[6] ?? 0) & 0x0f);
  octets[8] = 0x80 | ((octets[8] ?? 0) & 0x3f);
  const text = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
