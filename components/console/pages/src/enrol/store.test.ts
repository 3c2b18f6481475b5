import { describe, expect, it, vi } from "vitest";

import { hotel } from "../testing/specimens";
import { refusal } from "../testing/stub-box";
import { EnrolStore, type Office } from "./store";

const CODE = "a".repeat(43);
const CA = "b".repeat(64);
const HASH = `#code=${CODE}&ca=${CA}`;

function office(more: Partial<Office> = {}) {
  return {
    hotel: () => Promise.resolve(hotel),
    sha256: () => Promise.resolve(CA),
    enrol: vi.fn(() => Promise.resolve({ principal: "pass-1", role: "kitchen" })),
    ...more,
  };
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
