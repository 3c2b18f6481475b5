import { signal } from "@preact/signals";

import { octets } from "../shared/hotel";
import { problemOf } from "../shared/problem";
import type { Hotel, Problem } from "../shared/wire";
import { type Invitation, invitationOf, pageOf } from "./invitation";

export type Stage =
  | { name: "ready"; invitation: Invitation }
  | { name: "no-invitation" }
  | { name: "enrolling" }
  | { name: "comparing"; principal: string; digits: string }
  | { name: "other-hotel" }
  | { name: "refused"; problem: Problem }
  | { name: "done"; principal: string; page: string };

/** What enrolling needs of the world. */
export interface Office {
  hotel(): Promise<Hotel>;
  /** SHA-256 as hexadecimal digits. */
  sha256(octets: Uint8Array): Promise<string>;
  /** Enrols with the tablet's key and keeps the passport; digits while it has to be compared. */
  enrol(authorityUrl: string, code: string): Promise<Answer>;
  /** Until it is asked again. */
  wait(): Promise<void>;
}

export type Answer = { principal: string; role: string } | { principal: string; digits: string };

/** The authority, or the way to it, may be back at the next question. */
const PASSING = ["unavailable", "timed-out", "busy"];

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
      let answer = await this.#office.enrol(hotel.authority_url, code);
      while ("digits" in answer) {
        this.stage.value = { name: "comparing", ...answer };
        await this.#office.wait();
        answer = await this.#again(hotel.authority_url, code, answer);
      }
      this.stage.value = { name: "done", principal: answer.principal, page: pageOf(answer.role) };
    } catch (error) {
      this.stage.value = { name: "refused", problem: problemOf(error) };
    }
  }

  /** Asks whether the tablet is active; what passes by itself changes nothing. */
  async #again(authorityUrl: string, code: string, before: Answer): Promise<Answer> {
    try {
      return await this.#office.enrol(authorityUrl, code);
    } catch (error) {
      if (PASSING.includes(problemOf(error).code)) return before;
      throw error;
    }
  }
}
