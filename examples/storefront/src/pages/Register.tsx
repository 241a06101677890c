import { useState } from 'react';
import { CombinedError, useMutation } from 'urql';
import { mistakesOf, type Mistakes } from '../errors';
import { graphql } from '../gql';
import { Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { address, go, Heading, Link } from '../place';
import { signIn } from '../session';

const CreateAccount = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      errors {
        ...MistakeFields
      }
    }
  }
`);

const fields = ['username', 'email', 'password'] as const;

/** Makes an account, and signs in to it. */
export function Register() {
  const [input, setInput] = useState({ username: '', email: '', password: '' });
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [signInError, setSignInError] = useState<CombinedError>();
  const [{ fetching, error }, register] = useMutation(CreateAccount);

  const submit = async () => {
    const { data } = await register({ input });
    if (!data) return;
    const mistakes = mistakesOf(data.register.errors, fields);
    setMistakes(mistakes);
    if (Object.keys(mistakes).length > 0) return;
    try {
      await signIn(input.username, input.password);
      go('.');
    } catch (error) {
      if (!(error instanceof CombinedError)) throw error;
      setSignInError(error);
    }
  };

  return (
    <article className="narrow">
      <Heading title="Make an account" />
      <Form onSubmit={submit} mistakes={mistakes} error={error ?? signInError}>
        <Field label="User name" hint="Letters, digits and @ . + - _" mistake={mistakes['username']}>
          {(control) => (
            <input
              {...control}
              required
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={input.username}
              onChange={(event) => setInput({ ...input, username: event.target.value })}
            />
          )}
        </Field>
        <Field label="E-mail address" mistake={mistakes['email']}>
          {(control) => (
            <input
              {...control}
              required
              type="email"
              autoComplete="email"
              value={input.email}
              onChange={(event) => setInput({ ...input, email: event.target.value })}
            />
          )}
        </Field>
        <Field label="Password" hint="At least 8 characters, and no common word" mistake={mistakes['password']}>
          {(control) => (
            <input
              {...control}
              required
              type="password"
              autoComplete="new-password"
              value={input.password}
              onChange={(event) => setInput({ ...input, password: event.target.value })}
            />
          )}
        </Field>
        <p className="actions">
          <button disabled={fetching}>{fetching ? 'One moment…' : 'Make my account'}</button>
          <Link to={address({ view: 'sign-in' })}>I have one already</Link>
        </p>
      </Form>
    </article>
  );
}
