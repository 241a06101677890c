import { useState } from 'react';
import { CombinedError, useQuery } from 'urql';
import { describe } from '../errors';
import { graphql } from '../gql';
import { address, Link } from '../place';
import { signOut, signOutEverywhere } from '../session';

const Me = graphql(`
  query Me {
    me {
      id
      username
    }
  }
`);

export function Account() {
  const [{ data }] = useQuery({ query: Me });
  const [error, setError] = useState<CombinedError>();
  const leave = (how: () => Promise<void>) => () => {
    how().catch((error: unknown) => {
      if (!(error instanceof CombinedError)) throw error;
      setError(error);
    });
  };
  return (
    <>
      <button type="button" className="quiet account" popoverTarget="account">
        <span className="unseen">Account of </span>
        {data?.me?.username ?? '…'}
      </button>
      <div id="account" popover="auto">
        <Link to={address({ mine: 'yes' })} onClickCapture={closePopover}>
          What I sell
        </Link>
        <button type="button" className="plain" onClick={leave(signOut)}>
          Sign out
        </button>
        <button type="button" className="plain" onClick={leave(signOutEverywhere)}>
          Sign out everywhere
        </button>
        <div role="alert">{error && <p className="problem">{describe(error)}</p>}</div>
      </div>
    </>
  );
}

const closePopover = () => document.getElementById('account')?.hidePopover();
