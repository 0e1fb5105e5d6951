/** What code costs a page: bundled, minified, compressed. For the benchmark of sizes and the test that keeps them small. */
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Nothing is written; chunks need a place all the same. */
const OUT = tmpdir();

const uploader = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'uploader');

/**
 * What is loaded at once: code behind `import()` is not counted, but of the modules named.
 * @param {string} code an ES module
 * @param {string} directory where its imports are looked up
 * @param {readonly string[]} [external] packages the page has anyway
 * @param {readonly string[]} [later] modules behind `import()` that are counted, e.g. `noble.ts`
 */
export async function bundleSize(code, directory, external = [], later = []) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: directory },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['sluice-source'],
    external: [...external],
    absWorkingDir: OUT,
    outdir: OUT,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const texts = new Map(outputFiles.map(({ path, contents }) => [relative(OUT, path), contents]));
  const entries = ['<stdin>', ...later.map((name) => `/${name}`)].map((name) =>
    Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint?.endsWith(name)),
  );
  const atOnce = new Set(entries);
  for (const path of atOnce) {
    for (const { path: next, kind, external: outside } of metafile.outputs[path].imports) {
      if (kind === 'import-statement' && !outside) atOnce.add(next);
    }
  }
  const loaded = [...atOnce].map((path) => texts.get(path));
  const sum = (lengths) => lengths.reduce((all, length) => all + length, 0);
  return {
    minified: sum(loaded.map((bytes) => bytes.length)),
    gzip: sum(loaded.map((bytes) => gzipSync(bytes, { level: 9 }).length)),
  };
}

/** The budgets of `packages/uploader/size-budgets.json` whose entries exist, each with what the entry costs. */
export async function measureBudgets() {
  const { entries } = JSON.parse(readFileSync(join(uploader, 'size-budgets.json'), 'utf8'));
  const present = entries.filter(({ entry }) => existsSync(join(uploader, 'src', entry)));
  return Promise.all(
    present.map(async ({ name, entry, names = '*', external, later, gzipBudget }) => {
      const from = JSON.stringify(`./${entry}`);
      const size = await bundleSize(`export ${names} from ${from}`, join(uploader, 'src'), external, later);
      return { name, entry, gzipBudget, ...size };
    }),
  );
}
