import { createKey, guestPassport, type Key, type Passport } from "@hospitality-edge/client";

import { askHotel } from "../shared/hotel";
import { openBox } from "../shared/open-box";
import { Refused } from "../shared/problem";
import type { Door } from "./store";

/** The way of a guest at `table`; without a table there is none. */
export function openDoor(table: string): Door {
  let key: Key | null = null;
  let passport: Passport | null = null;
  return {
    table,
    hotel: askHotel,
    async seat() {
      if (table === "") {
        throw new Refused({
          code: "malformed",
          title: "malformed body",
          status: 400,
          detail: "the address names no table",
          field: "table",
        });
      }
      key ??= await createKey();
      passport = await guestPassport(location.origin, table, key);
    },
    box(hotel) {
      return passport === null
        ? Promise.reject(new Error("a guest has no box before a seat"))
        : Promise.resolve(openBox(passport, hotel, "phone"));
    },
  };
}
