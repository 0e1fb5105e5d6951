import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bundle,
  compileForHermes,
  hermesBinary,
  hermesCompiler,
  productEntry,
  runInHermes,
  scenariosEntry,
} from '../testing/hermes/run.js';
import { scenarios } from '../testing/native-scenarios.js';

const hermes = hermesBinary();
const compiler = hermesCompiler();
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-hermes-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe.skipIf(!hermes || !compiler)('Hermes', () => {
  it('uploads like Node: every scenario ends with the same data', { timeout: 240_000 }, async () => {
    const program = await bundle(scenariosEntry);
    const printed = await runInHermes(hermes ?? '', program, join(directory, 'scenarios.js'));
    const inHermes = printed
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as unknown);
    const inNode: unknown[] = [];
    for (const { name, run } of scenarios) inNode.push({ name, result: await run() });
    expect(inHermes).toEqual(JSON.parse(JSON.stringify(inNode)));
  });

  it('of today compiles the shipped entry as it is, without Babel', { timeout: 120_000 }, async () => {
    const path = join(directory, 'product.js');
    await compileForHermes(compiler ?? '', await bundle(productEntry), path);
    expect((await stat(`${path}.hbc`)).size).toBeGreaterThan(50_000);
  });
});
