/** Compiles the packages and bundles the pages. Incremental: a second run does little. */
import { readFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from './ready.mjs';

run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', root]);

const { build } = await import('esbuild');
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const demo = join(root, 'packages', 'console', 'src', 'demo');
const out = join(root, 'packages', 'console', 'dist', 'demo');
await mkdir(out, { recursive: true });
const common = { bundle: true, minify: true, sourcemap: true, target: 'es2020', logLevel: 'warning' };
await Promise.all([
  build({ ...common, entryPoints: [join(demo, 'demo.ts')], outfile: join(out, 'demo.js'), format: 'esm' }),
  build({ ...common, entryPoints: [join(demo, 'demo.css')], outfile: join(out, 'demo.css') }),
  cp(join(demo, 'index.html'), join(out, 'index.html')),
  // For pages without a build of their own: `window.AliyunUpload`.
  build({
    ...common,
    entryPoints: [join(root, 'packages', 'uploader', 'src', 'aliyun-upload', 'global.ts')],
    outfile: join(root, 'packages', 'uploader', 'dist', 'aliyun-upload.global.js'),
    format: 'iife',
    banner: { js: `/* Sluice ${version}, Apache-2.0 */` },
  }),
]);
