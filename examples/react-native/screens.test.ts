import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the screens fit the types of the built package', { timeout: 120_000 }, async () => {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const project = dirname(fileURLToPath(import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', project]);
  expect(stdout).toBe('');
});
