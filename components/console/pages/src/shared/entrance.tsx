import type { ComponentChildren } from "preact";

import { Banner } from "./banner";
import { NoticeList } from "./notices";
import { sentence } from "./problem";
import { Message, Shell } from "./shell";
import type { Entrance, StaffStage } from "./staff";

/** The pages of staff, each by its address. */
const PAGES = [
  ["/staff", "Service"],
  ["/kitchen", "Kitchen"],
  ["/rooms", "Rooms"],
  ["/desk", "Desk"],
  ["/pos", "Bill"],
  ["/life", "Figures"],
] as const;

type Open = Extract<StaffStage, { name: "inside" }>;

interface Props {
  entrance: Entrance;
  title: string;
  here: string;
  children: (open: Open) => ComponentChildren;
}

/** A page of staff: its content once the tablet is inside, before that what is in the way. */
export function EntrancePage({ entrance, title, here, children }: Props) {
  const stage = entrance.stage.value;
  switch (stage.name) {
    case "arriving":
      return (
        <Shell hotel="" title={title}>
          <Message title="One moment" text="Looking for the hotel's box…" />
        </Shell>
      );
    case "refused":
      return (
        <Shell hotel="" title={title}>
          <Message title="This page is not open to this tablet" text={sentence(stage.problem)}>
            <button type="button" onClick={() => void entrance.arrive()}>
              Try again
            </button>
          </Message>
        </Shell>
      );
    case "inside": {
      const { hotel, box } = stage.inside;
      const aside = (
        <div class="top-aside">
          <nav aria-label="Pages">
            {PAGES.map(([path, name]) => (
              <a key={path} href={path} aria-current={path === here ? "page" : undefined}>
                {name}
              </a>
            ))}
          </nav>
          <Banner box={box} />
        </div>
      );
      return (
        <Shell hotel={hotel.name} title={title} aside={aside}>
          <NoticeList notices={stage.notices} />
          {children(stage)}
        </Shell>
      );
    }
  }
}
