import { ossEntry } from '../audit/oss-entry.js';
import type { Recording } from '../audit/recording.js';
import type { AuditTrail } from '../audit/trail.js';
import type { Log } from '../runtime.js';
import { asOssError } from './error-answer.js';
import type { OssError } from './oss-error.js';
import type { RequestTrace } from './request-trace.js';

export interface RequestRecorder {
  /** The record of a request that is let in: written with what it changes. */
  begin(trace: RequestTrace): Recording;
  /**
   * What was not written yet, once the outcome is known.
   * @returns the refusal when a request that went well could not be recorded
   */
  end(trace: RequestTrace, error: OssError | undefined): Promise<OssError | undefined>;
}

/** Records requests of the data plane; `undefined` where nothing is recorded. */
export function requestRecorder({
  audit,
  auditReads = false,
  log,
}: {
  readonly audit?: AuditTrail | undefined;
  readonly auditReads?: boolean;
  readonly log: Log;
}): RequestRecorder | undefined {
  if (!audit) return undefined;
  const home = audit.accountId;
  const entryOf = (trace: RequestTrace, error?: OssError) => {
    const outcome = error === undefined ? 'Allowed' : isRefusal(trace, error) ? 'Denied' : 'Failed';
    const { caller: principal, accessKeyId, sourceIp = '', body } = trace;
    const bytes = body?.stored;
    return ossEntry({ ...trace, sourceIp, principal, accessKeyId, bytes, code: error?.code }, home, outcome);
  };
  const reads = ({ method }: RequestTrace): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

  return {
    begin: (trace) => audit.begin(() => entryOf(trace)),
    async end(trace, error) {
      if (error === undefined) {
        if (!trace.recording || trace.recording.written || (reads(trace) && !auditReads)) return undefined;
        try {
          await audit.finish(trace.recording);
          return undefined;
        } catch (failed) {
          log.error({ err: failed, requestId: trace.requestId }, 'a request was not recorded');
          return asOssError(failed);
        }
      }
      // That something is not there, or has not changed, is what reading is about.
      if (reads(trace) && !isRefusal(trace, error) && !auditReads) return undefined;
      const known = trace.caller !== undefined && trace.caller.kind !== 'anonymous';
      audit.note(entryOf(trace, error), known ? 'known' : 'unknown');
      return undefined;
    },
  };
}

/** Nobody was recognised, or who was may not. */
const isRefusal = ({ caller }: RequestTrace, { status }: OssError): boolean => caller === undefined || status === 403;
