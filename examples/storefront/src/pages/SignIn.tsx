import { useState, type ReactNode } from 'react';
import { CombinedError } from 'urql';
import { Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { address, go, Heading, Link, usePlace } from '../place';
import { signIn } from '../session';

/** Signs in, and then shows what was asked for: the place stays the same, unless it was this form. */
export function SignIn({ children }: { children?: ReactNode }) {
  const place = usePlace();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CombinedError>();

  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await signIn(username, password);
      if (place.get('view') === 'sign-in') go('.');
    } catch (error) {
      if (!(error instanceof CombinedError)) throw error;
      setError(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <article className="narrow">
      <Heading title="Sign in" />
      {children}
      <Form onSubmit={submit} mistakes={none} error={error}>
        <Field label="User name or e-mail address">
          {(control) => (
            <input
              {...control}
              required
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          )}
        </Field>
        <Field label="Password">
          {(control) => (
            <input
              {...control}
              required
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <p className="actions">
          <button disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
          <Link to={address({ view: 'register' })}>I have no account yet</Link>
        </p>
      </Form>
    </article>
  );
}

const none = {};
