import { CombinedError } from 'urql';
import { graphql, unmask, type FragmentType } from './gql';
import type { UserErrorCode } from './gql/graphql';

const extensionsOf = (error: unknown): Record<string, unknown> =>
  (error instanceof CombinedError && error.graphQLErrors[0]?.extensions) || {};

/** The code of an error of the server's, by which to decide what to do. */
export const codeOf = (error: unknown) => text(extensionsOf(error)['code']);

/** Why a token does not serve. */
export const reasonOf = (error: unknown) => text(extensionsOf(error)['reason']);

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** What to tell a person of an error that no field of a form is to blame for. */
export function describe(error: CombinedError): string {
  const extensions = extensionsOf(error);
  switch (extensions['code']) {
    case 'INVALID_CREDENTIALS':
      return 'There is no account with this name and password.';
    case 'RATE_LIMITED':
      return `That was tried too often. Please wait ${waiting(Number(extensions['retryAfter']))} and try again.`;
    case 'NOT_FOUND':
      return 'This is gone: somebody has deleted or hidden it.';
    case 'FORBIDDEN':
      return 'You are not allowed to do this.';
    case 'UNAUTHENTICATED':
      return 'Please sign in for this.';
    case 'INTERNAL_SERVER_ERROR':
      return `Something went wrong in the shop. If you report it, say ${String(extensions['requestId'])}.`;
  }
  if (error.networkError) return 'The shop cannot be reached. Please check your connection and try again.';
  return error.graphQLErrors[0]?.message ?? error.message;
}

function waiting(seconds: number): string {
  if (!(seconds > 1)) return 'a second';
  return seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}

export const MistakeFields = graphql(`
  fragment MistakeFields on UserError {
    field
    message
    code
  }
`);

type MaskedError = FragmentType<typeof MistakeFields>;

export const hasCode = (errors: readonly MaskedError[], code: UserErrorCode) =>
  unmask(MistakeFields, errors).some((error) => error.code === code);

/** What is wrong with a form: a sentence for each of its fields, and under '' what concerns none of them. */
export type Mistakes = Readonly<Record<string, string>>;

/** The mistakes that a mutation answers, by the fields of the form that have the names of its arguments. */
export function mistakesOf(errors: readonly MaskedError[], fields: readonly string[]): Mistakes {
  const mistakes: Record<string, string> = {};
  for (const { field, message } of unmask(MistakeFields, errors)) {
    const name = fields.find((known) => known === field[0]) ?? '';
    mistakes[name] = name in mistakes ? `${mistakes[name]} ${message}` : message;
  }
  return mistakes;
}
