/** Servers that take uploads, each with what it needs around the bytes. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requestHead } from './generator.mjs';
import { startNginx } from './nginx.mjs';
import { startPeer } from './peer.mjs';
import { callOss, ossHead, startSluice, uploadToken } from './sluice.mjs';

export const MIB = 2 ** 20;

/**
 * @typedef {object} Shape
 * @property {number} bytes in all
 * @property {number} partBytes
 * @property {number} parts
 */

/**
 * @typedef {object} Upload
 * @property {() => string[]} heads of the requests, one for each part
 * @property {(etags: readonly string[]) => Promise<void>} complete
 * @property {() => Promise<void>} verify fails when not all of it is there
 */

/**
 * @typedef {object} Running
 * @property {import('node:child_process').ChildProcess} process
 * @property {number} port
 * @property {(name: string, shape: Shape) => Promise<Upload>} begin
 */

/** @typedef {{ name: string, start(directory: string, shape: Shape): Promise<Running> }} Target */

/** Where a part is a file: nothing to begin and nothing to complete. @returns {Promise<Upload>} */
const plainPuts = async (name, { parts, partBytes }) => ({
  heads: () =>
    Array.from({ length: parts }, (_, i) =>
      requestHead('PUT', `/${name}-${i}`, { host: 'localhost', 'content-length': String(partBytes) }),
    ),
  complete: async () => {},
  verify: async () => {},
});

/** @type {Target} */
export const sluice = {
  name: 'Sluice',
  /** @param {Record<string, string>} [settings] */
  async start(directory, _shape, settings) {
    const running = await startSluice(directory, { settings });
    const keys = await uploadToken(running);
    return {
      process: running.process,
      port: running.ossPort,
      begin: (name, shape) => multipart(running, keys, `bench/${name}`, shape),
    };
  },
};

/** @returns {Promise<Upload>} */
async function multipart(running, keys, key, { bytes, partBytes, parts }) {
  const begun = await callOss(running, keys, { method: 'POST', key, query: [['uploads', '']] });
  const uploadId = /<UploadId>([^<]+)</.exec(begun.body)?.[1] ?? '';
  const headOf = (partNumber) => {
    const query = /** @type {[string, string][]} */ ([
      ['partNumber', String(partNumber)],
      ['uploadId', uploadId],
    ]);
    return ossHead(running, keys, { method: 'PUT', key, query }, partBytes);
  };
  return {
    heads: () => Array.from({ length: parts }, (_, i) => headOf(i + 1)),
    async complete(etags) {
      const list = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
      const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
      await callOss(running, keys, { method: 'POST', key, query: [['uploadId', uploadId]] }, body);
    },
    async verify() {
      const { headers } = await callOss(running, keys, { method: 'HEAD', key });
      if (Number(headers['content-length']) !== bytes) throw new Error(`${headers['content-length']} bytes arrived`);
    },
  };
}

/** With the better of two buffers for each size of parts: 128 KiB for small ones, 1 MiB from 8 MiB on. */
export const nginx = ({ file }) =>
  /** @type {Target} */ ({
    name: 'nginx DAV PUT',
    async start(directory, { partBytes }) {
      const running = await startNginx(file, directory, partBytes < 8 * MIB ? 128 * 1024 : MIB);
      return { ...running, begin: plainPuts };
    },
  });

/** @type {Target} */
export const nodePipe = {
  name: 'node:http pipe to a file',
  async start(directory) {
    const files = join(directory, 'files');
    await mkdir(files);
    return { ...(await startPeer('node-pipe', [files])), begin: plainPuts };
  },
};

/** @type {Target} */
export const sink = {
  name: 'sink (what the load generator can do)',
  start: async () => ({ ...(await startPeer('sink')), begin: plainPuts }),
};
