/**
 * Builds for Hermes and runs there: esbuild bundles from the sources, Babel takes down what Hermes 0.12 (the last one on npm
 * that executes) does not know, `hermes -O` runs it. The syntax alone is also shown to the current compiler.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const run = promisify(execFile);

const PLATFORMS: Readonly<Record<string, string>> = { linux: 'linux64-bin', darwin: 'osx-bin', win32: 'win64-bin' };

/** `undefined` where npm has no binary for this machine. */
export function hermesBinary(): string | undefined {
  return binary('hermes-engine-cli', '', 'hermes');
}

export function hermesCompiler(): string | undefined {
  return binary('hermes-compiler', 'hermesc', 'hermesc');
}

function binary(packageName: string, folder: string, name: string): string | undefined {
  const platform = PLATFORMS[process.platform];
  if (platform === undefined || (process.platform === 'linux' && process.arch !== 'x64')) return undefined;
  const root = dirname(require.resolve(`${packageName}/package.json`));
  return join(root, folder, platform, process.platform === 'win32' ? `${name}.exe` : name);
}

/** The fakes take from Node what Hermes lacks; they alone are given it. */
const fakes: Plugin = {
  name: 'fakes',
  setup(context) {
    context.onResolve({ filter: /^node:crypto$/ }, () => ({ path: join(here, 'for-the-fakes.ts') }));
    context.onResolve({ filter: /^@sluice\/wire\/node$/ }, ({ importer, resolveDir }) =>
      context
        .resolve('@sluice/wire/noble', { importer, resolveDir, kind: 'import-statement' })
        .then(({ path }) => ({ path, namespace: 'noble-for-node' })),
    );
    context.onLoad({ filter: /.*/, namespace: 'noble-for-node' }, ({ path }) => ({
      contents: `export { nobleDigests as nodeDigests } from ${JSON.stringify(path)};`,
      resolveDir: dirname(path),
    }));
    context.onLoad({ filter: /[\\/]src[\\/]testing[\\/][^\\/]+\.ts$/ }, async ({ path }) => {
      const source = (await readFile(path, 'utf8')).replace(/\bPromise\.allSettled\b/g, 'allSettled');
      const names = ['Buffer', 'URL', 'TextEncoder', 'TextDecoder', 'allSettled', 'structuredClone', 'setImmediate'];
      const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(source));
      const shims = `import { ${used.join(', ')} } from './hermes/for-the-fakes.js';\n`;
      return { contents: used.length > 0 ? shims + source : source, loader: 'ts' };
    });
  },
};

/** One script of everything `entry` imports, from the sources, in the syntax of today. */
export async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    target: 'es2022',
    conditions: ['sluice-source', 'react-native'],
    mainFields: ['module', 'main'],
    plugins: [fakes],
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

interface Babel {
  transformAsync(source: string, options: object): Promise<{ code?: string | null } | null>;
}

/** The same program for Hermes 0.12. */
export async function lowered(source: string): Promise<string> {
  const { transformAsync } = require('@babel/core') as Babel;
  const result = await transformAsync(source, {
    babelrc: false,
    configFile: false,
    compact: false,
    presets: [[require.resolve('@babel/preset-env'), { targets: { ie: '11' }, modules: false }]],
  });
  return result?.code ?? '';
}

/** @param path where the program is kept @returns what it printed */
export async function runInHermes(hermes: string, program: string, path: string): Promise<string> {
  const globals = await readFile(join(here, 'react-native-globals.js'), 'utf8');
  await writeFile(path, await lowered(`${globals}\n${program}`));
  const { stdout } = await run(hermes, ['-O', '-w', path], { timeout: 240_000, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** @throws when the current Hermes does not take the syntax */
export async function compileForHermes(compiler: string, source: string, path: string): Promise<void> {
  await writeFile(path, source);
  await run(compiler, ['-O', '-w', '-emit-binary', '-out', `${path}.hbc`, path], { timeout: 240_000 });
}

export const scenariosEntry = join(here, 'main.ts');
export const productEntry = join(here, '..', '..', 'react-native.ts');
