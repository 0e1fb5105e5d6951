/** The token of the application, and what VOD says to it; nothing is made on the server. */

import type { StsCredentials } from '../api.js';
import { codeOf } from '../core/upload-error.js';
import { callVod } from '../core/vod-call.js';
import { inTime } from '../core/waiting.js';
import type { Check } from './check.js';
import { type CheckContext, known, PROBE_TITLE } from './check-context.js';
import { spoken } from './clock-check.js';
import { fail, ok, skipped, type Verdict, warn } from './finding.js';
import { credentialRefused, detailOf, isDenied } from './refusals.js';

const MEMBERS = ['accessKeyId', 'accessKeySecret', 'securityToken'] as const;
/** Nothing is called so: the question is only whether it may be asked. */
const NO_SUCH_VIDEO = 'sluice-doctor-no-such-video';
/** An extension no service takes: who may create is told so, who may not is told that; nothing is made. */
const NO_MEDIA = 'sluice-doctor.no-media';
/** Less is left than one renewal and a slow line may take. */
const SHORT = 60_000;

export const credentialChecks: readonly Check[] = [
  {
    id: 'credentials',
    title: 'credentials()',
    needs: ['options'],
    async run({ options, facts, secrets, line, signal }) {
      const { credentials } = options;
      if (!credentials) return skipped('With `auth` this client holds no token.');
      let answer: unknown;
      try {
        answer = await inTime(
          line.env.clock,
          line.timeout,
          signal,
          (ended) => credentials({ reason: 'initial', signal: ended }),
          'answer',
        );
      } catch (error) {
        if (codeOf(error) === 'Timeout') {
          return fail(
            `credentials() gave no answer within ${Math.round(line.timeout / 1000)} s`,
            'check that your token endpoint answers',
            { code: 'Timeout' },
          );
        }
        return fail(`credentials() failed${secrets.reasonOf(error)}`, 'check your token endpoint and its log', {
          ...(codeOf(error) === undefined ? {} : { code: String(codeOf(error)) }),
        });
      }
      return judgeCredentials(answer, facts, secrets);
    },
  },
  {
    id: 'token-life',
    title: 'Life of the token',
    needs: ['credentials'],
    run({ facts, line }) {
      const { expiration } = known(facts.credentials);
      if (expiration === undefined || expiration === null) {
        return warn(
          'credentials() does not say when the token ends, so it is renewed only after a refusal',
          'return the Expiration of AssumeRole as `expiration`',
        );
      }
      const end = new Date(expiration).getTime();
      if (Number.isNaN(end)) {
        return warn(
          'The `expiration` of credentials() is not a time, so the token is renewed only after a refusal',
          'return the Expiration of AssumeRole unchanged (ISO 8601), or milliseconds since 1970',
        );
      }
      const left = end - line.serverClock.now();
      const detail = { expiresAt: new Date(end).toISOString(), leftMs: Math.round(left) };
      if (left <= 0) {
        // Seconds taken for milliseconds end in January 1970.
        if (typeof expiration === 'number' && expiration < 1e11) {
          return fail(
            'The `expiration` of credentials() is in seconds',
            'return milliseconds since 1970, or the ISO 8601 text of AssumeRole',
            detail,
          );
        }
        return fail(
          `The token of credentials() ended ${spoken(-left)} ago`,
          'let your token endpoint ask AssumeRole for a new one before the old one ends',
          detail,
        );
      }
      if (left < SHORT) {
        return warn(
          `The token of credentials() ends in ${spoken(left)}`,
          'hand out tokens with more of their life left',
          detail,
        );
      }
      return ok(`The token is good for ${spoken(left)}.`, detail);
    },
  },
  {
    id: 'signature',
    title: 'Token and signature',
    needs: ['credentials', 'vod-service'],
    async run(context) {
      const refusal = await refusalOf(context, 'RefreshUploadVideo', { VideoId: NO_SUCH_VIDEO });
      if (refusal) {
        const refused = credentialRefused(refusal.error, 'VOD', 'The token', 'credentials()');
        if (refused) return refused;
        context.facts.refreshCode = isDenied(refusal.error) ? 'denied' : (codeOf(refusal.error) ?? '');
        if (!isAnswer(refusal.error)) {
          return fail(
            `VOD gave no usable answer to a signed call (${codeOf(refusal.error) ?? 'unknown'})`,
            'check the connection and the log of the VOD service',
            detailOf(refusal.error),
          );
        }
      }
      return ok('VOD knows the token and takes the signature.');
    },
  },
  {
    id: 'create-permission',
    title: 'vod:CreateUploadVideo',
    needs: ['signature'],
    async run(context) {
      const refusal = await refusalOf(context, 'CreateUploadVideo', { Title: PROBE_TITLE, FileName: NO_MEDIA });
      return permission('vod:CreateUploadVideo', refusal, 'no upload can begin');
    },
  },
  {
    id: 'refresh-permission',
    title: 'vod:RefreshUploadVideo',
    needs: ['signature'],
    run: ({ facts }) =>
      facts.refreshCode === 'denied'
        ? permission('vod:RefreshUploadVideo', { error: { code: 'Forbidden' } }, 'long and resumed uploads break off')
        : permission('vod:RefreshUploadVideo', undefined, ''),
  },
];

function judgeCredentials<File>(
  answer: unknown,
  facts: CheckContext<File>['facts'],
  secrets: CheckContext<File>['secrets'],
): Verdict {
  if (typeof answer !== 'object' || answer === null) {
    return fail(
      `credentials() answered ${answer === null ? 'null' : typeof answer} instead of an object`,
      `return { ${MEMBERS.join(', ')}, expiration }`,
    );
  }
  const given = answer as Record<string, unknown>;
  secrets.add(given.accessKeySecret, given.securityToken, given.AccessKeySecret, given.SecurityToken);
  const missing = MEMBERS.filter((name) => typeof given[name] !== 'string' || given[name] === '');
  if (missing.length === 0) {
    facts.credentials = answer as StsCredentials;
    return ok('credentials() answers a whole token.');
  }
  const detail = { missing: missing.join(', ') };
  const wrapped = ['Credentials', 'data'].find((name) => typeof given[name] === 'object' && given[name]);
  if (wrapped) {
    return fail(
      `credentials() answered the token inside of \`${wrapped}\``,
      `return what is in it, as { ${MEMBERS.join(', ')}, expiration }`,
      detail,
    );
  }
  if (missing.every((name) => typeof given[capital(name)] === 'string')) {
    return fail(
      `credentials() answered ${missing.map(capital).join(', ')}, written as AssumeRole does`,
      `name the members ${MEMBERS.join(', ')} and expiration`,
      detail,
    );
  }
  if (missing.length === 1 && missing[0] === 'securityToken') {
    return fail(
      'credentials() answered without securityToken',
      'hand out tokens of AssumeRole, never the access key of a user',
      detail,
    );
  }
  return fail(
    `credentials() answered without ${missing.join(', ')}`,
    `return { ${MEMBERS.join(', ')}, expiration } of AssumeRole`,
    detail,
  );
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `undefined` when it was answered after all. */
async function refusalOf<File>(
  { facts, line, signal }: CheckContext<File>,
  action: string,
  params: Readonly<Record<string, string>>,
): Promise<{ error: unknown } | undefined> {
  try {
    const answer = await callVod(line, known(facts.endpoint), known(facts.credentials), action, params, signal);
    // A service that takes any name has made a media all the same: the dry run uses it, the end takes it back.
    if (action === 'CreateUploadVideo' && typeof answer.VideoId === 'string') facts.videoId = answer.VideoId;
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'Canceled') throw error;
    return { error };
  }
}

/** Whether the service itself spoke. */
const isAnswer = (error: unknown): boolean =>
  !/^(NetworkError|Timeout|MalformedAnswer|Http\d+|InternalError)$/.test(codeOf(error) ?? '');

function permission(action: string, refusal: { error: unknown } | undefined, consequence: string): Verdict {
  if (!refusal) return ok(`The token may call ${action}.`);
  const { error } = refusal;
  if (isDenied(error)) {
    return fail(
      `The token may not call ${action}, so ${consequence}`,
      `allow ${action} in the role (AliyunVODUploadAuth does) and in the session policy of AssumeRole`,
      { action, ...detailOf(error) },
    );
  }
  if (isAnswer(error)) return ok(`The token may call ${action}.`);
  return fail(
    `VOD gave no usable answer to ${action} (${codeOf(error) ?? 'unknown'})`,
    'check the connection and the log of the VOD service',
    { action, ...detailOf(error) },
  );
}
