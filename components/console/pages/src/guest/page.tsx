import { Banner } from "../shared/banner";
import { NoticeList } from "../shared/notices";
import { Message, Shell } from "../shared/shell";
import type { Problem } from "../shared/wire";
import { tableName } from "../shared/words";
import { BasketCard } from "./basket-card";
import { MenuCard } from "./menu-card";
import { MyOrders } from "./my-orders";
import type { GuestStore } from "./store";
import { WriteCard } from "./write-card";

export function GuestPage({ store }: { store: GuestStore }) {
  const hotel = store.hotel.value?.name ?? "";
  const stage = store.stage.value;
  const title = store.table ? tableName(store.table) : "Order at your table";
  switch (stage.name) {
    case "arriving":
      return (
        <Shell hotel={hotel} title={title}>
          <Message title="Welcome" text="One moment, please…" />
        </Shell>
      );
    case "refused":
      return (
        <Shell hotel={hotel} title={title}>
          <Refusal problem={stage.problem} again={() => void store.arrive()} />
        </Shell>
      );
    case "over":
      return (
        <Shell hotel={hotel} title={title}>
          <Message title="Thank you for your visit" text="Your table has been closed. We hope to see you again." />
        </Shell>
      );
    case "seated":
      return (
        <Shell hotel={hotel} title={title} aside={<Banner box={stage.box} />}>
          <NoticeList notices={stage.notices} />
          <div class="ordering">
            <MenuCard store={store} />
            <div class="side">
              <BasketCard store={store} reached={stage.box.reached.value} />
              <MyOrders book={stage.book} />
              <WriteCard store={store} reached={stage.box.reached.value} />
            </div>
          </div>
          {store.pieces.value > 0 && (
            <a class="to-basket" href="#basket">
              Your order: {store.pieces.value} {store.pieces.value === 1 ? "piece" : "pieces"}, look and
              send
            </a>
          )}
        </Shell>
      );
  }
}

function Refusal({ problem, again }: { problem: Problem; again: () => void }) {
  const { title, text } = excuse(problem);
  return (
    <Message title={title} text={text}>
      <button type="button" onClick={again}>
        Try again
      </button>
    </Message>
  );
}

/** Why a guest cannot order, politely and with what can be done. */
function excuse(problem: Problem): { title: string; text: string } {
  if (problem.field === "network") {
    return {
      title: "You can order in the hotel only",
      text: "Please join the hotel's Wi-Fi and try again. Our staff gladly take your order, too.",
    };
  }
  if (problem.code === "not-found") {
    return {
      title: "This table is not open yet",
      text: "Please tell our staff that you have arrived; then try again.",
    };
  }
  if (problem.code === "busy") {
    return { title: "Many guests at once", text: "Please try again in a minute." };
  }
  if (problem.code === "malformed") {
    return {
      title: "We do not know this table",
      text: "Please scan the code on your table once more, or ask our staff.",
    };
  }
  return {
    title: "Ordering is not possible at the moment",
    text: "Please try again shortly, or ask our staff: they gladly take your order.",
  };
}
