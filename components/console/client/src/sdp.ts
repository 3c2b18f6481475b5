/** The certificate that a session description promises: exactly one SHA-256 fingerprint. */

import { problem } from "./problem";

export function fingerprint(sdp: string): string {
  const found = new Set<string>();
  for (const line of sdp.split(/\r?\n/)) {
    const match = /^a=fingerprint:(\S+) (\S+)$/.exec(line.trimEnd());
    if (match === null) continue;
    const [, method = "", digits = ""] = match;
    const digest = digits.replaceAll(":", "").toLowerCase();
    if (method.toLowerCase() !== "sha-256" || !/^[0-9a-f]{64}$/.test(digest)) {
      throw problem("malformed", "description carries a fingerprint that is no SHA-256", "sdp");
    }
    found.add(digest);
  }
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    throw problem("malformed", "description does not carry exactly one fingerprint", "sdp");
  }
  return only;
}
