import { isOssSubResource, type Pair } from '@sluice/wire';
import type { Address } from './addressing.js';
import type { Operation } from './operation.js';
import { OPERATIONS } from './operations.js';
import { notImplemented, OssError } from './oss-error.js';

/** Sub-resources that change how an operation is signed or answered, not which one it is. */
const MODIFIERS = new Set([
  'security-token',
  'x-oss-traffic-limit',
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-additional-headers',
  'x-oss-signature',
  'x-oss-security-token',
]);
const isModifier = (name: string): boolean => MODIFIERS.has(name) || name.startsWith('response-');

/** Headers that turn an operation into another one. */
const TURNING_HEADERS = ['x-oss-copy-source'];

/**
 * Finds the operation by method and sub-resources; all of them have to fit, so that `PUT ?acl` is never taken for a
 * PutObject.
 * @throws {OssError} `NotImplemented` for what OSS knows and this server does not, `MissingArgument`, `MethodNotAllowed`
 */
export function chooseOperation(
  method: string,
  address: Address,
  query: readonly Pair[],
  headers: ReadonlyMap<string, string>,
): Operation {
  const named = new Set(query.map(([name]) => name).filter((name) => isOssSubResource(name) && !isModifier(name)));
  if (address.key === undefined) {
    throw notImplemented(`${method} on ${address.bucket === undefined ? 'the service' : 'a bucket'}`);
  }
  for (const name of TURNING_HEADERS) if (headers.has(name)) throw notImplemented(name);
  const operation = OPERATIONS.find(
    ({ method: m, subResources: s }) => m === method && s.length === named.size && s.every((name) => named.has(name)),
  );
  if (operation) return operation;
  const known = new Set(OPERATIONS.flatMap(({ subResources }) => subResources));
  const unknown = [...named].find((name) => !known.has(name));
  if (unknown !== undefined) throw notImplemented(`The parameter ${unknown}`);
  if (method === 'PUT' && (named.has('partNumber') || named.has('uploadId'))) {
    const missing = named.has('uploadId') ? 'partNumber' : 'uploadId';
    throw new OssError('MissingArgument', { extra: [['ArgumentName', missing]] });
  }
  throw new OssError('MethodNotAllowed', {
    extra: [
      ['Method', method],
      ['ResourceType', 'Object'],
    ],
  });
}
