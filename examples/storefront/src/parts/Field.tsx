import { useId, type ReactNode } from 'react';

/** What a control needs in order to belong to its label, its hint and its mistake. */
export interface ControlProps {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

export function Field(props: {
  label: string;
  hint?: string;
  mistake?: string | undefined;
  className?: string;
  children: (control: ControlProps) => ReactNode;
}) {
  const id = useId();
  const hint = props.hint === undefined ? [] : [`${id}-hint`];
  const mistake = props.mistake === undefined ? [] : [`${id}-mistake`];
  const control: ControlProps = {
    id,
    'aria-describedby': [...mistake, ...hint].join(' ') || undefined,
    'aria-invalid': props.mistake === undefined ? undefined : true,
  };
  return (
    <div className={`field ${props.className ?? ''}`}>
      <label htmlFor={id}>{props.label}</label>
      {props.children(control)}
      {mistake.map((id) => (
        <p key={id} id={id} className="mistake">
          {props.mistake}
        </p>
      ))}
      {hint.map((id) => (
        <p key={id} id={id} className="hint">
          {props.hint}
        </p>
      ))}
    </div>
  );
}
