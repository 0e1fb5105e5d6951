/** The control plane: can it be reached, may this page read it, is it a VOD service, what time is it there. */

import { checkOptions } from '../core/check-options.js';
import { exchange } from '../core/exchange.js';
import { readJsonObject } from '../core/read-error.js';
import { resolveOptions } from '../core/resolve-options.js';
import type { Check } from './check.js';
import { known } from './check-context.js';
import { clockVerdict } from './clock-check.js';
import { readableBy } from './cors.js';
import { fail, ok, skipped, warn } from './finding.js';
import { isLoopbackHost } from './loopback.js';
import { type Place, silence } from './silence.js';

const VOD: Place = { name: 'The VOD service', remedy: 'check `endpoint`' };
const FORM = ['content-type', 'application/x-www-form-urlencoded'] as const;
/** Two weeks: time to notice and renew. */
const SOON = 14 * 86_400_000;

export const vodChecks: readonly Check[] = [
  {
    id: 'options',
    title: 'Options',
    needs: [],
    run({ options, facts }) {
      checkOptions(options);
      const { settings, endpoint } = resolveOptions(options, {}, 1);
      facts.settings = settings;
      facts.endpoint = endpoint;
      return ok('The options can be used.');
    },
  },
  {
    id: 'vod-mixed-content',
    title: 'https page, http VOD',
    needs: ['options'],
    run({ options, facts, pieces }) {
      if (options.auth) return skipped('With `auth` this client does not call VOD.');
      if (!pieces.page?.secure) return skipped('This is no https page.');
      const { protocol, hostname, host } = new URL(known(facts.endpoint));
      if (protocol === 'https:' || isLoopbackHost(hostname)) return ok('Nothing is mixed.');
      return fail(
        `This page came over https, so its browser blocks plain http to ${host} (mixed content)`,
        'serve VOD over https and write https:// in `endpoint`',
        { host },
      );
    },
  },
  {
    id: 'vod-reachable',
    title: 'VOD endpoint',
    needs: ['options'],
    after: ['vod-mixed-content'],
    async run(context) {
      const { options, facts, line, signal, pieces, origin } = context;
      if (options.auth) return skipped('With `auth` this client does not call VOD.');
      const url = known(facts.endpoint);
      const { host, protocol } = new URL(url);
      try {
        // Unsigned, so that it can do nothing; a form, so that browsers send it without a preflight.
        facts.vodAnswer = await exchange(
          line,
          {
            method: 'POST',
            url,
            headers: origin ? [FORM, ['origin', origin]] : [FORM],
            body: 'Action=RefreshUploadVideo&Version=2017-03-21&Format=JSON',
          },
          signal,
        );
      } catch (error) {
        if (pieces.reach && (await pieces.reach(url, signal)) === 'answered')
          return ok(`Something answers at ${host}.`);
        return silence(context, VOD, url, error);
      }
      const certificate =
        protocol === 'https:' ? await pieces.certificate?.(url, signal).catch(() => undefined) : undefined;
      if (certificate && certificate.validTo - line.env.clock.now() < SOON) {
        return warn(
          `The certificate of ${host} ends on ${new Date(certificate.validTo).toISOString().slice(0, 10)}`,
          'renew it',
          { host, validTo: new Date(certificate.validTo).toISOString() },
        );
      }
      return ok(`${host} answers.`, { host });
    },
  },
  {
    id: 'vod-cors',
    title: 'CORS of VOD',
    needs: ['vod-reachable'],
    run({ facts, pieces, origin }) {
      const host = new URL(known(facts.endpoint)).host;
      const from = pieces.page?.origin ?? origin;
      if (from === undefined) return skipped('CORS concerns pages only; name the origin of one to have it checked.');
      const allowed = pieces.page ? facts.vodAnswer !== undefined : readableBy(from, known(facts.vodAnswer));
      if (allowed === true) return ok(`Pages of ${from} may read the answers of ${host}.`);
      const instead = typeof allowed === 'string' ? ` is ${allowed}` : ' is missing or names another origin';
      return fail(
        `${host} answers, but pages of ${from} may not read it: Access-Control-Allow-Origin${instead}`,
        `let the VOD service, or the proxy before it, answer with Access-Control-Allow-Origin: ${from} or *, once`,
        { host, origin: from },
      );
    },
  },
  {
    id: 'vod-service',
    title: 'VOD service',
    needs: ['vod-reachable'],
    after: ['vod-cors'],
    run({ facts, secrets }) {
      const answer = facts.vodAnswer;
      if (!answer) return skipped('Its answer cannot be read.');
      const { host } = new URL(known(facts.endpoint));
      const body = readJsonObject(answer.body);
      if (body && typeof body.Code === 'string' && typeof body.RequestId === 'string') {
        if (answer.status < 500) return ok(`${host} is a VOD service.`, { host });
        return fail(`The VOD service at ${host} is out of order (${body.Code})`, 'look into its log', {
          host,
          status: answer.status,
          code: body.Code,
        });
      }
      const detail = { host, status: answer.status, type: answer.header('content-type') ?? '' };
      const location = answer.header('location');
      if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
        const target = secrets.cleanForeign(location.replace(/[?#].*$/, ''));
        return fail(
          `${host} redirects to ${target}`,
          `write that address into \`endpoint\`, since a signed POST is not repeated elsewhere`,
          {
            ...detail,
            location: target,
          },
        );
      }
      if (/plain HTTP request .*HTTPS port/is.test(answer.body)) {
        return fail(`${host} speaks https, not http`, `check \`endpoint\` and write https://${host}`, detail);
      }
      if (answer.header('x-oss-request-id') !== undefined || /<Error>.*<HostId>/s.test(answer.body)) {
        return fail(
          `${host} is the data plane (OSS), not VOD`,
          'put the address of the control plane into `endpoint` (Sluice: port 8400 unless changed)',
          detail,
        );
      }
      const excerpt = secrets.cleanForeign(answer.body.replace(/<[^>]*>/g, ' ')).slice(0, 60);
      return fail(
        `${host} is no VOD service: it answered HTTP ${answer.status}${excerpt ? ` with "${excerpt}"` : ''}`,
        'check host, port and path of `endpoint`',
        detail,
      );
    },
  },
  {
    id: 'vod-clock',
    title: 'Clock and VOD',
    needs: ['vod-service'],
    run: (context) => clockVerdict(context, context.facts.vodAnswer, 'the VOD service'),
  },
];
