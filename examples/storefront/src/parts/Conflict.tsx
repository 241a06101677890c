import { useEffect, useRef } from 'react';
import { useCategories } from '../categories';
import { differences, labels, type Draft, type FieldName } from '../draft';
import { formatAmount } from '../money';

/** Says what somebody else has changed in the meantime, and asks what is to become of it. */
export function Conflict(props: {
  base: Draft;
  mine: Draft;
  theirs: Draft;
  refused: boolean; // the server did not save it because of that
  onKeep: () => void;
  onDiscard: () => void;
}) {
  const { base, mine, theirs, refused } = props;
  const { inOrder } = useCategories();
  const changed = differences(base, theirs);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (refused) heading.current?.focus();
  }, [refused]);

  const show = (name: FieldName, { [name]: value }: Draft) => {
    if (name === 'category') return inOrder.find(({ id }) => id === value)?.name ?? 'another shelf';
    if (name === 'price') return formatAmount(String(value));
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    return value || 'nothing';
  };
  const written = (name: FieldName) => (name === 'price' ? mine.price : show(name, mine));

  return (
    <section className="conflict" aria-labelledby="conflict">
      <h2 id="conflict" ref={heading} tabIndex={-1}>
        {refused ? 'Not saved: somebody else was faster' : 'Somebody else has just changed this'}
      </h2>
      <p>
        Since you opened this form, the product has changed{changed.length > 0 ? ':' : ' in nothing that you see here.'}
      </p>
      <dl>
        {changed.map((name) => (
          <div key={name}>
            <dt>{labels[name]}</dt>
            <dd>
              <del>{show(name, base)}</del> <ins>{show(name, theirs)}</ins>
              {mine[name] !== base[name] && <> – you wrote {written(name)}</>}
            </dd>
          </div>
        ))}
      </dl>
      <p className="actions">
        <button type="button" onClick={props.onKeep}>
          Keep my changes on top
        </button>
        <button type="button" className="quiet" onClick={props.onDiscard}>
          Discard mine
        </button>
      </p>
    </section>
  );
}
