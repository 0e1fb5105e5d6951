import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from './server.js';

export interface ServedExample {
  readonly url: string;
  stop(): Promise<void>;
}

/** Runs `examples/serve.mjs` as a user would. */
export async function serveExample(name: string, api: string): Promise<ServedExample> {
  const child = spawn(process.execPath, [join(repository, 'examples', 'serve.mjs'), name, api, '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [url] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(([code]) => {
      throw new Error(`the example ended with ${code}`);
    }),
  ])) as [string];
  return {
    url,
    async stop() {
      child.kill();
      await exited;
    },
  };
}
