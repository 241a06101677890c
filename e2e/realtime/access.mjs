// Nobody is signed in any more, and there is no use in trying again.
export class SignedOut extends Error {}

// The access token to connect with: another one than that which was refused; null for an anonymous client.
export async function accessToken(session, refused) {
  if (refused && refused === session.access) await session.renew(refused);
  if (refused && !session.access) throw new SignedOut('Sign in again.');
  return session?.access ?? null;
}
