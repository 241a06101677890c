import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { graphql, unmask } from './gql';
import type { ProductEventKind } from './gql/graphql';
import { formatAmount } from './money';
import { ProductDetails } from './product';
import type { Shop } from './shop';

const ProductChanged = graphql(`
  subscription ProductChanged {
    productChanged {
      kind
      productId
      product {
        id
        ...ProductCard
        ...ProductDetails
      }
    }
  }
`);

interface Live {
  connected: boolean;
  /** What happened last, for a little while. */
  news: string;
}

const Context = createContext<Live>({ connected: false, news: '' });

export const useLive = () => useContext(Context);

/**
 * Follows all products. An event holds the product as it is now, and so the cache shows it everywhere at once. What an
 * event cannot tell, such as the page of a list that a new product is on, is asked anew.
 */
export function LiveUpdates({ shop, children }: { shop: Shop; children: ReactNode }) {
  const [connected, setConnected] = useState(false);
  const [news, setNews] = useState('');

  useEffect(() => {
    let asking: ReturnType<typeof setTimeout> | undefined;
    let forgetting: ReturnType<typeof setTimeout> | undefined;
    // A moment later, so that several changes are asked for once, and not by everybody at the same time.
    const rereadSoon = () => {
      asking ??= setTimeout(
        () => {
          asking = undefined;
          shop.reread();
        },
        300 + Math.random() * 300,
      );
    };
    const tell = (text: string) => {
      setNews(text);
      clearTimeout(forgetting);
      forgetting = setTimeout(() => setNews(''), 8_000);
    };
    let begun = false;
    const stops = [
      // The server hears messages in their order. So when it answers a ping that was sent after the subscription, that has
      // begun: of everything from here on it tells, and what happened before is read.
      shop.socket.on('connected', (socket) => void setTimeout(() => (socket as WebSocket).send('{"type":"ping"}'))),
      shop.socket.on('pong', (received) => {
        if (!received || begun) return;
        begun = true;
        setConnected(true);
        rereadSoon();
      }),
      shop.socket.on('closed', () => {
        begun = false;
        setConnected(false);
      }),
      shop.client.subscription(ProductChanged, {}).subscribe(({ data }) => {
        if (!data) return;
        const { kind, product } = data.productChanged;
        if (kind !== 'UPDATED') rereadSoon();
        tell(sentence(kind, unmask(ProductDetails, product)));
      }).unsubscribe,
    ];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(asking);
      clearTimeout(forgetting);
    };
  }, [shop]);

  return <Context value={useMemo(() => ({ connected, news }), [connected, news])}>{children}</Context>;
}

function sentence(kind: ProductEventKind, product: { name: string; price: string } | null | undefined): string {
  if (!product) return 'A product has left the shop.';
  return kind === 'CREATED'
    ? `New in the shop: ${product.name}, ${formatAmount(product.price)}.`
    : `${product.name} has changed: it is now ${formatAmount(product.price)}.`;
}
