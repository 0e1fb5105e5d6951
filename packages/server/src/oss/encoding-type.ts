import { invalidArgument } from './oss-error.js';

/** Whether keys are wanted percent-encoded in the answer. @throws {OssError} `InvalidArgument` */
export function readEncodingType(query: ReadonlyMap<string, string>): boolean {
  const type = query.get('encoding-type');
  if (type === undefined || type === '') return false;
  if (type !== 'url') throw invalidArgument('encoding-type', type);
  return true;
}
