import { signal } from "@preact/signals";

import { octets } from "../shared/hotel";
import { problemOf } from "../shared/problem";
import type { Hotel, Problem } from "../shared/wire";
import { type Invitation, invitationOf, pageOf } from "./invitation";

export type Stage =
  | { name: "ready"; invitation: Invitation }
  | { name: "no-invitation" }
  | { name: "enrolling" }
  | { name: "other-hotel" }
  | { name: "refused"; problem: Problem }
  | { name: "done"; principal: string; page: string };

/** What enrolling needs of the world. */
export interface Office {
  hotel(): Promise<Hotel>;
  /** SHA-256 as hexadecimal digits. */
  sha256(octets: Uint8Array): Promise<string>;
  /** Makes the tablet's key, enrols with it and keeps the passport. */
  enrol(authorityUrl: string, code: string): Promise<{ principal: string; role: string }>;
}

/** Takes up an invitation, once somebody says so: its code is good for one tablet only. */
export class EnrolStore {
  readonly stage = signal<Stage>({ name: "no-invitation" });
  readonly #office: Office;

  constructor(office: Office, hash: string) {
    this.#office = office;
    const invitation = invitationOf(hash);
    if (invitation !== null) {
      this.stage.value = { name: "ready", invitation };
    }
  }

  async enrol(): Promise<void> {
    const stage = this.stage.value;
    if (stage.name !== "ready") return;
    const { code, ca } = stage.invitation;
    this.stage.value = { name: "enrolling" };
    try {
      const hotel = await this.#office.hotel();
      if ((await this.#office.sha256(octets(hotel.ca))) !== ca) {
        this.stage.value = { name: "other-hotel" };
        return;
      }
      const { principal, role } = await this.#office.enrol(hotel.authority_url, code);
      this.stage.value = { name: "done", principal, page: pageOf(role) };
    } catch (error) {
      this.stage.value = { name: "refused", problem: problemOf(error) };
    }
  }
}
