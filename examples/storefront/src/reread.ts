import { makeOperation, type Client, type Exchange, type Operation } from 'urql';
import { pipe, tap } from 'wonka';

/** Remembers which queries are on the screen, so that all of them can be asked anew. */
export function rereading(): { exchange: Exchange; reread: (client: Client) => void } {
  const shown = new Map<number, Operation>();
  const watch = (operation: Operation) => {
    if (operation.kind === 'query') shown.set(operation.key, operation);
    if (operation.kind === 'teardown') shown.delete(operation.key);
  };
  return {
    exchange:
      ({ forward }) =>
      (operations) =>
        forward(pipe(operations, tap(watch))),
    reread(client) {
      for (const operation of [...shown.values()]) {
        const context = { ...operation.context, requestPolicy: 'network-only' as const };
        client.reexecuteOperation(makeOperation('query', operation, context));
      }
    },
  };
}
