import type { ClientOptions } from 'urql';

/** Where the API is, and what every request to it needs: the cookie, and a header that other sites' pages cannot send. */
export const api = {
  url: new URL(import.meta.env.VITE_GATEHOUSE_API ?? '/graphql', location.href).href,
  preferGetMethod: false,
  fetchOptions: { credentials: 'include', headers: { 'X-Requested-With': 'storefront' } },
} satisfies Partial<ClientOptions>;
