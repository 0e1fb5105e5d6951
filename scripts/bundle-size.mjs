/** What code costs a page: bundled, minified, compressed. For the benchmark of sizes and the test that keeps them small. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const uploader = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'uploader');

/**
 * @param {string} code an ES module
 * @param {string} directory where its imports are looked up
 * @param {readonly string[]} [external] packages the page has anyway
 */
export async function bundleSize(code, directory, external = []) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: directory },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['sluice-source'],
    external: [...external],
    write: false,
    logLevel: 'error',
  });
  const bytes = outputFiles[0].contents;
  return { minified: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

/** The budgets of `packages/uploader/size-budgets.json` whose entries exist, each with what the entry costs. */
export async function measureBudgets() {
  const { entries } = JSON.parse(readFileSync(join(uploader, 'size-budgets.json'), 'utf8'));
  const present = entries.filter(({ entry }) => existsSync(join(uploader, 'src', entry)));
  return Promise.all(
    present.map(async ({ name, entry, names = '*', external = [], gzipBudget }) => {
      const from = JSON.stringify(`./${entry}`);
      const size = await bundleSize(`export ${names} from ${from}`, join(uploader, 'src'), external);
      return { name, entry, gzipBudget, ...size };
    }),
  );
}
