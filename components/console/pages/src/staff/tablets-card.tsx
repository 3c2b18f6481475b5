import { useSignal } from "@preact/signals";

import { Act } from "../shared/act";
import { usePoll } from "../shared/poll";
import { Qr } from "../shared/qr";
import type { House } from "../shared/staff";
import type { Enrolment, Invitation } from "../shared/wire";
import { grouped } from "../shared/words";

/** How often it is asked which tablet came, in milliseconds. */
const EVERY_MS = 2_000;
/** Longest name of a tablet. */
const NAME_MAX = 40;
/** What people of a tablet do. */
const ROLES = ["front-desk", "housekeeping", "kitchen", "pos", "engineering", "manager"];

/** A manager invites a tablet, and says whether the one that came is the one in hand. */
export function TabletsCard({ house }: { house: House }) {
  const [name, role] = [useSignal(""), useSignal("kitchen")];
  const invitation = useSignal<Invitation | null>(null);
  const waiting = usePoll(() => house.enrolments(), EVERY_MS);
  const look = async () => {
    waiting.value = await house.enrolments();
  };
  const invite = async () => {
    invitation.value = await house.invite(name.value.trim(), role.value);
    name.value = "";
    await look();
  };
  const open = waiting.value?.some(({ principal, digits }) => principal === invitation.value?.principal && !digits);
  return (
    <section class="card" data-section="house" aria-labelledby="tablets-title">
      <h2 id="tablets-title">New tablets</h2>
      <form class="row wrap" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          Name of the tablet
          <input
            type="text"
            autoComplete="off"
            maxLength={NAME_MAX}
            value={name.value}
            onInput={({ currentTarget }) => (name.value = currentTarget.value)}
          />
        </label>
        <label class="short">
          For
          <select value={role.value} onChange={({ currentTarget }) => (role.value = currentTarget.value)}>
            {ROLES.map((word) => (
              <option key={word}>{word}</option>
            ))}
          </select>
        </label>
        <Act act={invite} disabled={name.value.trim() === ""}>
          Invite
        </Act>
      </form>
      {invitation.value && open && (
        <Qr text={invitation.value.url} label={`Invitation of ${invitation.value.principal}`} />
      )}
      {waiting.value?.length === 0 && <p class="faint">No tablet is invited.</p>}
      <ul class="plain stack" aria-live="polite">
        {waiting.value?.map((one) => (
          <Waiting key={one.principal} one={one} house={house} look={look} />
        ))}
      </ul>
    </section>
  );
}

function Waiting({ one, house, look }: { one: Enrolment; house: House; look: () => Promise<void> }) {
  const { principal, digits } = one;
  const withdraw = async () => {
    await house.withdraw(principal);
    await look();
  };
  const confirm = async (same: string) => {
    await house.confirm(principal, same);
    await look();
  };
  return (
    <li class="order">
      <p class="order-head">
        <strong>{principal}</strong>
        <span class="faint">{one.role}</span>
      </p>
      {digits === undefined ? (
        <p class="acts">
          <span class="faint">Scan the code with the tablet.</span>
          <Act quiet act={withdraw}>
            Take back
          </Act>
        </p>
      ) : (
        <>
          <p>Does the tablet in your hand show these digits?</p>
          <p class="digits">{grouped(digits)}</p>
          <p class="acts">
            <Act act={() => confirm(digits)}>Yes, the same</Act>
            <Act quiet act={withdraw}>
              No, others
            </Act>
          </p>
        </>
      )}
    </li>
  );
}
