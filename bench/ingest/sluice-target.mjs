/** Uploads to the product: multipart, or objects one by one. */
import { callOss, ossHead, startSluice, uploadToken } from '../lib/sluice.mjs';

/**
 * @param {string} directory @param {unknown} [_shape] @param {Record<string, string>} [settings] of the server
 * @returns {Promise<import('./targets.mjs').Running>}
 */
export async function startSluiceTarget(directory, _shape, settings) {
  const running = await startSluice(directory, { settings });
  const keys = await uploadToken(running);
  return {
    process: running.process,
    port: running.ossPort,
    keep: 'etag',
    begin: (name, shape) =>
      shape.objects ? objects(running, keys, name, shape) : multipart(running, keys, `bench/${name}`, shape),
  };
}

/** @returns {Promise<import('./targets.mjs').Upload>} */
async function objects(running, keys, name, { parts, partBytes }) {
  const request = (i) => ({ method: 'PUT', key: `bench/${name}-${i}` });
  return {
    heads: Array.from({ length: parts }, (_, i) => ossHead(running, keys, request(i), partBytes)),
    fetch: () => ossHead(running, keys, { method: 'GET', key: request(0).key }, 0),
  };
}

/** @returns {Promise<import('./targets.mjs').Upload>} */
export async function multipart(running, keys, key, { bytes, partBytes, parts }) {
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
    heads: Array.from({ length: parts }, (_, i) => headOf(i + 1)),
    async complete(etags) {
      const list = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
      const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
      await callOss(running, keys, { method: 'POST', key, query: [['uploadId', uploadId]] }, body);
    },
    async verify() {
      const { headers } = await callOss(running, keys, { method: 'HEAD', key });
      if (Number(headers['content-length']) !== bytes) throw new Error(`${headers['content-length']} bytes arrived`);
    },
    fetch: () => ossHead(running, keys, { method: 'GET', key }, 0),
  };
}
