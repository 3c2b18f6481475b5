/** What an invitation's QR code carries behind `#`. */
export interface Invitation {
  /** The one-time code, base64url. */
  code: string;
  /** SHA-256 of the property CA's certificate in DER, as hexadecimal digits. */
  ca: string;
}

/** Reads `#code=…&ca=…`; nothing when it is not an invitation. */
export function invitationOf(hash: string): Invitation | null {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const code = parts.get("code") ?? "";
  const ca = parts.get("ca") ?? "";
  return /^[A-Za-z0-9_-]{43}$/.test(code) && /^[0-9a-f]{64}$/.test(ca) ? { code, ca } : null;
}

/** The page of a role's people. */
export function pageOf(role: string): string {
  return role === "kitchen" ? "/kitchen" : "/staff";
}
