// A day in the house, from the one address that `local.sh up` prints: a tablet comes in, a table
// orders, writes and pays, a room is asked for, taken and unlocked.

import { edgectl, everythingFits, hotel, pages, person, seen, shot, tablet, tell } from "./story.mjs";

/** What a guest writes to the house. */
const MESSAGE = "The bathroom is dirty and nobody answered the phone. Terrible service.";
const ROOM = "205";
/** How often at most. */
const WRITES_MAX = 10;

await tell(async () => {
  await comeIn();
  const desk = await tablet("front-desk-1", "front-desk");
  const kitchen = await tablet("kitchen-1", "kitchen");
  const housekeeping = await tablet("housekeeping-1", "housekeeping");
  const till = await tablet("pos-1", "pos");
  const guest = await order(desk, kitchen);
  await write(guest, desk);
  await askForRoom(desk, housekeeping);
  await pay(till);
  await unlock(desk);
  await everythingFits();
});

/** Whoever types the address sees where they are, and that a tablet has to be enrolled. */
async function comeIn() {
  const address = /^pages\s+(https:\S+)$/m.exec(edgectl("local", "status"))?.[1];
  if (address === undefined) throw new Error("no address of pages is printed");
  const stranger = await person("stranger", 1280, 900);
  await stranger.goto(address);
  await stranger.getByText("This page is not open to this tablet").waitFor();
  seen.address = address;
}

async function order(desk, kitchen) {
  await desk.getByLabel("Table", { exact: true }).fill("table-7");
  await desk.getByRole("button", { name: "Open", exact: true }).click();
  const table = desk.locator("li", { hasText: "Table 7" }).first();
  await table.getByText("Link for guests").click();
  const link = await table.getByRole("link").getAttribute("href");
  const guest = await person("guest", 360, 740);
  await guest.goto(link);
  await guest.getByText("Connected in the hotel").waitFor();
  await guest.getByRole("button", { name: "One more Trout with almonds" }).click();
  await guest.getByRole("button", { name: "Order now" }).click();
  await guest.getByText("Sent", { exact: true }).waitFor();
  await desk.getByRole("button", { name: /^Confirm/ }).first().click();
  await kitchen.getByText("Ticket printed").waitFor();
  await kitchen.getByRole("button", { name: /order 1$/ }).click();
  await guest.getByText("Being prepared", { exact: true }).waitFor();
  await kitchen.getByRole("button", { name: /order 1$/ }).click();
  await guest.getByText("Ready", { exact: true }).waitFor();
  return guest;
}

async function write(guest, desk) {
  await goTo(desk, "Desk");
  // A message that the model had no time for stands alone, and the next is read again.
  for (let times = 1; times <= WRITES_MAX && seen.message?.[0] !== "negative"; times += 1) {
    await guest.getByLabel("Your message").fill(MESSAGE);
    await guest.getByRole("button", { name: "Send to our staff" }).click();
    const messages = desk.locator("li", { hasText: MESSAGE });
    await messages.nth(times - 1).waitFor();
    const message = messages.first();
    await message.getByText("Table 7").waitFor();
    await message.locator(".tag").first().waitFor();
    seen.message = await message.locator(".tag").allInnerTexts();
  }
  await shot("message", "front-desk-1");
}

async function askForRoom(desk, housekeeping) {
  await desk.getByLabel("Room, if any").fill(ROOM);
  await desk.getByRole("button", { name: `Ask “Room ${ROOM} ready?”` }).click();
  await goTo(housekeeping, "Desk");
  const question = housekeeping.locator("li", { hasText: `Room ${ROOM} ready?` });
  await question.getByRole("button", { name: "Answer" }).click();
  await housekeeping.getByRole("textbox", { name: "Message" }).fill("I see to it, ten minutes.");
  await housekeeping.getByRole("button", { name: "Send" }).click();
  await desk.getByText("I see to it, ten minutes.").waitFor();
  await goTo(housekeeping, "Rooms");
  await housekeeping.getByRole("button", { name: new RegExp(`^Room ${ROOM}`) }).click();
  const room = housekeeping.getByRole("listitem", { name: `Room ${ROOM}` });
  await room.getByRole("button", { name: "I take it" }).click();
  await room.getByRole("button", { name: "Cleaning", exact: true }).click();
  await room.getByRole("button", { name: "Give it back" }).waitFor();
  await housekeeping.getByText("In step with the box").waitFor();
  await shot("rooms", "housekeeping-1");
  await goTo(desk, "Rooms");
  const seenByDesk = desk.getByRole("button", { name: new RegExp(`^Room ${ROOM}`) });
  await seenByDesk.getByText("housekeeping-1").waitFor();
  await seenByDesk.getByText("Cleaning").waitFor();
}

async function pay(till) {
  await goTo(till, "Bill");
  await till.getByRole("button", { name: /^Table 7/ }).click();
  // The paper ends amid the receipt: it is printing until somebody has put in a new roll.
  await printer("paper", { lines: 5 });
  await till.getByRole("button", { name: "Print the receipt" }).click();
  await till.getByText("Receipt printing").waitFor();
  await printer("paper", { state: "enough" });
  await till.getByText("Receipt printed").waitFor();
  await till.getByRole("button", { name: "Open the cash drawer" }).click();
  await till.getByRole("button", { name: /^Open it now/ }).click();
  await till.getByText("Drawer opened").waitFor();
  seen.drawer_opened = (await printer("state")).kicks;
  // What was printed is known after a reload as well.
  await till.reload();
  await till.getByRole("button", { name: /^Table 7/ }).click();
  await till.getByText("Receipt printed").waitFor();
  await shot("bill", "pos-1");
}

/** What the simulated printer tells of itself, or what is done to it. */
async function printer(part, change) {
  const { host, port } = hotel.printer.control;
  const headers = { "content-type": "application/json" };
  const put = change && { method: "PUT", headers, body: JSON.stringify(change) };
  const answer = await fetch(`http://${host}:${port}/${part}`, put);
  if (!answer.ok) throw new Error(`${part}: ${answer.status} ${await answer.text()}`);
  return change ? undefined : answer.json();
}

async function unlock(desk) {
  await goTo(desk, "Service");
  const doors = desk.locator("section", { has: desk.getByRole("heading", { name: "Doors" }) });
  const room = doors.locator("li.door", { hasText: ROOM });
  await room.getByRole("button", { name: `Unlock ${ROOM}` }).click();
  await room.getByRole("button", { name: /^Unlock it now/ }).click();
  await room.getByText("The lock says that it opened.").waitFor();
  await room.getByRole("button", { name: `Trail of ${ROOM}` }).click();
  const trail = room.getByRole("list", { name: `What happened at ${ROOM}` });
  await trail.getByText("front-desk-1 wants: unlock").waitFor();
  await trail.getByText("unlock: done").waitFor();
  seen.pages = pages.size;
}

async function goTo(page, name) {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
  await page.getByText("Connected in the hotel").waitFor();
}
