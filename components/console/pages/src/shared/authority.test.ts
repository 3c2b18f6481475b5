import { afterEach, describe, expect, it, vi } from "vitest";

import { hotel } from "../testing/specimens";
import { Authority } from "./authority";

function answering(status: number, body: unknown) {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(new Response(JSON.stringify(body), { status })),
  );
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

function bearers(lifeMs: number) {
  return vi.fn(() => Promise.resolve({ bearer: "b", expiresAt: Date.now() + lifeMs }));
}

afterEach(() => vi.unstubAllGlobals());

describe("the authority", () => {
  it("is asked with a bearer token, one for many questions", async () => {
    const fetched = answering(200, { sittings: [] });
    const ask = bearers(900_000);
    const authority = new Authority(hotel, ask);
    await authority.sittings();
    await authority.openSitting("7");
    expect(ask).toHaveBeenCalledOnce();
    const [url, init] = fetched.mock.calls[1] ?? [];
    expect(url).toBe("https://greengrass.local:8444/sittings");
    expect(init).toMatchObject({
      method: "POST",
      body: '{"table":"7"}',
      credentials: "omit",
      headers: { authorization: "Bearer b", "content-type": "application/json" },
    });
  });

  it("is asked with the next token before one ends", async () => {
    answering(200, { sittings: [] });
    const ask = bearers(30_000);
    const authority = new Authority(hotel, ask);
    await authority.sittings();
    await authority.sittings();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("gives its reasons", async () => {
    const problem = { code: "conflict", title: "conflict", status: 409, detail: "is open already" };
    answering(409, problem);
    const opened = new Authority(hotel, bearers(900_000)).openSitting("7");
    await expect(opened).rejects.toMatchObject({ problem });
  });

  it("that gave no token once is asked again", async () => {
    answering(200, { sittings: [] });
    const ask = bearers(900_000).mockRejectedValueOnce(new Error("out of reach"));
    const authority = new Authority(hotel, ask);
    await expect(authority.sittings()).rejects.toThrow("out of reach");
    await expect(authority.sittings()).resolves.toEqual([]);
  });
});
