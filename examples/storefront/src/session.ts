// Who is signed in. The access token is kept here, in memory, and nowhere else. The refresh token is in a cookie that no
// script can read, and the server takes it from there (docs/auth.md, "Cookie mode"). Nothing in here is React.

import { Client, CombinedError, fetchExchange, type TypedDocumentNode } from 'urql';
import { api } from './api';
import { codeOf, reasonOf } from './errors';
import { graphql } from './gql';

export type Session =
  | { state: 'starting' }
  | { state: 'out'; notice?: string }
  | { state: 'in' }
  | { state: 'unknown'; error: CombinedError }; // the server could not be asked

const SignIn = graphql(`
  mutation SignIn($username: String!, $password: String!) {
    tokenObtain(username: $username, password: $password) {
      access
    }
  }
`);

const Refresh = graphql(`
  mutation Refresh {
    tokenRefresh {
      access
    }
  }
`);

const SignOut = graphql(`
  mutation SignOut {
    tokenRevoke {
      revoked
    }
  }
`);

const SignOutEverywhere = graphql(`
  mutation SignOutEverywhere {
    logout(scope: GLOBAL) {
      revokedSessions
    }
  }
`);

let access: string | undefined;
let session: Session = { state: 'starting' };
let refreshing: Promise<void> | undefined;
const listeners = new Set<() => void>();

/** The token to send with requests; undefined when nobody is signed in. */
export const accessToken = () => access;

export const currentSession = () => session;

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Finds out whether somebody is signed in: a page that was just loaded has no access token, but may have the cookie. */
export async function start(): Promise<void> {
  become({ state: 'starting' });
  try {
    await locked(exchange);
  } catch (error) {
    if (!(error instanceof CombinedError)) throw error;
    become({ state: 'unknown', error });
  }
}

export function signIn(username: string, password: string): Promise<void> {
  return locked(async () => {
    const answer = await ask(SignIn, { username, password });
    access = answer.tokenObtain.access;
    become({ state: 'in' });
    otherTabs.postMessage('changed');
  });
}

/** Ends this session. That takes the cookie alone, so it works with an access token that has expired. */
export function signOut(): Promise<void> {
  return locked(async () => {
    try {
      await ask(SignOut, {});
    } catch (error) {
      if (codeOf(error) !== 'TOKEN_NOT_VALID') throw error; // else there is nothing left to sign out from
    }
    leave();
    otherTabs.postMessage('changed');
  });
}

/** Ends all sessions of the user, on all devices. Unlike signOut it needs an access token that serves, and so gets one. */
export function signOutEverywhere(): Promise<void> {
  return locked(async () => {
    await exchange();
    if (access === undefined) return; // the session was over
    await ask(SignOutEverywhere, {}, access);
    leave();
    otherTabs.postMessage('changed');
  });
}

/**
 * Gets the next access token after `refused` was refused. However many ask for it, there is one refresh: those who come
 * while it runs wait for it, and those who come later, having asked with the old token, find that it was replaced. It
 * fails only if the server could not be asked; if the session is over, nobody is signed in afterwards.
 */
export function refresh(refused: string | undefined): Promise<void> {
  if (access !== refused) return Promise.resolve();
  refreshing ??= locked(exchange).finally(() => (refreshing = undefined));
  return refreshing;
}

async function exchange(): Promise<void> {
  try {
    const answer = await ask(Refresh, {}).catch((error: unknown) => {
      // Nobody knows whether the token is spent now. Within ten seconds it may be presented again.
      if (error instanceof CombinedError && error.networkError) return ask(Refresh, {});
      throw error;
    });
    access = answer.tokenRefresh.access;
    if (session.state !== 'in') become({ state: 'in' });
  } catch (error) {
    switch (codeOf(error)) {
      case 'TOKEN_NOT_VALID':
        return leave(farewell(reasonOf(error)));
      case 'BAD_USER_INPUT': // it wants the token as an argument
        return leave('This server does not keep sign-ins in a cookie. Start it with GATEHOUSE_REFRESH_COOKIE=true.');
      default:
        throw error; // the token may serve yet
    }
  }
}

function farewell(reason: string | undefined): string | undefined {
  switch (reason) {
    case 'NOT_AUTHENTICATED': // there is no cookie: nothing to say to who has just come
      return access === undefined ? undefined : 'You have been signed out.';
    case 'TOKEN_REVOKED':
      return 'You have been signed out, perhaps from another device.';
    case 'TOKEN_REUSED':
      return 'You have been signed out to be safe: somebody may have a copy of your session.';
    case 'USER_INACTIVE':
    case 'USER_NOT_FOUND':
      return 'This account is not active any more.';
    default:
      return 'Your session has ended. Please sign in again.';
  }
}

function leave(notice?: string): void {
  access = undefined;
  become({ state: 'out', notice });
}

function become(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

// Whatever changes the cookie waits for its turn, in all tabs together: an answer that came late would put an older
// cookie in the place of a newer one.
function locked(change: () => Promise<void>): Promise<void> {
  return navigator.locks.request('gatehouse-session', change);
}

// The tabs share the cookie, so that they are signed in and out together, and never as somebody else than they show.
const otherTabs = new BroadcastChannel('gatehouse-session');
otherTabs.onmessage = () => void start();

// A client of its own: what it asks for is neither cached nor retried.
const bare = new Client({ ...api, exchanges: [fetchExchange] });

async function ask<Data, Variables extends object>(
  operation: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  token?: string,
): Promise<Data> {
  const headers = { ...api.fetchOptions.headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  const answer = await bare.mutation(operation, variables, { fetchOptions: { ...api.fetchOptions, headers } });
  if (answer.error) throw answer.error;
  if (answer.data === undefined) throw new Error('The server answered nothing.');
  return answer.data;
}
