/** A PC of its own for a story: the test server (`tests/src/server/`) with nothing on it yet. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../target/debug/test-server', import.meta.url));

export interface Desk {
  url: string;
  end(): Promise<void>;
}

export async function newDesk(): Promise<Desk> {
  const server = spawn(process.env['TEST_SERVER'] ?? built, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(server, 'exit');
  const line = await Promise.race([once(server.stdout, 'data'), gone.then(() => undefined)]);
  if (!line) throw new Error('the test server does not start: make build');
  return {
    url: String(line[0]).trim(),
    async end() {
      server.stdin.end();
      await gone;
    },
  };
}
