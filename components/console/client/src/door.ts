/** Wanting a bolt turned: a petition, signed with the key of the page. */

import type { Credential, Passport } from "./credential";
import { uuid, utf8 } from "./octets";
import { LABEL, proof } from "./proof";

/** What is wanted of which lock. */
export interface Wanted {
  device: string;
  operation: "unlock" | "lock";
  /** In Unix milliseconds of the box's clock; at most a minute ahead. */
  expiresAt: number;
}

/** `wire::door::Petition`, as it is sent on a channel. */
export interface Petition {
  device: string;
  operation: string;
  arguments: Record<string, never>;
  execution: string;
  expires_at: number;
  actor: { credential: Credential; signature: Uint8Array };
}

/** What actor and approver sign; the same bytes as `wire::door::Wanted::text`. */
export function petitionText(property: string, execution: string, wanted: Wanted): Uint8Array {
  const { device, operation, expiresAt } = wanted;
  // Doors take no arguments, and an empty object has one text only.
  return proof(LABEL.doorPetition, [property, execution, device, operation, "{}", String(expiresAt)].map(utf8));
}

/** A petition by the holder of `passport`, good once. */
export async function petition(passport: Passport, wanted: Wanted): Promise<Petition> {
  const { device, operation, expiresAt } = wanted;
  const execution = uuid();
  const signature = await passport.key.sign(petitionText(passport.property, execution, wanted));
  return {
    device,
    operation,
    arguments: {},
    execution,
    expires_at: expiresAt,
    actor: { credential: passport.credential, signature },
  };
}
