/** What a page loads to upload: minified and compressed, beside the official SDKs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../scripts/ready.mjs';
import { figure, markdownTable } from './lib/statistics.mjs';

const source = (...path) => join(root, 'packages', 'uploader', 'src', ...path);

const OURS = [
  ['`@sluice/uploader`, everything', `export * from ${JSON.stringify(source('index.ts'))}`],
  ['`@sluice/uploader`, `createUploader` only', `export { createUploader } from ${JSON.stringify(source('index.ts'))}`],
  [
    '… without what is for browsers',
    `export { createUploaderOn } from ${JSON.stringify(source('core', 'uploader.ts'))}`,
  ],
  ['`@sluice/uploader/aliyun-upload`', `export * from ${JSON.stringify(source('aliyun-upload.ts'))}`],
];
const ALI_OSS = ['ali-oss', 'dist', 'aliyun-oss-sdk.min.js'];
const VOD = ['aliyun-upload-vod', 'dist', 'aliyun-upload-vod.min.js'];

/** Nothing here depends on chance: there are no rounds. */
export async function size() {
  const ours = await Promise.all(OURS.map(async ([name, code]) => [name, [await bundle(code)]]));
  const [oss, vod] = await Promise.all([ALI_OSS, VOD].map(published));
  const all = [
    ...ours,
    [`ali-oss ${oss.version}`, [oss.bytes]],
    [`aliyun-upload-vod ${vod.version} with the ali-oss it needs`, [vod.bytes, oss.bytes]],
  ];
  const rows = all.map(([name, files]) => [name, kib(files.map((file) => file.length)), kib(files.map(gzipped))]);
  return { text: markdownTable(['for browsers', 'minified, KiB', 'and gzip -9, KiB'], rows) };
}

const kib = (lengths) => figure(lengths.reduce((sum, length) => sum + length, 0) / 1024, 1);
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['sluice-source'],
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].contents;
}

/** As its makers minified it. */
async function published([name, ...path]) {
  const place = join(root, 'node_modules', name);
  const { version } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8'));
  return { version, bytes: await readFile(join(place, ...path)) };
}
