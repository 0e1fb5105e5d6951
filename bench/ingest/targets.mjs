/**
 * Servers that take uploads, each with what it needs around the bytes. Another server is another entry of `targetsOf`: a
 * name, and how it is started.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findNginx } from '../../scripts/nginx.mjs';
import { firstLine, start } from '../lib/children.mjs';
import { requestHead } from '../lib/generator.mjs';
import { nativeProgram } from '../lib/native.mjs';
import { startNginx } from '../lib/nginx.mjs';
import { startPeer } from '../lib/peer.mjs';
import { MIB } from './shapes.mjs';
import { startSluiceTarget } from './sluice-target.mjs';

/** @typedef {import('./shapes.mjs').Shape} Shape */

/**
 * @typedef {object} Upload
 * @property {readonly string[]} heads of the requests, one for each part
 * @property {(etags: readonly string[]) => Promise<void>} [complete]
 * @property {() => Promise<void>} [verify] fails when not all of it is there
 * @property {(kept: readonly string[]) => string} fetch head of the request that fetches what was sent as one part
 */

/**
 * @typedef {object} Running
 * @property {import('node:child_process').ChildProcess} [process] whose tree is measured, and which is ended
 * @property {number} port
 * @property {() => number} [behindSeconds] processor seconds so far of what keeps the bytes for it
 * @property {string} [keep] answer header that `complete` and `fetch` are given
 * @property {(name: string, shape: Shape) => Promise<Upload>} begin
 */

/** @typedef {{ name: string, start(directory: string, shape: Shape): Promise<Running>, notFor?: (shape: Shape) => boolean }} Target */

export const LIMIT = 'C: receive, write, fdatasync';
export const TUS = '@tus/server';
export const SLUICE = 'Sluice';

/** Where a part is a file: nothing to begin and nothing to complete. @returns {Promise<Upload>} */
const plainPuts = async (name, { parts, partBytes }) => ({
  heads: Array.from({ length: parts }, (_, i) =>
    requestHead('PUT', `/${name}-${i}`, { host: 'localhost', 'content-length': String(partBytes) }),
  ),
  fetch: () => requestHead('GET', `/${name}-0`, { host: 'localhost' }),
});

/** One request makes and fills an upload (creation-with-upload of tus 1.0.0). @returns {Promise<Upload>} */
const tusCreations = async (_, { parts, partBytes }) => {
  const head = requestHead('POST', '/files', {
    host: 'localhost',
    'tus-resumable': '1.0.0',
    'upload-length': String(partBytes),
    'content-type': 'application/offset+octet-stream',
    'content-length': String(partBytes),
  });
  return {
    heads: Array.from({ length: parts }, () => head),
    fetch: ([location]) => requestHead('GET', new URL(location, 'http://localhost').pathname, { host: 'localhost' }),
  };
};

async function filesIn(directory) {
  const files = join(directory, 'files');
  await mkdir(files);
  return files;
}

/** @returns {Target} */
const nodePeer = (name, peer, more = {}) => ({
  name,
  start: async (directory) => ({
    ...(await startPeer(peer, [await filesIn(directory)])),
    begin: plainPuts,
    ...more,
  }),
});

/** @type {Target} */
const limit = {
  name: LIMIT,
  async start(directory) {
    const child = start([nativeProgram('store'), await filesIn(directory)], { stdio: ['ignore', 'pipe', 'inherit'] });
    return { process: child, port: Number(await firstLine(child)), begin: plainPuts };
  },
};

/** With the better of two buffers for each size of parts: 128 KiB for small ones, 1 MiB from 8 MiB on. @returns {Target} */
const nginx = ({ file }) => ({
  name: 'nginx DAV PUT',
  async start(directory, { partBytes }) {
    const running = await startNginx(file, directory, partBytes < 8 * MIB ? 128 * 1024 : MIB);
    return { ...running, begin: plainPuts };
  },
});

/** @returns {{ targets: Target[], facts: string[], missing: string }} */
export function targetsOf() {
  const found = findNginx();
  return {
    targets: [
      { name: SLUICE, start: startSluiceTarget },
      limit,
      ...(found ? [nginx(found)] : []),
      nodePeer('node:http, 1 MiB writev', 'node-writev'),
      nodePeer(TUS, 'tus', { begin: tusCreations, keep: 'location' }),
      { ...nodePeer('sink (what the load generator can do)', 'sink'), notFor: ({ download }) => download === true },
    ],
    facts: found ? [`nginx ${found.version}`] : [],
    missing: found ? '' : '\n\nnginx was not to be had here: install it, or set NGINX to its path.',
  };
}
