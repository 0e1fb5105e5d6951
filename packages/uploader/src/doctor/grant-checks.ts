/** The credential of one file: from VOD with the token, or from the application. Makes an empty media. */
import { decodeUploadAddress, decodeUploadAuth, parseIso } from '@sluice/wire';
import type { AuthContext, UploadOptions } from '../api.js';
import { codeOf } from '../core/upload-error.js';
import { callVod } from '../core/vod-call.js';
import { inTime } from '../core/waiting.js';
import type { Check } from './check.js';
import { type CheckContext, known, PROBE_TITLE } from './check-context.js';
import { spoken } from './clock-check.js';
import { fail, ok, skipped, type Verdict, warn } from './finding.js';
import { credentialRefused, detailOf, isDenied } from './refusals.js';

const FILE_NAME = `${PROBE_TITLE}.mp4`;

export const grantChecks: readonly Check[] = [
  {
    id: 'grant',
    title: 'Credential of one file',
    needs: ['options'],
    after: [
      'create-permission',
      'signature',
      'credentials',
      'vod-service',
      'vod-reachable',
      'vod-mixed-content',
      'vod-cors',
    ],
    async run(context) {
      if (!context.probe) return skipped('Looking at the data plane takes a dry run, which was not asked for.');
      const { options, line } = context;
      const source = options.auth ? 'auth()' : 'VOD';
      const askedAt = line.serverClock.now();
      let answer: unknown;
      try {
        answer = options.auth ? await askApplication(context, 'create-video') : await askVod(context);
      } catch (error) {
        if (codeOf(error) === 'Canceled') throw error;
        return notGranted(context, error, source);
      }
      return judgeGrant(context, answer, source, askedAt);
    },
  },
  {
    id: 'grant-renewal',
    title: 'Renewal by auth()',
    needs: ['grant'],
    async run(context) {
      const { options, facts } = context;
      if (!options.auth) return skipped('With a token this is what vod:RefreshUploadVideo is for.');
      if (facts.videoId === undefined) {
        return fail('auth() answered without VideoId', 'hand the answer of CreateUploadVideo through as it is');
      }
      try {
        const answer = await askApplication(context, 'refresh-video', facts.videoId);
        const text = (answer as { UploadAuth?: unknown } | null)?.UploadAuth;
        if (typeof text === 'string') context.secrets.add(text);
        const auth = typeof text === 'string' ? decodeUploadAuth(text) : undefined;
        if (auth) {
          context.secrets.add(auth.AccessKeySecret, auth.SecurityToken);
          return ok('auth() renews the credential of a file.');
        }
        return fail(
          'auth() answered `refresh-video` without a usable UploadAuth, so long and resumed uploads break off',
          'call RefreshUploadVideo for `videoId` and hand its answer through as it is',
        );
      } catch (error) {
        if (codeOf(error) === 'Canceled') throw error;
        const reason = context.secrets.reasonOf(error);
        return fail(
          `auth() failed for \`refresh-video\`${reason}, so long and resumed uploads break off`,
          'call RefreshUploadVideo for `videoId` in your back end, and look into its log',
          detailOf(error),
        );
      }
    },
  },
  {
    id: 'region',
    title: 'Region',
    needs: ['grant'],
    run({ facts, options }) {
      const { Region } = known(facts.auth);
      const wanted =
        options.region ?? /^https?:\/\/vod\.([a-z0-9-]+)\.aliyuncs\.com/i.exec(options.endpoint ?? '')?.[1];
      const settings = known(facts.settings);
      if (Region === undefined) {
        return ok(`The UploadAuth names no region, so requests are signed for ${settings.region}.`, {
          region: settings.region,
        });
      }
      const detail = { region: Region, ...(wanted === undefined ? {} : { wanted }) };
      if (wanted !== undefined && Region.replace(/^oss-/, '') !== wanted) {
        return warn(
          `The UploadAuth names region ${Region}, not ${wanted}; the store is signed for ${Region.replace(/^oss-/, '')}, and the official upload SDKs call VOD at vod.${Region}.aliyuncs.com from then on`,
          'choose the region in which the media are kept, or configure the region of the VOD service',
          detail,
        );
      }
      const host = options.endpoint === undefined ? '' : new URL(known(facts.endpoint)).hostname;
      if (host !== '' && !host.endsWith('.aliyuncs.com')) {
        return warn(
          `The UploadAuth names region ${Region} although VOD is at ${host}; the official upload SDKs call vod.${Region}.aliyuncs.com from then on, token included`,
          'let the VOD service leave Region out (Sluice does), or use this SDK only, which stays at `endpoint`',
          detail,
        );
      }
      return ok(`The UploadAuth names region ${Region}.`, detail);
    },
  },
];

/** The media of an earlier check is used again, so that at most one remains in an account. */
async function askVod<File>({ facts, line, signal, partSize }: CheckContext<File>): Promise<unknown> {
  const call = (action: string, params: Readonly<Record<string, string>>) =>
    callVod(line, known(facts.endpoint), known(facts.credentials), action, params, signal);
  if (facts.videoId !== undefined) return call('RefreshUploadVideo', { VideoId: facts.videoId });
  if (facts.refreshCode !== 'denied') {
    try {
      return await call('RefreshUploadVideo', { ReferenceId: PROBE_TITLE });
    } catch (error) {
      if (codeOf(error) === 'Canceled') throw error;
    }
  }
  const create = { Title: PROBE_TITLE, FileName: FILE_NAME, FileSize: String(partSize) };
  try {
    return await call('CreateUploadVideo', { ...create, ReferenceId: PROBE_TITLE });
  } catch (error) {
    // The reference belongs to somebody whose media this token may not touch.
    if (codeOf(error) === 'InvalidParameter') return call('CreateUploadVideo', create);
    throw error;
  }
}

function askApplication<File>(
  { options, line, signal, pieces, partSize }: CheckContext<File>,
  kind: AuthContext['kind'],
  videoId?: string,
): Promise<unknown> {
  const meta: UploadOptions = { title: PROBE_TITLE, fileName: FILE_NAME };
  const file = pieces.probeFile(partSize, FILE_NAME);
  const reason = kind === 'refresh-video' ? 'ahead' : 'initial';
  return inTime(
    line.env.clock,
    line.timeout,
    signal,
    (ended) => known(options.auth)({ kind, file, meta, videoId, reason, signal: ended }),
    'answer',
  );
}

function notGranted<File>(context: CheckContext<File>, error: unknown, source: string): Verdict {
  if (source === 'auth()') {
    if (codeOf(error) === 'Timeout') {
      return fail(
        `auth() gave no answer within ${Math.round(context.line.timeout / 1000)} s`,
        'check that your back end answers',
        { code: 'Timeout' },
      );
    }
    return fail(
      `auth() failed${context.secrets.reasonOf(error)}`,
      'look into the log of your back end; it has to answer with what CreateUploadVideo gave it',
      detailOf(error),
    );
  }
  const refused = credentialRefused(error, 'VOD', 'The token', 'credentials()');
  if (refused) return refused;
  if (isDenied(error)) {
    return fail(
      'The token may not create a media called sluice-doctor',
      'look at the conditions and resources in the role and in the session policy of AssumeRole',
      detailOf(error),
    );
  }
  return fail(
    `VOD made no media for the dry run (${codeOf(error) ?? 'unknown'})`,
    'look into the log of the VOD service',
    detailOf(error),
  );
}

function judgeGrant<File>(context: CheckContext<File>, answer: unknown, source: string, askedAt: number): Verdict {
  const { facts, secrets, line } = context;
  const given = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  secrets.add(given.UploadAuth);
  if (typeof given.VideoId === 'string' && given.VideoId !== '') facts.videoId = given.VideoId;
  const handThrough =
    source === 'VOD'
      ? 'check that `endpoint` is a VOD service'
      : 'hand the answer of CreateUploadVideo through as it is';
  for (const name of ['UploadAuth', 'UploadAddress']) {
    if (typeof given[name] !== 'string' || given[name] === '') {
      return fail(`${source} answered without ${name}`, handThrough, { missing: name });
    }
  }
  const auth = decodeUploadAuth(given.UploadAuth as string);
  if (!auth) return fail(`The UploadAuth of ${source} is not base64 of the expected JSON`, handThrough);
  secrets.add(auth.AccessKeySecret, auth.SecurityToken);
  const address = decodeUploadAddress(given.UploadAddress as string);
  if (!address) return fail(`The UploadAddress of ${source} is not base64 of the expected JSON`, handThrough);
  facts.auth = auth;
  facts.target = { endpoint: address.Endpoint, bucket: address.Bucket, key: address.FileName };
  const life = Number(auth.Expiration) * 1000;
  const end = parseIso(auth.ExpireUTCTime ?? '') ?? (life > 0 ? askedAt + life : undefined);
  const left = end === undefined ? undefined : end - line.serverClock.now();
  const detail = {
    endpoint: address.Endpoint,
    bucket: address.Bucket,
    ...(left === undefined ? {} : { leftMs: Math.round(left) }),
  };
  if (left !== undefined && left <= 0) {
    return fail(
      `The UploadAuth of ${source} ended ${spoken(-left)} ago`,
      source === 'VOD' ? 'set the clock of the VOD service' : 'do not cache it: ask VOD for every file',
      detail,
    );
  }
  return ok(
    `${source} hands out the credential of one file${left === undefined ? '' : `, good for ${spoken(left)}`}.`,
    detail,
  );
}
