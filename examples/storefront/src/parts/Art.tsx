import type { CSSProperties } from 'react';

// Products have no pictures, so each gets a pattern of its own: always the same for a name, in the colours of its shelf.

const COLUMNS = 4;
const ROWS = 3;

// Shapes in a square around 0, 10 wide and those that reach its border a little more, so that no gap shows between two squares.
const shapes = [
  'M-5.1-5.1H5.1A10.2 10.2 0 0 1-5.1 5.1Z', // quarter of a disc
  'M-5.1-5.1A10.2 10.2 0 0 1 5.1 5.1A10.2 10.2 0 0 1-5.1-5.1Z', // leaf
  'M-4.9 0A4.9 4.9 0 0 1 4.9 0A4.9 4.9 0 0 1-4.9 0Z', // disc
  'M-5.1-5.1H5.1A5.1 5.1 0 0 1-5.1-5.1Z', // bowl
  'M-5.1-5.1H5.1V5.1Z', // half
  'M-5.1-3.5H5.1V-1.5H-5.1ZM-5.1 1.5H5.1V3.5H-5.1Z', // stripes
  'M-2 0A2 2 0 0 1 2 0A2 2 0 0 1-2 0Z', // seed
  'M-5.1-5.1H5.1A10.2 10.2 0 0 1-5.1 5.1Z', // the quarter once more, since it goes well with itself
];

export function Art({ of: name, shelf }: { of: string; shelf: string }) {
  const random = randomFrom(name);
  const pick = (count: number) => Math.floor(random() * count);
  const tiles = Array.from({ length: COLUMNS * ROWS }, (_, index) => {
    const x = (index % COLUMNS) * 10 + 5;
    const y = Math.floor(index / COLUMNS) * 10 + 5;
    const back = pick(4);
    const front = (back + 1 + pick(3)) % 4;
    return (
      <g key={index} transform={`translate(${x} ${y})`}>
        <rect className={`tone${back}`} x="-5.1" y="-5.1" width="10.2" height="10.2" />
        <path className={`tone${front}`} d={shapes[pick(shapes.length)]} transform={`rotate(${pick(4) * 90})`} />
      </g>
    );
  });
  const hue = Math.floor(randomFrom(shelf)() * 360);
  return (
    <svg
      className="art"
      viewBox={`0 0 ${COLUMNS * 10} ${ROWS * 10}`}
      preserveAspectRatio="xMidYMid slice"
      style={{ '--hue': hue } as CSSProperties}
      aria-hidden="true"
      focusable="false"
    >
      {tiles}
    </svg>
  );
}

/** Numbers from 0 to 1 that look random, and are the same for the same text: FNV-1a, and then mulberry32. */
function randomFrom(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
