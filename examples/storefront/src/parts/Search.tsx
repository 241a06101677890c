import { useEffect, useRef, useState } from 'react';
import { address, go, type Place } from '../place';

const PAUSE = 300; // milliseconds without a key, after which is searched

export function Search({ place }: { place: Place }) {
  const inPlace = place.get('search') ?? '';
  const [typed, setTyped] = useState(inPlace);
  const sent = useRef(inPlace);

  // The address has changed by other means than typing: the field follows.
  useEffect(() => {
    if (inPlace === sent.current) return;
    sent.current = inPlace;
    setTyped(inPlace);
  }, [inPlace]);

  const search = (text: string) => {
    if (text === sent.current) return;
    sent.current = text;
    const again = place.has('search'); // then it may have been narrowed to a shelf since
    go(address({ category: again ? place.get('category') : null, search: text }), { stay: true, replace: again });
  };

  useEffect(() => {
    const timer = setTimeout(() => search(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  });

  return (
    <form
      role="search"
      className="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(typed.trim());
      }}
    >
      <label htmlFor="search" className="unseen">
        Search the shop
      </label>
      <input
        id="search"
        type="search"
        placeholder="Search"
        autoComplete="off"
        maxLength={200}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </form>
  );
}
