// Where in the shop somebody is, kept in the query of the address: so there is a way back, and a link to everything,
// and a server of static files needs no rules.

import { useEffect, useMemo, useRef, useSyncExternalStore, type AnchorHTMLAttributes, type ReactNode } from 'react';

const MOVED = 'gatehouse:moved';
let arriving = false; // whether the next heading takes the focus

export type Place = URLSearchParams;

/** The address of a place. What is undefined or empty is left out. */
export function address(parts: Record<string, string | null | undefined>): string {
  const place = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) if (value) place.set(name, value);
  return place.size > 0 ? `?${place}` : '.';
}

/** Goes there, as by a link. With `stay` the focus stays where it is, and with `replace` there is no way back. */
export function go(to: string, { stay = false, replace = false } = {}): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  if (!stay) {
    arriving = true;
    scrollTo(0, 0);
  }
  dispatchEvent(new Event(MOVED));
}

addEventListener('popstate', () => {
  arriving = true;
  dispatchEvent(new Event(MOVED));
});

function onMove(listener: () => void) {
  addEventListener(MOVED, listener);
  return () => removeEventListener(MOVED, listener);
}

export function usePlace(): Place {
  const query = useSyncExternalStore(onMove, () => location.search);
  return useMemo(() => new URLSearchParams(query), [query]);
}

export function Link({ to, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(to);
      }}
    />
  );
}

/** The heading of a page: it names the page in the window's title, and has the focus after a link was followed. */
export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const place = usePlace();
  useEffect(() => {
    document.title = `${title} – Gatehouse Provisions`;
  }, [title]);
  useEffect(() => {
    if (arriving) heading.current?.focus();
    arriving = false;
  }, [place]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}
