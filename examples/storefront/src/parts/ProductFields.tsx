import { useCategories } from '../categories';
import { labels, type Draft } from '../draft';
import type { Mistakes } from '../errors';
import { Field } from './Field';

export function ProductFields(props: { draft: Draft; mistakes: Mistakes; onChange: (draft: Draft) => void }) {
  const { draft, mistakes } = props;
  const { inOrder } = useCategories();
  const set = (change: Partial<Draft>) => props.onChange({ ...draft, ...change });
  return (
    <>
      <Field label={labels.name} mistake={mistakes['name']}>
        {(control) => (
          <input {...control} required value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        )}
      </Field>
      <Field label={labels.category} mistake={mistakes['category']}>
        {(control) => (
          <select
            {...control}
            required
            value={draft.category}
            onChange={(event) => set({ category: event.target.value })}
          >
            <option value="">Choose one…</option>
            {inOrder.map(({ id, name, depth }) => (
              <option key={id} value={id}>
                {'\u2003'.repeat(depth) + name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="row">
        <Field label={labels.price} hint="Two places at most, as in 18.50" mistake={mistakes['price']}>
          {(control) => (
            <input
              {...control}
              required
              inputMode="decimal" // no type="number", which makes a float of what is typed
              maxLength={20}
              autoComplete="off"
              value={draft.price}
              onChange={(event) => set({ price: event.target.value })}
            />
          )}
        </Field>
        <Field label={labels.stock} mistake={mistakes['stock']}>
          {(control) => (
            <input
              {...control}
              required
              inputMode="numeric"
              maxLength={9}
              autoComplete="off"
              value={draft.stock}
              onChange={(event) => set({ stock: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field label={labels.sku} hint="Your own code for it, if you have one" mistake={mistakes['sku']}>
        {(control) => (
          <input
            {...control}
            autoComplete="off"
            value={draft.sku}
            onChange={(event) => set({ sku: event.target.value })}
          />
        )}
      </Field>
      <Field label={labels.description} mistake={mistakes['description']}>
        {(control) => (
          <textarea
            {...control}
            rows={4}
            value={draft.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        )}
      </Field>
      <Field label={labels.isPublished} hint="Otherwise it is a draft that only you see" className="check">
        {(control) => (
          <input
            {...control}
            type="checkbox"
            checked={draft.isPublished}
            onChange={(event) => set({ isPublished: event.target.checked })}
          />
        )}
      </Field>
    </>
  );
}
