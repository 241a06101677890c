// A way to a server on which one sees streams of events begin, and the server end them.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export async function newWay(api) {
  const { hostname, port } = new URL(api);
  const streams = [];
  const sockets = new Set();
  const way = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: hostname, port, allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}); // closes it
    }
    let stream;
    near.on('data', (text) => {
      if (!/^accept: text\/event-stream/im.test(text)) return;
      stream = { endedByClient: false, endedByServer: false };
      streams.push(stream);
    });
    near.pipe(far);
    far.pipe(near);
    near.on('close', () => {
      if (stream) stream.endedByClient = true;
      far.end(); // it is for the server to close its side
    });
    far.on('end', () => {
      if (stream) stream.endedByServer = true;
      near.destroy();
    });
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  return {
    api: `http://127.0.0.1:${way.address().port}`,
    streams,
    close() {
      way.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
