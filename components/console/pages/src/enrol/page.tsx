import { sentence } from "../shared/problem";
import { Message, Shell } from "../shared/shell";
import { grouped } from "../shared/words";
import type { EnrolStore } from "./store";

export function EnrolPage({ store }: { store: EnrolStore }) {
  return (
    <Shell hotel="" title="Enrol this tablet">
      <Step store={store} />
    </Shell>
  );
}

function Step({ store }: { store: EnrolStore }) {
  const stage = store.stage.value;
  switch (stage.name) {
    case "no-invitation":
      return (
        <Message
          title="No invitation"
          text="Please scan the QR code of an invitation with this tablet. It is good once, for ten minutes."
        />
      );
    case "ready":
      return (
        <Message
          title="You are invited"
          text="This makes a key that never leaves this tablet. The invitation is good for one tablet only."
        >
          <button type="button" onClick={() => void store.enrol()}>
            Enrol this tablet
          </button>
        </Message>
      );
    case "enrolling":
      return <Message title="One moment" text="Enrolling…" />;
    case "comparing":
      return (
        <Message
          title="Compare these digits"
          text={`Show them to whoever invited you. This tablet becomes ${stage.principal} when they see the same. Keep this page open.`}
        >
          <output class="digits" aria-label="Digits">
            {grouped(stage.digits)}
          </output>
        </Message>
      );
    case "other-hotel":
      return (
        <Message
          title="Not the hotel that invited you"
          text="The invitation names another certificate than this box has. Nothing was sent. Please tell whoever invited you."
        />
      );
    case "refused":
      return (
        <Message
          title="Not enrolled"
          text={`${sentence(stage.problem)} Ask for a new invitation if this one was used or is older than ten minutes.`}
        />
      );
    case "done":
      return (
        <Message title="Enrolled" text={`This tablet is ${stage.principal} from now on.`}>
          <a class="button" href={stage.page}>
            Go on
          </a>
        </Message>
      );
  }
}
