/** What a page loads to upload: minified and compressed, beside the peers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundleSize, measureBudgets } from '../scripts/bundle-size.mjs';
import { root } from '../scripts/ready.mjs';
import { figure, markdownTable } from './lib/statistics.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Packages, and the code of a page that uploads with them. */
const PEERS = [
  [['tus-js-client'], `export { Upload } from 'tus-js-client'`],
  [
    ['@uppy/core', '@uppy/aws-s3'],
    `export { default as Uppy } from '@uppy/core'; export { default as AwsS3 } from '@uppy/aws-s3'`,
  ],
  [
    ['@uppy/core', '@uppy/aws-s3', '@uppy/golden-retriever'],
    `export { default as Uppy } from '@uppy/core'; export { default as AwsS3 } from '@uppy/aws-s3';
     export { default as GoldenRetriever } from '@uppy/golden-retriever'`,
  ],
  [
    ['@aws-sdk/lib-storage', '@aws-sdk/client-s3'],
    `export { Upload } from '@aws-sdk/lib-storage'; export { S3Client } from '@aws-sdk/client-s3'`,
  ],
  [['ali-oss'], `export { default } from 'ali-oss'`],
  [['aliyun-upload-vod', 'ali-oss'], `export { default } from 'aliyun-upload-vod'`],
];

const ALI_OSS = ['ali-oss', 'dist', 'aliyun-oss-sdk.min.js'];
const VOD = ['aliyun-upload-vod', 'dist', 'aliyun-upload-vod.min.js'];

/** Nothing here depends on chance: there are no rounds. */
export async function size() {
  const ours = await measureBudgets();
  const peers = await Promise.all(
    PEERS.map(async ([names, code]) => ({ name: await versions(names), ...(await bundleSize(code, here)) })),
  );
  const [oss, vod] = await Promise.all([published(ALI_OSS), published(VOD)]);
  const asPublished = [
    { name: `ali-oss, as its makers minified it`, ...oss },
    {
      name: `aliyun-upload-vod, as its makers minified it, with the ali-oss it needs`,
      minified: vod.minified + oss.minified,
      gzip: vod.gzip + oss.gzip,
    },
  ];
  const rows = [...ours, ...peers, ...asPublished].map(({ name, minified, gzip, gzipBudget }) => [
    name,
    figure(minified),
    figure(gzip),
    figure(gzipBudget ?? Number.NaN),
  ]);
  return { text: markdownTable(['for browsers', 'minified, bytes', 'and gzip -9, bytes', 'budget'], rows) };
}

async function versions(names) {
  const texts = names.map(async (name) => {
    const file = join(root, 'node_modules', name, 'package.json');
    return `${name} ${JSON.parse(await readFile(file, 'utf8')).version}`;
  });
  return (await Promise.all(texts)).join(' + ');
}

async function published(path) {
  const bytes = await readFile(join(root, 'node_modules', ...path));
  return { minified: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}
