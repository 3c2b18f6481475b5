import { bearer, type Passport, type Petition, petition, renewToken } from "@hospitality-edge/client";

import { about } from "./about";
import { Authority } from "./authority";
import { askHotel } from "./hotel";
import { keepPassport, myPassport } from "./passports";
import { openBox } from "./open-box";
import type { Inside } from "./staff";
import { isDue } from "./tokens";
import type { Executed } from "./wire";

/** The way of an enrolled tablet to the box. */
export async function arrive(): Promise<Inside> {
  const kept = await myPassport();
  const hotel = await askHotel();
  const passport = await renewed(hotel.authority_url, kept);
  const { principal, role } = passport;
  const box = openBox(passport, hotel, role === "kitchen" ? "kitchen-display" : "tablet");
  return {
    hotel,
    principal,
    role,
    box,
    keys: {
      turn: async (device, operation, expiresAt) =>
        box.request<Petition, Executed>(
          about[operation],
          await petition(passport, { device, operation, expiresAt }),
        ),
    },
    house: new Authority(hotel, () => bearer(hotel.authority_url, passport)),
  };
}

/** The next token, when half of the present one's life is over and the authority is there. */
async function renewed(authorityUrl: string, passport: Passport): Promise<Passport> {
  const { credential } = passport;
  if (!("token" in credential) || !isDue(credential.token, Date.now())) {
    return passport;
  }
  try {
    const next = await renewToken(authorityUrl, passport);
    await keepPassport(next);
    return next;
  } catch {
    // The present one is still good; the next start asks again.
    return passport;
  }
}
