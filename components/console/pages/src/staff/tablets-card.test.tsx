import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { House } from "../shared/staff";
import type { Enrolment } from "../shared/wire";
import { house } from "../testing/specimens";
import { refusal } from "../testing/stub-box";
import { TabletsCard } from "./tablets-card";

const PASS: Enrolment = { principal: "pass-1", role: "kitchen", name: "", expires_at: 1_000 };

function stub(more: Partial<House> = {}) {
  let waiting: Enrolment[] = [];
  return {
    ...house,
    comes: (digits: string) => (waiting = [{ ...PASS, digits }]),
    enrolments: () => Promise.resolve(waiting),
    invite: vi.fn(() => {
      waiting = [PASS];
      return Promise.resolve({ principal: "pass-1", url: "https://greengrass.local/enrol#x", expires_at: 1_000 });
    }),
    confirm: vi.fn(() => {
      waiting = [];
      return Promise.resolve();
    }),
    withdraw: vi.fn(() => {
      waiting = [];
      return Promise.resolve();
    }),
    ...more,
  };
}

afterEach(cleanup);

describe("a manager", () => {
  it("invites a tablet and confirms it by the digits that it shows", async () => {
    const house = stub();
    render(<TabletsCard house={house} />);
    await screen.findByText("No tablet is invited.");
    fireEvent.input(screen.getByLabelText("Name of the tablet"), { target: { value: " pass-1 " } });
    fireEvent.click(screen.getByRole("button", { name: "Invite" }));
    await screen.findByRole("img", { name: "Invitation of pass-1" });
    expect(house.invite).toHaveBeenCalledWith("pass-1", "kitchen");

    house.comes("042917");
    cleanup();
    render(<TabletsCard house={house} />);
    await screen.findByText("042 917");
    expect(screen.queryByRole("img")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Yes, the same" }));
    await waitFor(() => expect(house.confirm).toHaveBeenCalledWith("pass-1", "042917"));
    await screen.findByText("No tablet is invited.");
  });

  it("takes an invitation back when another tablet came", async () => {
    const house = stub();
    house.comes("042917");
    render(<TabletsCard house={house} />);
    fireEvent.click(await screen.findByRole("button", { name: "No, others" }));
    await screen.findByText("No tablet is invited.");
    expect(house.withdraw).toHaveBeenCalledWith("pass-1");
    expect(house.confirm).not.toHaveBeenCalled();
  });

  it("is told why a tablet does not become active", async () => {
    const house = stub({ confirm: () => Promise.reject(refusal("forbidden", "it shows other digits", "digits")) });
    house.comes("042917");
    render(<TabletsCard house={house} />);
    fireEvent.click(await screen.findByRole("button", { name: "Yes, the same" }));
    await screen.findByText("It shows other digits.");
  });
});
