// The tokens of one user, and the one refresh that everybody waits for. It knows nothing of Apollo, so that no refresh
// goes through a link that refreshes.

export interface Tokens {
  access: string;
  refresh: string;
}

export class Session {
  readonly #url: string;
  readonly #onEnd: () => void;
  #tokens: Tokens | undefined; // in memory; a program that lasts keeps the refresh token where its platform keeps secrets
  #refreshing: Promise<void> | undefined;

  /** onEnd is called when the session turns out to be over: now is the time to ask for a password again. */
  constructor(url: string, onEnd: () => void) {
    this.#url = url;
    this.#onEnd = onEnd;
  }

  get access(): string | undefined {
    return this.#tokens?.access;
  }

  async signIn(username: string, password: string): Promise<void> {
    const { tokenObtain } = await this.#ask<{ tokenObtain: Tokens }>(
      'mutation ($username: String!, $password: String!) { tokenObtain(username: $username, password: $password) { access refresh } }',
      { username, password },
    );
    this.#tokens = tokenObtain;
  }

  /** Ends the session, also if the access token has expired. */
  async signOut(): Promise<void> {
    const refresh = this.#tokens?.refresh;
    this.#tokens = undefined;
    if (refresh === undefined) return;
    await this.#ask('mutation ($refresh: String!) { tokenRevoke(refresh: $refresh) { revoked } }', { refresh });
  }

  /**
   * Gets the next tokens after an access token was refused. Those who ask while that is under way wait for it, and who
   * comes later with a token that was replaced meanwhile is done already.
   */
  refresh(refused: string): Promise<void> {
    if (this.access !== refused) return Promise.resolve();
    this.#refreshing ??= this.#exchange().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #exchange(): Promise<void> {
    const query = 'mutation ($refresh: String!) { tokenRefresh(refresh: $refresh) { access refresh } }';
    const variables = { refresh: this.#tokens?.refresh };
    const ask = () => this.#ask<{ tokenRefresh: Tokens }>(query, variables);
    try {
      // When the network fails, the token may be spent and the answer lost: within ten seconds it may come again.
      const answer = await ask().catch((error: unknown) => (error instanceof Refusal ? Promise.reject(error) : ask()));
      this.#tokens = answer.tokenRefresh; // both of them: the old refresh token would be taken for a stolen one
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'TOKEN_NOT_VALID')) throw error;
      this.#tokens = undefined;
      this.#onEnd();
    }
  }

  async #ask<Data>(query: string, variables: object): Promise<Data> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as {
      data?: Data;
      errors?: { message: string; extensions?: { code?: string } }[];
    };
    if (errors?.[0]) throw new Refusal(errors[0].message, errors[0].extensions?.code);
    return data as Data;
  }
}

/** An error of the server's. */
export class Refusal extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}
