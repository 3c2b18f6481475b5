import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";

import { about } from "../shared/about";
import { hotel, MARKUP, menu, order } from "../testing/specimens";
import { refusal, StubBox } from "../testing/stub-box";
import type { Place } from "../shared/wire";
import { GuestPage } from "./page";
import { type Door, GuestStore } from "./store";

interface Visit {
  box: StubBox;
  store: GuestStore;
  seat: ReturnType<typeof vi.fn<() => Promise<void>>>;
}

async function visit(prepare: (box: StubBox) => void = () => undefined): Promise<Visit> {
  const box = new StubBox();
  box.answers.set(about.menu, () => menu);
  box.answers.set(about.orders, () => ({ orders: [] }));
  prepare(box);
  const seat = vi.fn(() => Promise.resolve());
  const door: Door = {
    table: "table-7",
    hotel: () => Promise.resolve(hotel),
    seat,
    box: () => Promise.resolve(box),
  };
  const store = new GuestStore(door);
  render(<GuestPage store={store} />);
  await store.arrive();
  return { box, store, seat };
}

async function refused(error: Error): Promise<void> {
  const door: Door = {
    table: "table-7",
    hotel: () => Promise.resolve(hotel),
    seat: () => Promise.reject(error),
    box: () => Promise.reject(new Error("nobody gets here")),
  };
  const store = new GuestStore(door);
  render(<GuestPage store={store} />);
  await store.arrive();
}

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("a guest", () => {
  it("chooses from the menu by section and sees the sum", async () => {
    await visit();
    await screen.findByRole("heading", { name: "Starters" });
    fireEvent.click(screen.getByRole("button", { name: "One more Soup of the day" }));
    fireEvent.click(screen.getByRole("button", { name: "One more Soup of the day" }));
    fireEvent.click(screen.getByRole("button", { name: "One more Grilled trout" }));
    expect(screen.getByText(/34[.,]50/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "One less Grilled trout" }));
    expect(screen.getAllByText(/13[.,]00/).length).toBeGreaterThan(0);
  });

  it("writes to the house, and a message that was refused is the same when it is sent again", async () => {
    const { box } = await visit((box) => {
      box.answers.set(about.guestMessage, () => {
        throw new Error("away");
      });
    });
    fireEvent.input(await screen.findByLabelText("Your message"), { target: { value: " The soup was lovely " } });
    const send = screen.getByRole("button", { name: "Send to our staff" });
    fireEvent.click(send);
    await screen.findByRole("alert");
    box.answers.set(about.guestMessage, () => ({}));
    fireEvent.click(send);
    await screen.findByText("Thank you, we have your message");
    const sent = box.asked.filter((asked) => asked.about === about.guestMessage).map(({ body }) => body);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toEqual(sent[1]);
    expect(sent[0]).toMatchObject({ v: 1, text: "The soup was lovely" });
    expect(screen.getByLabelText<HTMLInputElement>("Your message").value).toBe("");
  });

  it("orders, and the basket becomes an order", async () => {
    const { box, store } = await visit((box) => {
      box.answers.set(about.order, (place: Place) => order(12, "pending", { order: place.order }));
    });
    fireEvent.click(await screen.findByRole("button", { name: "One more Soup of the day" }));
    const wish = screen.getByLabelText("Wish for Soup of the day");
    fireEvent.input(wish, { target: { value: "no\tcream " } });
    fireEvent.click(screen.getByRole("button", { name: "Order now" }));
    await screen.findByText("Order 12 is with us");
    expect(store.pieces.value).toBe(0);
    const asked = box.asked.filter((asked) => asked.about === about.order);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.body).toMatchObject({
      v: 1,
      items: [{ item: "soup", quantity: 1, note: "no cream" }],
      total_minor: 650,
    });
  });

  it("who orders again after a lost answer orders the same", async () => {
    let lost = true;
    const { box } = await visit((box) => {
      box.answers.set(about.order, (place: Place) => {
        if (lost) throw refusal("timed-out", "no answer in time");
        return order(12, "pending", { order: place.order });
      });
    });
    fireEvent.click(await screen.findByRole("button", { name: "One more Soup of the day" }));
    fireEvent.click(screen.getByRole("button", { name: "Order now" }));
    await screen.findByText("No answer in time.");
    lost = false;
    fireEvent.click(screen.getByRole("button", { name: "Order now" }));
    await screen.findByText("Order 12 is with us");
    const names = box.asked.flatMap(({ about: what, body }) =>
      what === about.order ? [(body as Place).order] : [],
    );
    expect(new Set(names).size).toBe(1);
    expect(names).toHaveLength(2);
  });

  it("whose order arrived although its answer did not finds the basket empty", async () => {
    const { box, store } = await visit();
    fireEvent.click(await screen.findByRole("button", { name: "One more Soup of the day" }));
    box.say(about.orderStatus, order(3, "pending", { order: store.basket.value.order }));
    await waitFor(() => expect(store.pieces.value).toBe(0));
  });

  it("sees the order move by itself", async () => {
    const { box } = await visit((box) => {
      box.answers.set(about.orders, () => ({ orders: [order(5, "pending")] }));
    });
    await screen.findByText("Sent");
    box.say(about.orderStatus, order(5, "ready"));
    await screen.findByText("Ready");
    expect(screen.queryByRole("button", { name: "Cancel order 5" })).toBeNull();
  });

  it("calls an order off while nobody has seen to it", async () => {
    const { box } = await visit((box) => {
      box.answers.set(about.orders, () => ({ orders: [order(5, "pending")] }));
      box.answers.set(about.orderStatus, () => order(5, "cancelled"));
    });
    fireEvent.click(await screen.findByRole("button", { name: "Cancel order 5" }));
    expect(box.asked.some((asked) => asked.about === about.orderStatus)).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: /^Cancel the order/ }));
    await screen.findByText("Cancelled");
    expect(box.asked.at(-1)).toEqual({
      about: about.orderStatus,
      body: { v: 1, order: order(5, "pending").order, status: "cancelled" },
    });
  });

  it("is told when the connection is lost, keeps the basket and catches up", async () => {
    const { box, store } = await visit();
    fireEvent.click(await screen.findByRole("button", { name: "One more Soup of the day" }));
    box.lose();
    await screen.findByText(/Reconnecting/);
    expect(screen.getByRole("button", { name: "Order now" })).toHaveProperty("disabled", true);
    box.answers.set(about.orders, () => ({ orders: [order(9, "ready")] }));
    box.find();
    await screen.findByText("No. 9");
    await screen.findByText("Connected in the hotel");
    expect(store.pieces.value).toBe(1);
  });

  it("is thanked when the table was closed", async () => {
    vi.useFakeTimers();
    const { box, seat } = await visit();
    seat.mockRejectedValue(refusal("not-found", "nobody sits at table table-7", "table"));
    box.lose();
    await vi.advanceTimersByTimeAsync(6_100);
    expect(screen.getByText("Thank you for your visit")).toBeTruthy();
    expect(box.closed).toBe(true);
  });

  it("who left the hotel's network is waited for", async () => {
    vi.useFakeTimers();
    const { box, seat } = await visit();
    seat.mockRejectedValue(refusal("forbidden", "only in the hotel", "network"));
    box.lose();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(screen.getByText(/Reconnecting/)).toBeTruthy();
    seat.mockResolvedValue();
    box.find();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(screen.getByText("Connected in the hotel")).toBeTruthy();
    expect(seat.mock.calls.length).toBeLessThan(8);
  });

  it("sees whatever anybody wrote as text", async () => {
    const { box } = await visit((box) => {
      const named = { item: "soup", name: MARKUP, section: MARKUP, price_minor: 650 };
      box.answers.set(about.menu, () => ({ ...menu, items: [named] }));
      const lines = [{ item: "soup", name: MARKUP, quantity: 1, price_minor: 1, note: MARKUP }];
      const hostile = order(5, "pending", { lines, note: MARKUP, table: MARKUP, currency: MARKUP });
      box.answers.set(about.orders, () => ({ orders: [hostile] }));
    });
    fireEvent.click(await screen.findByRole("button", { name: `One more ${MARKUP}` }));
    fireEvent.input(screen.getByLabelText(`Wish for ${MARKUP}`), { target: { value: MARKUP } });
    box.say(about.notification, { title: MARKUP, body: MARKUP });
    await waitFor(() => expect(screen.getAllByText(MARKUP, { exact: false }).length).toBeGreaterThan(4));
    expect(document.querySelector("img, script")).toBeNull();
  });
});

describe("a guest who cannot order", () => {
  it("because of the network is asked into the hotel", async () => {
    await refused(refusal("forbidden", "ordering works on the hotel's own network only", "network"));
    expect(screen.getByText("You can order in the hotel only")).toBeTruthy();
  });

  it("because nobody opened the table is asked to tell", async () => {
    await refused(refusal("not-found", "nobody sits at table table-7", "table"));
    expect(screen.getByText("This table is not open yet")).toBeTruthy();
  });

  it("for any other reason may try again and is sent to people", async () => {
    await refused(new Error("no network"));
    expect(screen.getByText("Ordering is not possible at the moment")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });
});
