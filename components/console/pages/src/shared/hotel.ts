import { answered } from "./problem";
import type { Hotel } from "./wire";

/** Where the page is, and where it finds everybody; answer of `GET /api/hotel`. */
export async function askHotel(): Promise<Hotel> {
  return answered<Hotel>(await fetch("/api/hotel", { cache: "no-store" }));
}

/** Octets of base64url without padding (RFC 4648 §5). */
export function octets(base64url: string): Uint8Array {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
