import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Uploader } from '../api.js';
import { testFile } from '../testing/bench.js';
import { DomParserOnNode, memoryStorage, xhrOn } from '../testing/fake-page.js';
import { MiniCloud } from '../testing/mini-cloud.js';

const common: BuildOptions & { write: false } = {
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  conditions: ['sluice-source'],
  write: false,
  logLevel: 'error',
};

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Names of the modules in what a page loads before anything is called, and in what it may load later. */
async function modulesOf(entry: string): Promise<{ readonly first: string[]; readonly later: string[] }> {
  const { metafile } = await build({
    ...common,
    entryPoints: { entry: path(entry) },
    outdir: '/out',
    splitting: true,
    format: 'esm',
    metafile: true,
  });
  const { outputs } = metafile;
  const first = new Set<string>();
  const walk = (name: string) => {
    if (first.has(name)) return;
    first.add(name);
    for (const { kind, path: other } of outputs[name]?.imports ?? []) if (kind === 'import-statement') walk(other);
  };
  walk(Object.keys(outputs).find((name) => name.endsWith('/entry.js')) ?? '');
  const modules = (names: string[]) =>
    names.flatMap((name) => Object.keys(outputs[name]?.inputs ?? {})).map((name) => name.replace(/^.*\//, ''));
  return { first: modules([...first]), later: modules(Object.keys(outputs).filter((name) => !first.has(name))) };
}

afterEach(() => vi.unstubAllGlobals());

describe('a page that bundles', () => {
  it('createUploader loads what few uploads need when one does', async () => {
    const { first, later } = await modulesOf('browser/create-uploader.ts');
    const rare = ['advice.ts', 'batch.ts', 'crc64-module.ts', 'instant.ts', 'oss-sub-resources.ts', 'oss-v1.ts'].concat(
      ['stream-source.ts', 'stream-work.ts', 'unfinished.ts', 'worker-hasher.ts', 'check-upload.ts', 'noble.ts'],
    );
    expect(later).toEqual(expect.arrayContaining(rare));
    expect(first.filter((name) => rare.includes(name))).toEqual([]);
    expect(first).toContain('transfer.ts');
  });

  it('the small entry loads nothing later but what WebCrypto lacks, and is without what it leaves out', async () => {
    const { first, later } = await modulesOf('core.ts');
    const digests = ['_md.js', '_u64.js', 'hmac.js', 'legacy.js', 'noble.ts', 'sha2.js', 'utils.js'];
    expect([...later].sort()).toEqual(digests);
    expect(first).toContain('transfer.ts');
    const left = [
      'app-authority.ts',
      'browser-tabs.ts',
      'check-options.ts',
      'cover.ts',
      'indexed-db-checkpoints.ts',
      'pace.ts',
    ];
    expect(first.filter((name) => left.includes(name))).toEqual([]);
  });

  it('works from one file as well: what is loaded later is in it', async () => {
    const { outputFiles } = await build({
      ...common,
      entryPoints: [path('browser/create-uploader.ts')],
      format: 'iife',
      globalName: 'sluice',
      minify: true,
      external: ['mediabunny'],
    });
    const { createUploader } = new Function(`${outputFiles[0]?.text}; return sluice;`)() as {
      createUploader(options: object): Uploader<Blob | ReadableStream>;
    };
    const cloud = new MiniCloud({ now: () => Date.now(), ossEndpoint: 'http://oss.test' });
    vi.stubGlobal('XMLHttpRequest', xhrOn(cloud.handle.bind(cloud)));
    vi.stubGlobal('DOMParser', DomParserOnNode);
    vi.stubGlobal('localStorage', memoryStorage());
    const uploader = createUploader({
      endpoint: 'http://vod.test',
      credentials: async () => cloud.issueToken(),
      signatureVersion: 'v1',
      parallel: 2,
    });
    const blob = new Blob([testFile(2_500_000).bytes as Uint8Array<ArrayBuffer>]);
    const batch = uploader.uploadAll([blob, blob.slice(0, 300_000).stream()]);
    const begun: unknown[] = [];
    batch.on('task', (task) => begun.push(task));
    expect(await batch).toMatchObject({ succeeded: 2, failed: 0 });
    expect(begun.length).toBe(2);
    expect(await uploader.unfinished()).toEqual([]);
    uploader.close();
  });
});
