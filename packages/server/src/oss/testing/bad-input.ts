/**
 * Rows of bad input, each held against a whole data plane: status, code, extra elements and EC of reference oss 0.4; nothing
 * is stored, the connection serves on, and nothing but credentials and permissions is ever a 403.
 */
import { type Agent, request } from 'node:http';
import { expect } from 'vitest';
import { type Ask, type Reply, readReply, signed } from './client.js';
import type { TestPlane } from './data-plane.js';

export interface Row {
  readonly ask: Ask & { readonly path?: string };
  readonly status: number;
  readonly code: string;
  /** Elements beside the usual ones. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly ec?: string;
  /** Text that the message holds: what to do. */
  readonly message?: string;
}

/** What rows are about is made before they are read. */
export type Rows = Readonly<Record<string, () => Row>>;

/** An argument that is refused by its name. */
export const invalid = (name: string, value: string) => ({
  status: 400,
  code: 'InvalidArgument',
  extra: { ArgumentName: name, ArgumentValue: value },
});

/** Sends over one kept connection, so that it shows whether it survives. */
function askOver(agent: Agent, plane: TestPlane, { path, ...one }: Row['ask']): Promise<Reply> {
  const call = signed(plane, one);
  const body = one.body === undefined ? undefined : Buffer.from(one.body);
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port: plane.port,
        agent,
        method: call.method,
        path: path ?? call.path,
        headers: { ...(body ? { 'content-length': String(body.length) } : {}), ...call.headers },
      },
      (res) => readReply(res).then(resolve, reject),
    );
    req.on('error', reject);
    req.end(body);
  });
}

/** There must be an object `there` that holds `content`. */
export async function expectRefusal(plane: TestPlane, agent: Agent, row: Row): Promise<void> {
  const { ask: asked, status, code, extra = {}, ec, message } = row;
  const before = await stateOf(plane);
  const reply = await askOver(agent, plane, asked);
  expect([reply.status, reply.xml('Code')], reply.body.toString()).toEqual([status, code]);
  expect(reply.status, 'only credentials and permissions are a 403').not.toBe(403);
  for (const [name, value] of Object.entries(extra)) {
    // What XML cannot hold is told as it is; only its presence counts then.
    if (/^[ -~]*$/.test(value)) expect(unescaped(reply.xml(name)), name).toBe(value);
  }
  if (ec !== undefined) expect([reply.xml('EC'), reply.headers['x-oss-ec']]).toEqual([ec, ec]);
  if (message !== undefined) expect(reply.xml('Message')).toContain(message);
  expect(reply.xml('RequestId')).toBe(reply.headers['x-oss-request-id']);
  expect(reply.headers['content-type']).toBe('application/xml');
  // Nothing was stored, and the connection serves on or a new one does.
  expect(await stateOf(plane)).toEqual(before);
  const next = await askOver(agent, plane, { key: 'there' });
  expect([next.status, next.body.toString()]).toEqual([200, 'content']);
}

const unescaped = (text: string | undefined): string | undefined =>
  text?.replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');

/** Everything that is stored. */
async function stateOf({ db, files }: TestPlane): Promise<unknown> {
  const objects = await db
    .selectFrom('objects')
    .select(['object_key', 'object_id', 'tags', 'acl'])
    .orderBy('object_key')
    .execute();
  const uploads = await db.selectFrom('uploads').select('upload_id').orderBy('upload_id').execute();
  const stored = await db.selectFrom('parts').select(['part_number', 'blob']).orderBy('blob').execute();
  const buckets = await db.selectFrom('buckets').select(['bucket', 'acl', 'policy']).orderBy('bucket').execute();
  const settings = await db.selectFrom('bucket_settings').selectAll().execute();
  return { objects, uploads, stored, buckets, settings, files: (await files()).sort() };
}
