import { useState, useSyncExternalStore, type ReactNode } from 'react';
import { Provider } from 'urql';
import { describe } from './errors';
import { LiveUpdates, useLive } from './live';
import { ProductPage } from './pages/Product';
import { Register } from './pages/Register';
import { Sell } from './pages/Sell';
import { ShelfPage } from './pages/Shelf';
import { SignIn } from './pages/SignIn';
import { Account } from './parts/Account';
import { CategoryNav } from './parts/CategoryNav';
import { Search } from './parts/Search';
import { address, Link, usePlace } from './place';
import { currentSession, onSessionChange, start, type Session } from './session';
import { openShop } from './shop';

export function App() {
  const session = useSyncExternalStore(onSessionChange, currentSession);
  switch (session.state) {
    case 'starting':
      return <p className="waiting">Opening the shop…</p>;
    case 'unknown':
      return (
        <main className="narrow">
          <h1>Closed for a moment</h1>
          <p role="alert">{describe(session.error)}</p>
          <button type="button" onClick={() => void start()}>
            Try again
          </button>
        </main>
      );
    default:
      return <Shop key={session.state} session={session} />;
  }
}

/** The shop for one visitor. */
function Shop({ session }: { session: Session }) {
  const [shop] = useState(openShop);
  const place = usePlace();
  const [entrance] = useState(place); // beyond which a notice has been read
  const signedIn = session.state === 'in';
  return (
    <Provider value={shop.client}>
      <LiveUpdates shop={shop}>
        <a className="skip" href="#main">
          Skip to the goods
        </a>
        <header className="top">
          <Link to="." className="brand">
            <Gate /> Gatehouse <em>Provisions</em>
          </Link>
          <Search place={place} />
          <Link to={address({ view: 'sell' })}>Sell</Link>
          {signedIn ? <Account /> : <Link to={address({ view: 'sign-in' })}>Sign in</Link>}
        </header>
        <div className="middle">
          <CategoryNav place={place} />
          <main id="main" tabIndex={-1}>
            <div role="status">
              {session.state === 'out' && session.notice !== undefined && place === entrance && (
                <p className="notice">{session.notice}</p>
              )}
            </div>
            <Page signedIn={signedIn} />
          </main>
        </div>
        <Footer />
      </LiveUpdates>
    </Provider>
  );
}

function Page({ signedIn }: { signedIn: boolean }) {
  const place = usePlace();
  const product = place.get('product');
  if (product !== null) return <ProductPage key={product} slug={product} edit={place.has('edit')} />;
  switch (place.get('view')) {
    case 'sell':
      return (
        <ForMembers signedIn={signedIn}>
          <Sell />
        </ForMembers>
      );
    case 'sign-in':
      return <SignIn />;
    case 'register':
      return <Register />;
    default:
      return <ShelfPage place={place} />;
  }
}

function ForMembers({ signedIn, children }: { signedIn: boolean; children: ReactNode }) {
  if (signedIn) return children;
  return (
    <SignIn>
      <p className="lead">Whoever sells something has an account here.</p>
    </SignIn>
  );
}

function Footer() {
  const { connected, news } = useLive();
  return (
    <footer className="bottom">
      <p className={connected ? 'live on' : 'live'}>
        {connected ? 'Live: what changes is shown at once' : 'Connecting to live updates…'}
      </p>
      <p className={news === '' ? 'news' : 'news told'} role="status">
        {news}
      </p>
    </footer>
  );
}

function Gate() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path d="M5 28V15a11 11 0 0 1 22 0v13h-6V15a5 5 0 0 0-10 0v13z" fill="currentColor" />
      <circle cx="16" cy="23" r="3" className="knob" />
    </svg>
  );
}
