/** The uploader as it is published: imported on a server, shaken by a bundler, compiled by a strict consumer. */
import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPublished, manifestOf } from '../support/engines/published.js';
import { repository } from '../support/server.js';

const run = promisify(execFile);
const { exports } = await manifestOf('uploader');
const ENTRIES = Object.keys(exports).map((path) => `@sluice/uploader${path.slice(1)}`);
/** Those that exist for their effect. */
const GLOBAL = '@sluice/uploader/aliyun-upload.global.js';
const DEFINE = '@sluice/uploader/element/define';
const MODULES = ENTRIES.filter((entry) => entry !== GLOBAL && entry !== DEFINE);
/** Those for libraries, which look around by themselves when they are imported. */
const FOR_LIBRARIES = ['react', 'vue', 'uppy', 'media'].map((name) => `@sluice/uploader/${name}`);
const own = MODULES.filter((entry) => !FOR_LIBRARIES.includes(entry));

let project: string;

beforeAll(async () => {
  project = await installPublished();
});
afterAll(() => rm(project, { recursive: true, force: true }));

async function node(script: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [...args, '--eval', script], { cwd: project, env: {} });
  return JSON.parse(stdout);
}

describe('on a server, where there is no browser,', () => {
  // Also what exists in Node counts: a module that looks at it while it is imported may behave differently elsewhere.
  const traps = `
    const touched = [];
    for (const name of ['window', 'self', 'document', 'location', 'navigator', 'localStorage', 'sessionStorage', 'indexedDB',
      'caches', 'XMLHttpRequest', 'fetch', 'WebSocket', 'Worker', 'SharedWorker', 'BroadcastChannel', 'DOMParser', 'FileReader']) {
      Object.defineProperty(globalThis, name, { configurable: true, get() { touched.push(name); return undefined; } });
    }
    const names = new Set(Object.getOwnPropertyNames(globalThis));
    const settled = () => new Promise((done) => setTimeout(() => setImmediate(done), 20));
    await settled();
    const resources = process.getActiveResourcesInfo();
    const opened = () => process.getActiveResourcesInfo().filter((kind) => !resources.includes(kind));
    const report = (module) => settled().then(() => console.log(JSON.stringify({
      touched,
      added: Object.getOwnPropertyNames(globalThis).filter((name) => !names.has(name)),
      opened: opened(),
      exported: Object.keys(module),
    })));`;

  test.each(own)('importing %s touches nothing', async (entry) => {
    const report = await node(`${traps}\nawait report(await import('${entry}'));`, '--input-type=module');
    expect(report).toMatchObject({ touched: [], added: [], opened: [] });
    expect((report as { exported: string[] }).exported.length).toBeGreaterThan(0);
  });

  test.each([...FOR_LIBRARIES, DEFINE])('%s can be imported', async (entry) => {
    const module = await node(
      `console.log(JSON.stringify(Object.keys(await import('${entry}'))))`,
      '--input-type=module',
    );
    expect(module).toBeInstanceOf(Array);
  });

  test.each(MODULES)('%s can be required, too', async (entry) => {
    const names = await node(`console.log(JSON.stringify(Object.keys(require('${entry}'))))`, '--no-warnings');
    expect((names as string[]).length).toBeGreaterThan(0);
  });

  test('the script for pages adds its one name', async () => {
    const report = await node(`${traps}\nawait report(await import('${GLOBAL}'));`, '--input-type=module');
    expect(report).toMatchObject({ touched: [], added: ['AliyunUpload'], opened: [] });
  });

  test('an uploader of the browser can be made and closed', async () => {
    const state = await node(
      `import { createUploader } from '@sluice/uploader/browser';
       const uploader = createUploader({ endpoint: 'http://vod.test', credentials: () => new Promise(() => {}) });
       uploader.close();
       console.log(JSON.stringify(uploader.tasks));`,
      '--input-type=module',
    );
    expect(state).toEqual([]);
  });
});

describe('in a bundle', () => {
  async function bundled(code: string): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: project },
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2020',
      logLevel: 'silent',
    });
    return outputFiles[0]?.text ?? '';
  }

  // Node's entries need Node's modules, which a bundler for browsers does not find.
  const forPages = own.filter((entry) => !entry.endsWith('/node'));

  test.each(forPages)('%s leaves nothing when nothing of it is used', async (entry) => {
    expect((await bundled(`import '${entry}';`)).trim()).toBe('');
    expect((await bundled(`import * as all from '${entry}'; import { AliyunUpload } from '${entry}';`)).trim()).toBe(
      '',
    );
  });

  test('only what is used is there', async () => {
    const error = await bundled(`export { UploadError } from '@sluice/uploader/browser';`);
    const modern = await bundled(`export { createUploader } from '@sluice/uploader/browser';`);
    const all = await bundled(`export * from '@sluice/uploader/browser';`);
    console.info(`UploadError ${error.length}, createUploader ${modern.length}, everything ${all.length} bytes`);
    expect(error.length).toBeLessThan(modern.length / 10);
    expect(modern).not.toContain('onUploadstarted');
    expect(all).toContain('onUploadstarted');
  });

  test('the script for pages stays', async () => {
    expect(await bundled(`import '${GLOBAL}';`)).toContain('AliyunUpload');
  });
});

describe('for a strict TypeScript consumer', () => {
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    // The declarations of the package are checked with it.
    skipLibCheck: false,
    skipDefaultLibCheck: true,
    noEmit: true,
    target: 'es2022',
  } as const;
  const browser = { ...strict, lib: ['es2022', 'dom', 'dom.iterable'], types: [] };
  const consumers = {
    'a bundler for browsers': {
      compilerOptions: { ...browser, module: 'esnext', moduleResolution: 'bundler' },
      files: ['browser.ts', 'either.ts', 'readme.ts'],
    },
    'Node for browsers': {
      compilerOptions: { ...browser, module: 'nodenext', moduleResolution: 'nodenext' },
      files: ['browser.ts'],
    },
    Node: {
      compilerOptions: {
        ...strict,
        lib: ['es2022'],
        types: ['node'],
        module: 'nodenext',
        moduleResolution: 'nodenext',
      },
      files: ['node.ts', 'either.ts'],
    },
  };

  beforeAll(async () => {
    await cp(join(repository, 'e2e', 'support', 'engines', 'consumer'), project, { recursive: true });
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    await writeFile(join(project, 'readme.ts'), await readmeExamples());
  });

  test.each(Object.entries(consumers))('that resolves like %s', async (name, config) => {
    const file = join(project, `${name.replaceAll(' ', '-')}.json`);
    await writeFile(file, JSON.stringify(config));
    const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', file], { cwd: project }).catch((error) => error);
    expect(stdout).toBe('');
  });
});

/** The examples of the package's README, each in a scope of its own; what they leave to the reader is declared. */
async function readmeExamples(): Promise<string> {
  const text = await readFile(join(repository, 'packages', 'uploader', 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code as string);
  const forBrowsers = blocks.filter((code) => !code.includes("'@sluice/uploader/node'"));
  expect(forBrowsers.length).toBeGreaterThan(1);
  const imports = forBrowsers.flatMap((code, i) =>
    [...code.matchAll(/^import (?:type )?\{(.*)\} from ('.*');$/gm)].map(
      ([, names, from]) =>
        `import { ${(names as string).trim().replaceAll(/(\w+)(,|$)/g, `$1 as $1${i}$2`)} } from ${from};`,
    ),
  );
  const bodies = forBrowsers.map((code, i) => {
    const names = [...code.matchAll(/^import (?:type )?\{(.*)\} from/gm)].flatMap(([, list]) =>
      (list as string).split(',').map((name) => name.trim()),
    );
    const known = names.map((name) => `const ${name} = ${name}${i};`).join(' ');
    // An example may go on with what the first one imported.
    const first = names.includes('createUploader') ? '' : 'const createUploader = createUploader0;';
    return `export async function example${i}() {\n${first}${known}\n${code.replaceAll(/^import .*$/gm, '')}\n}`;
  });
  return [
    ...imports,
    "import type { StsCredentials, Uploader } from '@sluice/uploader/browser';",
    'declare const uploader: Uploader<File>;',
    'declare function show(...values: unknown[]): void;',
    'declare const input: HTMLInputElement;',
    'declare function fetchToken(): Promise<StsCredentials & Record<"AccessKeyId" | "AccessKeySecret" | "SecurityToken" | "Expiration", string>>;',
    'declare const file: File;',
    ...bodies,
  ].join('\n');
}
