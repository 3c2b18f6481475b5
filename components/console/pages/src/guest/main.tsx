import "../shared/style.css";

import { render } from "preact";

import { openDoor } from "./door";
import { GuestPage } from "./page";
import { GuestStore } from "./store";

const store = new GuestStore(openDoor(tableOf(location.pathname)));
const page = document.getElementById("page");
if (page !== null) {
  render(<GuestPage store={store} />, page);
}
void store.arrive();

/** The table in the address `/t/{table}`; nothing when there is none. */
function tableOf(path: string): string {
  return /^\/t\/([a-z0-9-]{1,40})$/.exec(path)?.[1] ?? "";
}
