// Prices are exact, and stay strings from the server to the screen: a float cannot even hold 0.10.

/** The amount that somebody typed, as the API reads it; undefined if it is none. A comma is understood, too. */
export function readAmount(typed: string): string | undefined {
  const amount = typed.trim().replace(',', '.');
  return /^-?\d+(\.\d+)?$/.test(amount) ? amount : undefined;
}

const format = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2 });

/** An amount of the API's, as people write it here. */
export function formatAmount(amount: string): string {
  return format.format(amount as `${number}`); // of a string it takes every digit
}
