import { OSS_XML_TYPE, ossErrorXml } from '@sluice/wire';
import { DatabaseFull, DatabaseUnavailable } from '../db/database-errors.js';
import type { Answer } from './answer.js';
import { BodyInterrupted, EngineFull, EngineUnavailable } from './engine/engine.js';
import { OssError } from './oss-error.js';

/** An answer to HEAD has the error in a header, and clients bound the size of those. */
const MAX_EXTRA_IN_HEADER = 512;

/** Whatever was thrown, as a refusal of the dialect. */
export function asOssError(error: unknown): OssError {
  if (error instanceof OssError) return error;
  if (error instanceof BodyInterrupted) return new OssError('IncompleteBody', { close: true, cause: error });
  if (error instanceof EngineFull || error instanceof DatabaseFull)
    return new OssError('ServiceUnavailable', { cause: error });
  if (error instanceof DatabaseUnavailable) {
    return new OssError('ServiceUnavailable', {
      message: 'The index of the storage is away. Try again.',
      cause: error,
    });
  }
  if (['EMFILE', 'ENFILE'].includes((error as { code?: string }).code ?? '')) {
    return new OssError('ServiceUnavailable', {
      message: 'The server has too many files open to serve this now. Try again.',
      cause: error,
    });
  }
  if (error instanceof EngineUnavailable) {
    return new OssError('ServiceUnavailable', {
      message: 'The storage of this server is not available at the moment. Please send the request again.',
      headers: { 'retry-after': String(error.retryAfter) },
      cause: error,
    });
  }
  return new OssError('InternalError', { cause: error });
}

/** XML in the body; for HEAD, which has none, the same in `x-oss-err` (reference oss 0.3). */
export function errorAnswer(error: OssError, where: { method: string; host: string; requestId: string }): Answer {
  const { extra = [], ec, headers } = error.detail;
  const head = where.method === 'HEAD';
  const xml = ossErrorXml({
    Code: error.code,
    Message: error.message,
    RequestId: where.requestId,
    HostId: where.host,
    extra: head ? extra.filter(([, value]) => value.length <= MAX_EXTRA_IN_HEADER) : extra,
    ...(ec === undefined ? {} : { EC: ec }),
  });
  const common = { ...headers, ...(ec === undefined ? {} : { 'x-oss-ec': ec }) };
  return head
    ? { status: error.status, headers: { ...common, 'x-oss-err': Buffer.from(xml).toString('base64') } }
    : { status: error.status, headers: { ...common, 'content-type': OSS_XML_TYPE }, body: xml };
}
