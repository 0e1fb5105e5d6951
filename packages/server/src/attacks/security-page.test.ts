import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const sources = fileURLToPath(new URL('..', import.meta.url));
const root = join(sources, '../../..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');

test('every test that the security page names is there', () => {
  const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`/g)].map((match) => match[1] as string);
  expect(new Set(named).size).toBeGreaterThan(20);
  for (const name of named) {
    const file = name.startsWith('packages/') ? join(root, name) : join(sources, name);
    expect(existsSync(file), name).toBe(true);
  }
});

test('every attack of its tables names a test, and every link leads somewhere', () => {
  const rows = page.split('\n').filter((line) => /^\|.*\|$/.test(line) && !/^\|[-|]+\|$/.test(line));
  const attacks = rows.filter((line) => line.split('|').length === 5 && !/^\| (attack|scheme) /.test(line));
  expect(attacks.length).toBeGreaterThan(20);
  const schemes = /^\| (RPC-SHA1|ACS3|OSS V[14]|POST policy) \|/;
  for (const line of attacks) if (!schemes.test(line)) expect(line).toMatch(/\.test\.ts`/);
  for (const [, link] of page.matchAll(/\]\(([^)#]+)/g)) {
    expect(existsSync(join(root, 'docs', link ?? '')), link).toBe(true);
  }
});
