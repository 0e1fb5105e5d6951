import { isOssSubResource, type Pair } from '@sluice/wire';
import type { Address } from './addressing.js';
import type { Operation } from './operation.js';
import { OPERATIONS } from './operations.js';
import { notImplemented, OssError } from './oss-error.js';

/** Sub-resources that change how an operation is signed or answered, not which one it is. */
const MODIFIERS = new Set([
  'continuation-token',
  'security-token',
  'callback',
  'callback-var',
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

/** Sub-resources that came after V1 signatures, which do not sign them. */
const NEWER = new Set([
  'MetaQuery',
  'accessPointConfigForObjectProcess',
  'accessPointForObjectProcess',
  'accessPointPolicyForObjectProcess',
  'accessmonitor',
  'cleanRestoredObject',
  'dataPipeline',
  'legalHold',
  'objectWorm',
  'overwriteConfig',
  'regions',
  'retention',
  'rtc',
  'seal',
  'userDefinedLogFieldsConfig',
]);

/**
 * Whether a parameter says which operation is meant. In a write one without a value does, known or not: without it
 * `DELETE ?someConfiguration` of a newer client would be a DeleteBucket.
 */
function namesOperation(method: string, [name, value]: Pair): boolean {
  if (isModifier(name)) return false;
  if (isOssSubResource(name) || NEWER.has(name)) return true;
  return value === '' && method !== 'GET' && method !== 'HEAD' && !PLAIN.has(name);
}

/** Parameters that writes have beside those, empty or not. */
const PLAIN = new Set(['encoding-type', 'OSSAccessKeyId', 'Expires', 'Signature']);

/** What a request is about. A bucket that need not be there is a bucket here. */
type Level = 'Service' | 'Bucket' | 'Object';

const levelOf = ({ bucket, key }: Address): Level =>
  bucket === undefined ? 'Service' : key === undefined ? 'Bucket' : 'Object';

const LEVELS: Readonly<Record<Operation['on'], Level>> = {
  service: 'Service',
  bucket: 'Bucket',
  'new-bucket': 'Bucket',
  object: 'Object',
};

/** Headers that turn an operation into another one, whether this server knows it or not. */
const TURNING_HEADERS = ['x-oss-copy-source'];

/**
 * Finds the operation by what the request is about, its method, its sub-resources and the headers that turn it; all of
 * them have to fit, so that `PUT ?acl` is never taken for a PutObject.
 * @throws {OssError} `NotImplemented` for what OSS knows and this server does not, `MissingArgument`, `MethodNotAllowed`
 */
export function chooseOperation(
  method: string,
  address: Address,
  query: readonly Pair[],
  headers: ReadonlyMap<string, string>,
): Operation {
  const named = new Set(query.filter((pair) => namesOperation(method, pair)).map(([name]) => name));
  // Parts are taken in any order, so also in theirs.
  if (named.has('uploads')) named.delete('sequential');
  // The version that an object without versions has: the object.
  const plainWrite = method === 'PUT' || method === 'POST' ? named.size === 1 : false;
  if (!plainWrite && query.some(([name, value]) => name === 'versionId' && value === 'null')) named.delete('versionId');
  const level = levelOf(address);
  const turning = TURNING_HEADERS.find((name) => headers.has(name));
  const here = OPERATIONS.filter(({ on }) => LEVELS[on] === level);
  const operation = here.find(
    ({ method: m, subResources: s, turnedBy }) =>
      m === method && turnedBy === turning && s.length === named.size && s.every((name) => named.has(name)),
  );
  if (operation) return operation;
  const missing = level === 'Object' ? missingArgument(method, named) : undefined;
  if (missing !== undefined) throw new OssError('MissingArgument', { extra: [['ArgumentName', missing]] });
  if (turning !== undefined) throw notImplemented(turning);
  const known = new Set(here.flatMap(({ subResources }) => subResources));
  const unknown = [...named].find((name) => !known.has(name));
  if (unknown !== undefined) throw notImplemented(`The parameter ${unknown}`);
  throw new OssError('MethodNotAllowed', {
    extra: [
      ['Method', method],
      ['ResourceType', level],
    ],
  });
}

/** What stands beside its fellow in every operation that has one of them. */
function missingArgument(method: string, named: ReadonlySet<string>): string | undefined {
  const only = named.size === 1 ? [...named][0] : undefined;
  if (method === 'PUT' && only === 'partNumber') return 'uploadId';
  if (method === 'PUT' && only === 'uploadId') return 'partNumber';
  if (method === 'POST' && only === 'append') return 'position';
  if (method === 'POST' && only === 'position') return 'append';
  return undefined;
}
