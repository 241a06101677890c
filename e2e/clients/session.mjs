// Keeps the tokens of whoever is signed in, and exchanges them once for all requests that wait for it.
export class Session {
  #url;
  #fetch;
  #onSignedOut;
  #refresh = null; // the refresh token
  #renewing = null; // the exchange under way

  access = null; // the access token; null when nobody is signed in

  constructor(url, { fetch = globalThis.fetch, onSignedOut = () => {} } = {}) {
    this.#url = url;
    this.#fetch = fetch;
    this.#onSignedOut = onSignedOut;
  }

  get headers() {
    return this.access ? { Authorization: `Bearer ${this.access}` } : {};
  }

  // Whether an answer says that the access token does not serve any more: it is an error of what needs one, and a remark beside
  // the data of what does not.
  isRefused({ errors, extensions }) {
    const codes = [...(errors ?? []).map((error) => error.extensions?.code), extensions?.auth?.code];
    return codes.includes('UNAUTHENTICATED');
  }

  async signIn(username, password) {
    const { data, errors } = await this.#ask(
      'mutation SignIn($username: String!, $password: String!) { tokenObtain(username: $username, password: $password) { access refresh } }',
      { username, password },
    );
    if (errors) throw new Error(errors[0].message);
    this.#keep(data.tokenObtain);
  }

  async signOut() {
    const refresh = this.#refresh;
    this.#forget();
    await this.#ask('mutation SignOut($refresh: String!) { tokenRevoke(refresh: $refresh) { revoked } }', { refresh });
  }

  // Gets new tokens in the place of the access token that was refused. It answers whether to ask again. Only the first who
  // calls it with that token has it exchanged: who comes while that lasts waits for it, and who comes later finds a new one.
  async renew(refused) {
    if (refused !== this.access) return this.access !== null;
    if (!this.#refresh) return false;
    this.#renewing ??= this.#exchange().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #exchange() {
    const exchange = () =>
      this.#ask('mutation Renew($refresh: String!) { tokenRefresh(refresh: $refresh) { access refresh } }', { refresh: this.#refresh });
    // When the answer is lost, the same token may be presented once more: for ten seconds it gets the same successor.
    const { data, errors } = await exchange().catch(exchange);
    if (data?.tokenRefresh) {
      this.#keep(data.tokenRefresh);
      return true;
    }
    if (errors.some((error) => error.extensions?.code === 'TOKEN_NOT_VALID')) this.#forget(); // it will not get better
    return false;
  }

  #keep({ access, refresh }) {
    this.access = access;
    this.#refresh = refresh;
  }

  #forget() {
    if (this.access === null) return;
    this.access = this.#refresh = null;
    this.#onSignedOut();
  }

  async #ask(query, variables) {
    const response = await this.#fetch(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json;q=0.9' },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  }
}
