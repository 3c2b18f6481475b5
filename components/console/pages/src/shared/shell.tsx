import type { ComponentChildren } from "preact";

interface Props {
  hotel: string;
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}

/** What every page looks like. */
export function Shell({ hotel, title, aside, children }: Props) {
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <div>
          <p class="hotel">{hotel || "Welcome"}</p>
          <h1>{title}</h1>
        </div>
        {aside}
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** A page with nothing but a message, and perhaps something to press. */
export function Message({ title, text, children }: { title: string; text: string; children?: ComponentChildren }) {
  return (
    <section class="message" aria-live="polite">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </section>
  );
}
