import { expect, test } from 'vitest';
import { formatAmount, readAmount } from './money';

test.each([
  ['18', '18'],
  [' 18.50 ', '18.50'],
  ['18,50', '18.50'],
  ['0.10', '0.10'],
  ['99999999.99', '99999999.99'],
  ['-1', '-1'], // an amount, which the server refuses in its own words
])('%j is the amount %s', (typed, amount) => expect(readAmount(typed)).toBe(amount));

test.each(['', 'ten', '1.2.3', '1,234.50', '1e3', '0x10', '18.', '.5', '١٨', 'NaN', 'Infinity'])(
  '%j is no amount',
  (typed) => expect(readAmount(typed)).toBeUndefined(),
);

test('no digit is lost on the way to the screen', () => {
  const digits = (text: string) => text.replace(/\D/g, '');
  expect(digits(formatAmount('99999999.99'))).toBe('9999999999');
  expect(digits(formatAmount('90071992547409.93'))).toBe('9007199254740993');
  expect(digits(formatAmount('0.10'))).toBe('010');
  expect(digits(formatAmount('5.00'))).toBe('500');
});
