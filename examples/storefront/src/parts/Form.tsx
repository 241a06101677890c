import { useEffect, useRef, type ReactNode } from 'react';
import { CombinedError } from 'urql';
import { describe, type Mistakes } from '../errors';

/** A form that says what is wrong with it, and takes whoever sent it to the first mistake. */
export function Form(props: {
  onSubmit: () => void;
  mistakes: Mistakes;
  error: CombinedError | undefined;
  children: ReactNode;
}) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [props.mistakes]);
  const problem = props.error ? describe(props.error) : props.mistakes[''];
  return (
    <form
      ref={form}
      noValidate // the server's words, at the fields
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit();
      }}
    >
      <div role="alert">{problem !== undefined && <p className="problem">{problem}</p>}</div>
      {props.children}
    </form>
  );
}
