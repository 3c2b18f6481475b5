import { signal } from "@preact/signals";

import { about } from "./about";
import type { Box } from "./box";
import { newId } from "./ids";
import type { Notification } from "./wire";

/** Most notices at a time; older ones give way. */
const NOTICES_MAX = 4;

interface Notice extends Notification {
  id: string;
}

/** What people were told and have not put away. */
export class Notices {
  readonly all = signal<readonly Notice[]>([]);
  readonly #end: () => void;

  constructor(box: Box) {
    this.#end = box.onEvent<Notification>(about.notification, (notice) => this.tell(notice));
  }

  tell(notice: Notification): void {
    this.all.value = [{ ...notice, id: newId() }, ...this.all.value].slice(0, NOTICES_MAX);
  }

  putAway(id: string): void {
    this.all.value = this.all.value.filter((notice) => notice.id !== id);
  }

  end(): void {
    this.#end();
  }
}

export function NoticeList({ notices }: { notices: Notices }) {
  return (
    <div class="notices" role="log" aria-label="Notices">
      {notices.all.value.map(({ id, title, body }) => (
        <div class="notice" key={id}>
          <div>
            <strong>{title}</strong>
            {body && <p>{body}</p>}
          </div>
          <button type="button" class="quiet" onClick={() => notices.putAway(id)}>
            Close<span class="hidden">: {title}</span>
          </button>
        </div>
      ))}
    </div>
  );
}
