import { describe, expect, it } from "vitest";

import hotelVector from "../../../vectors/hotel.json";
import statusVector from "../../../vectors/status.json";
import { octets } from "./hotel";
import { newId } from "./ids";
import { dollars, money } from "./money";
import { problemOf, sentence } from "./problem";
import { age, clock, duration, moment } from "./time";
import { isDue } from "./tokens";
import type { Hotel, Statuses } from "./wire";

describe("ids", () => {
  it("are UUIDs of version 7 that sort by their time", () => {
    const ids = [1, 2 ** 32, Date.now()].map((now) => newId(now));
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect([...ids].sort()).toEqual(ids);
  });
});

describe("money", () => {
  it("has the digits of its currency", () => {
    expect(money(1_234, "EUR")).toMatch(/12[.,]34/);
    expect(money(1_234, "JPY")).toMatch(/1[.,\u00a0\u202f]?234/);
    expect(money(1_234, "<b>")).toBe("12.34 <b>");
  });

  it("of the cloud is shown however small", () => {
    expect([0, 0.005, 0.000_12, 1e-9, 3].map(dollars)).toEqual([
      "$0.00",
      "$0.0050",
      "$0.00012",
      "under $0.000001",
      "$3.00",
    ]);
  });
});

describe("times", () => {
  it("are as exact as they matter", () => {
    expect([0, 59_000, 60_000, 3_700_000].map(age)).toEqual(["0 s", "59 s", "1 min", "1 h 1 min"]);
    expect([12, 1_500, 90_000].map(duration)).toEqual(["12 ms", "1.5 s", "1 min"]);
  });

  it("of another day have it with them", () => {
    const noon = new Date(2026, 4, 2, 12).getTime();
    expect(moment(noon, noon + 60_000)).toBe(clock(noon));
    expect(moment(noon, noon + 86_400_000)).toMatch(/2.*, |, .*2/);
  });
});

describe("problems", () => {
  it("are found in whatever was thrown", () => {
    const problem = { code: "busy", title: "too many requests", status: 429, detail: "try later" };
    expect(problemOf(Object.assign(new Error("x"), { problem }))).toBe(problem);
    expect(problemOf(new Error("gone")).detail).toBe("gone");
    expect(sentence(problem)).toBe("Try later.");
  });
});

describe("tokens", () => {
  it("are due after half their life", () => {
    const token = `h.${btoa(JSON.stringify({ iat: 1_000, exp: 2_000 }))}.s`;
    expect([1_499_000, 1_501_000].map((now) => isDue(token, now))).toEqual([false, true]);
    expect(isDue("what", 0)).toBe(false);
  });
});

describe("what the console answers", () => {
  it("has the form that the pages know", () => {
    const hotel = hotelVector as Hotel;
    expect(hotel.signaling.map(({ mode }) => mode)).toEqual(["local", "cloud"]);
    expect([...octets(hotel.ca)]).toEqual([0x30, 0x82, 0x01]);
    const statuses = statusVector as Statuses;
    expect(statuses.components[1]?.status.checks[0]?.detail).toBe("disk full");
  });
});
