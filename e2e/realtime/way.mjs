// A way to a server on which all that is under way can be lost without a word: connections stay open, and nothing passes.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export async function newWay(t, api) {
  const { hostname, port } = new URL(api);
  const sockets = new Set();
  const way = createServer((near) => {
    const far = connect(port, hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  t.after(() => {
    way.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    api: `http://127.0.0.1:${way.address().port}`,
    fallSilent() {
      for (const socket of sockets) {
        socket.unpipe();
        socket.removeAllListeners('close');
        socket.pause();
      }
    },
  };
}
