import { expect, test } from 'vitest';
import { differences, emptyDraft, onlyChanged, readDraft, rebase } from './draft';

const base = { ...emptyDraft, name: 'Chai', category: '7', price: '18.00', stock: '39' };

test('a price reaches the API as it was typed', () => {
  const read = readDraft({ ...base, price: '0,10' });
  expect(read).toMatchObject({ input: { price: '0.10', stock: 39, sku: null } });
});

test('what cannot be sent is said at its field', () => {
  const read = readDraft({ ...base, name: ' ', price: 'ten', stock: '1.5', category: '' });
  expect(Object.keys('mistakes' in read ? read.mistakes : {})).toEqual(['name', 'price', 'stock', 'category']);
});

test('an update holds what was changed, and nothing else', () => {
  const draft = { ...base, price: '19', isPublished: false };
  const read = readDraft(draft);
  expect('input' in read && onlyChanged(read.input, base, draft)).toEqual({ price: '19', isPublished: false });
});

test('changes of two people come together, and mine goes before theirs in one field', () => {
  const mine = { ...base, price: '19.00', description: 'with cardamom' };
  const theirs = { ...base, price: '20.00', stock: '12' };
  const both = rebase(mine, base, theirs);
  expect(both).toEqual({ ...base, price: '19.00', description: 'with cardamom', stock: '12' });
  expect(differences(theirs, both)).toEqual(['price', 'description']);
});
