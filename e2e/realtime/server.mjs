// A server that tests may stop, and start again where it was.
//
//   GATEHOUSE_E2E_PROGRAM  the program, e.g. bin/gatehouse

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export async function newServer(t) {
  const program = process.env.GATEHOUSE_E2E_PROGRAM;
  assert.ok(program, 'e2e/run says where the program is');
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-realtime-'));
  let running;
  const server = {
    port: 0,
    async start() {
      const settings = ['--database-url', `sqlite://${directory}/g.db`, '--addr', `127.0.0.1:${server.port}`];
      if (server.port === 0) await once(spawn(program, ['demo', ...settings], { stdio: 'ignore' }), 'exit');
      running = spawn(program, ['serve', ...settings], { stdio: ['ignore', 'ignore', 'pipe'] });
      let serving = null;
      for await (const line of createInterface(running.stderr)) {
        serving = line.match(/url=(http:\S+:(\d+))/);
        if (serving) break;
      }
      assert.ok(serving, 'the server is serving');
      [, server.api, server.port] = serving;
      running.stderr.resume();
    },
    // Answers the exit status.
    async stop() {
      running.kill('SIGTERM');
      const [status] = await once(running, 'exit');
      return status;
    },
  };
  t.after(async () => {
    if (running.exitCode === null) {
      running.kill('SIGKILL');
      await once(running, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  });
  await server.start();
  return server;
}
