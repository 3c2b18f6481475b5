import "../shared/style.css";

import { createKey, enrol } from "@hospitality-edge/client";
import { effect } from "@preact/signals";
import { render } from "preact";

import { askHotel } from "../shared/hotel";
import { keepPassport } from "../shared/passports";
import { EnrolPage } from "./page";
import { EnrolStore, type Office } from "./store";

/** Between two questions whether somebody has compared the digits, in milliseconds. */
const EVERY_MS = 2_000;

/** The tablet's key, one for all questions. */
let key: ReturnType<typeof createKey> | undefined;

const office: Office = {
  hotel: askHotel,
  async sha256(octets) {
    const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(octets));
    return Array.from(new Uint8Array(digest), (octet) => octet.toString(16).padStart(2, "0")).join("");
  },
  async enrol(authorityUrl, code) {
    key ??= createKey();
    const enrolled = await enrol(authorityUrl, code, await key);
    if ("digits" in enrolled) return enrolled;
    await keepPassport(enrolled.passport);
    return enrolled.passport;
  },
  wait: () => new Promise((resolve) => setTimeout(resolve, EVERY_MS)),
};

const store = new EnrolStore(office, location.hash);
// The code is a secret: it does not stay in the address, nor in the history.
history.replaceState(null, "", location.pathname);

effect(() => {
  const stage = store.stage.value;
  if (stage.name === "done") {
    location.assign(stage.page);
  }
});

const page = document.getElementById("page");
if (page !== null) {
  render(<EnrolPage store={store} />, page);
}
