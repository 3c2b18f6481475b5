import { describe, expect, it, vi } from "vitest";

import { hotel } from "../testing/specimens";
import { refusal } from "../testing/stub-box";
import { type Answer, EnrolStore, type Office } from "./store";

const CODE = "a".repeat(43);
const CA = "b".repeat(64);
const HASH = `#code=${CODE}&ca=${CA}`;

function office(more: Partial<Office> = {}) {
  return {
    hotel: () => Promise.resolve(hotel),
    sha256: () => Promise.resolve(CA),
    enrol: answers({ principal: "pass-1", role: "kitchen" }),
    wait: vi.fn(() => Promise.resolve()),
    ...more,
  };
}

/** An authority that answers one after the other; the last answer stays. */
function answers(...given: (Answer | Error)[]) {
  return vi.fn(() => {
    const next = given.length > 1 ? given.shift() : given[0];
    return next instanceof Error || next === undefined ? Promise.reject(next ?? new Error()) : Promise.resolve(next);
  });
}

describe("enrolling", () => {
  it("waits until somebody says so, then goes to the page of the role", async () => {
    const desk = office();
    const store = new EnrolStore(desk, HASH);
    expect(store.stage.value.name).toBe("ready");
    expect(desk.enrol).not.toHaveBeenCalled();
    await store.enrol();
    expect(desk.enrol).toHaveBeenCalledWith(hotel.authority_url, CODE);
    expect(store.stage.value).toEqual({ name: "done", principal: "pass-1", page: "/kitchen" });
  });

  it("shows its digits until somebody has compared them, also through a cut", async () => {
    const waits = { principal: "pass-1", digits: "042917" };
    const seen: unknown[] = [];
    const enrol = answers(waits, waits, new Error("out of reach"), { principal: "pass-1", role: "kitchen" });
    const store = new EnrolStore(
      office({
        enrol,
        wait: () => {
          seen.push(store.stage.value);
          return Promise.resolve();
        },
      }),
      HASH,
    );
    await store.enrol();
    expect(seen).toEqual(Array(3).fill({ name: "comparing", ...waits }));
    expect(store.stage.value).toEqual({ name: "done", principal: "pass-1", page: "/kitchen" });
  });

  it("ends when the invitation was taken back or has expired", async () => {
    const waits = { principal: "pass-1", digits: "042917" };
    for (const code of ["not-found", "expired"]) {
      const store = new EnrolStore(office({ enrol: answers(waits, refusal(code, "it is over")) }), HASH);
      await store.enrol();
      expect(store.stage.value).toMatchObject({ name: "refused", problem: { code } });
    }
  });

  it("tells another hotel nothing", async () => {
    const desk = office({ sha256: () => Promise.resolve("c".repeat(64)) });
    const store = new EnrolStore(desk, HASH);
    await store.enrol();
    expect(store.stage.value.name).toBe("other-hotel");
    expect(desk.enrol).not.toHaveBeenCalled();
  });

  it("says why it did not work", async () => {
    const store = new EnrolStore(
      office({ enrol: () => Promise.reject(refusal("expired", "the code has expired")) }),
      HASH,
    );
    await store.enrol();
    expect(store.stage.value).toMatchObject({ name: "refused", problem: { code: "expired" } });
  });

  it("needs an invitation", () => {
    for (const hash of ["", "#code=x&ca=y", `#code=${CODE}`, `#code=${CODE}&ca=${"z".repeat(64)}`]) {
      expect(new EnrolStore(office(), hash).stage.value.name).toBe("no-invitation");
    }
  });
});
