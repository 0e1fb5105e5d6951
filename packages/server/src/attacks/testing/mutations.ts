import type { Seeded } from './seeded.js';
import { asBytes, splitTarget, type WireMessage } from './wire-message.js';

export type Mutation = (message: WireMessage, random: Seeded) => WireMessage;

/** What parsers disagree about. */
const NASTY = [
  ...[
    '+',
    '%2B',
    '%2b',
    '%20',
    ' ',
    '%',
    '%%',
    '%2',
    '%zz',
    '%00',
    '\0',
    '%0a',
    '%0d%0a',
    '&',
    '=',
    ';',
    '?',
    '#',
    '/',
    '//',
  ],
  ...[
    '/./',
    '/../',
    '%2e%2e',
    '%2F',
    '%5C',
    '\\',
    '*',
    '%2A',
    '~',
    '%7E',
    "'",
    '"',
    '(',
    ')',
    '!',
    ',',
    ':',
    '@',
    '\t',
    'A',
    'a',
    '0',
  ],
  // Overlong, a surrogate, NFC and NFD, no-break and zero-width spaces, a byte order mark.
  ...[
    '%C0%AF',
    '%E0%80%AF',
    '%ED%A0%80',
    '%C3%A9',
    'e%CC%81',
    '%C2%A0',
    '%E2%80%8B',
    '%EF%BB%BF',
    '\xc2\xa0',
    '\xe2\x80\x8b',
    '\xff',
  ],
  ...[
    '%E2%84%AA',
    'K',
    '%C4%B1',
    '%EF%BC%8F',
    '\xef\xbb\xbf',
    '&x=',
    '&Action=DeleteUser',
    '&uploads',
    '&acl',
    '&Signature=',
  ],
];
const NAMES = [
  ...[
    'host',
    'authorization',
    'content-type',
    'content-md5',
    'date',
    'x-oss-date',
    'x-oss-security-token',
    'x-oss-meta-a',
  ],
  ...[
    'x-oss-object-acl',
    'x-oss-copy-source',
    'x-oss-callback',
    'x-oss-content-sha256',
    'x-acs-action',
    'x-acs-version',
  ],
  ...[
    'x-acs-date',
    'x-acs-signature-nonce',
    'x-acs-content-sha256',
    'x-acs-security-token',
    'x-acs-accesskey-id',
    'x-acs-x',
  ],
  ...['x-http-method-override', 'x-forwarded-for', 'x-original-url', 'transfer-encoding', 'range'],
];
const PARAMETERS = [
  ...[
    'Action',
    'Version',
    'AccessKeyId',
    'SecurityToken',
    'Signature',
    'SignatureMethod',
    'SignatureNonce',
    'Timestamp',
  ],
  ...[
    'Policy',
    'RoleArn',
    'RoleSessionName',
    'Format',
    'uploads',
    'acl',
    'uploadId',
    'security-token',
    'x-oss-security-token',
  ],
  ...[
    'OSSAccessKeyId',
    'Expires',
    'x-oss-signature',
    'x-oss-credential',
    'x-oss-date',
    'x-oss-expires',
    'x-oss-process',
    '',
    'prefix',
  ],
];

function splice(text: string, random: Seeded): string {
  const at = random.int(text.length + 1);
  return text.slice(0, at) + random.pick(NASTY) + text.slice(at + random.int(4));
}
function flip(text: string, random: Seeded): string {
  if (text === '') return random.pick(NASTY);
  const at = random.int(text.length);
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random.int(8))) + text.slice(at + 1);
}
const swapCase = (text: string, random: Seeded): string => {
  const at = random.int(Math.max(1, text.length));
  const c = text[at] ?? '';
  return text.slice(0, at) + (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()) + text.slice(at + 1);
};
const damage = (text: string, random: Seeded): string => random.pick([splice, splice, flip, swapCase])(text, random);

const inHeaders =
  (change: (headers: (readonly [string, string])[], random: Seeded) => void): Mutation =>
  (message, random) => {
    const headers = [...message.headers];
    if (headers.length > 0) change(headers, random);
    return { ...message, headers };
  };

/** The pieces between the ampersands, of the query or the body. */
const inPieces =
  (change: (pieces: string[], random: Seeded) => void): Mutation =>
  (message, random) => {
    const { path, query } = splitTarget(message.target);
    const inBody = message.body !== '' && random.chance(0.4);
    const pieces = (inBody ? message.body : query).split('&');
    change(pieces, random);
    const text = pieces.join('&');
    return inBody ? { ...message, body: text } : { ...message, target: `${path}?${text}` };
  };

/** Changes that may make another request of it, or none. */
export const hostile: readonly Mutation[] = [
  (message, random) => ({
    ...message,
    method: random.pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'get', 'Post', 'OPTIONS', 'GE\tT']),
  }),
  (message, random) => ({ ...message, target: damage(message.target, random) }),
  (message, random) => ({ ...message, target: damage(message.target, random) }),
  (message, random) => ({ ...message, body: damage(message.body, random) }),
  inHeaders((headers, random) => {
    const at = random.int(headers.length);
    const [name, value] = headers[at] as readonly [string, string];
    headers[at] = random.chance(0.15) ? [damage(name, random), value] : [name, damage(value, random)];
  }),
  inHeaders((headers, random) => void headers.splice(random.int(headers.length), 1)),
  inHeaders((headers, random) => {
    const [, other] = random.pick(headers);
    headers.splice(random.int(headers.length + 1), 0, [
      random.pick(NAMES),
      random.chance(0.5) ? other : random.pick(NASTY),
    ]);
  }),
  inHeaders((headers, random) => {
    const [name, value] = random.pick(headers);
    headers.push([random.chance(0.5) ? name : name.toUpperCase(), random.chance(0.5) ? value : damage(value, random)]);
  }),
  // A blank of another alphabet at the end of a value.
  inHeaders((headers, random) => {
    const at = random.int(headers.length);
    const [name, value] = headers[at] as readonly [string, string];
    const blank = random.pick([' ', '\t', '\x0b', '\x0c', '\xa0', '\xc2\xa0', '\xe2\x80\xa8', '\xef\xbb\xbf']);
    headers[at] = [name, random.chance(0.5) ? value + blank : blank + value];
  }),
  // The list of signed headers, or any other member of an Authorization.
  inHeaders((headers, random) => {
    const at = headers.findIndex(([name]) => name.toLowerCase() === 'authorization');
    if (at < 0) return;
    const [name, value] = headers[at] as readonly [string, string];
    const members = value.split(/([;,])/);
    const which = random.int(members.length);
    if (random.chance(0.4)) members.splice(which, 1 + random.int(2));
    else if (random.chance(0.5)) members.splice(which, 0, random.pick(NAMES), random.pick([';', ',']));
    else members[which] = damage(members[which] ?? '', random);
    headers[at] = [name, members.join('')];
  }),
  // Another dialect's name for the scheme.
  inHeaders((headers, random) => {
    const at = headers.findIndex(([name]) => name.toLowerCase() === 'authorization');
    if (at < 0) return;
    const [name, value] = headers[at] as readonly [string, string];
    const scheme = random.pick([
      'OSS ',
      'OSS4-HMAC-SHA256 ',
      'ACS3-HMAC-SHA256 ',
      'acs ',
      'Bearer ',
      'ACS3-HMAC-SM3 ',
      '',
    ]);
    headers[at] = [name, scheme + value.slice(value.indexOf(' ') + 1)];
  }),
  inPieces((pieces, random) => void pieces.splice(random.int(pieces.length), 1)),
  inPieces((pieces, random) => void pieces.splice(random.int(pieces.length + 1), 0, random.pick(pieces))),
  inPieces((pieces, random) => {
    const [name] = random.pick(pieces).split('=');
    pieces.splice(random.int(pieces.length + 1), 0, `${name}=${random.pick(NASTY)}`);
  }),
  inPieces((pieces, random) => {
    pieces.splice(
      random.int(pieces.length + 1),
      0,
      `${random.pick(PARAMETERS)}${random.pick(['', '=', '=1', `=${random.pick(NASTY)}`])}`,
    );
  }),
  inPieces((pieces, random) => {
    const at = random.int(pieces.length);
    pieces[at] = damage(pieces[at] ?? '', random);
  }),
  // A value goes to another name.
  inPieces((pieces, random) => {
    const a = random.int(pieces.length);
    const b = random.int(pieces.length);
    const [nameA, ...valueA] = (pieces[a] ?? '').split('=');
    const [nameB, ...valueB] = (pieces[b] ?? '').split('=');
    pieces[a] = `${nameA}=${valueB.join('=')}`;
    pieces[b] = `${nameB}=${valueA.join('=')}`;
  }),
  // A parameter changes sides.
  (message, random) => {
    const { path, query } = splitTarget(message.target);
    const pieces = query.split('&').filter((piece) => piece !== '');
    const form = message.body.split('&').filter((piece) => piece !== '');
    const [from, to] = random.chance(0.5) ? [pieces, form] : [form, pieces];
    const moved = from.splice(random.int(Math.max(1, from.length)), 1);
    to.push(...moved);
    return { ...message, target: `${path}?${pieces.join('&')}`, body: form.join('&') };
  },
  // A time a little later, in the digits of any date there is.
  (message, random) => {
    const shift = (text: string) =>
      text.replace(/(\d{2})(:?)(\d{2})(Z| GMT|%3A\d{2})/, (_, h, c, m, z) => {
        const minute = String((Number(m) + 1 + random.int(9)) % 60).padStart(2, '0');
        return `${h}${c}${minute}${z}`;
      });
    return {
      ...message,
      target: shift(message.target),
      headers: message.headers.map(([name, value]) => [name, /date/i.test(name) ? shift(value) : value] as const),
    };
  },
];

const ESCAPED = /%[0-9A-Fa-f]{2}/g;

/** Escapes written otherwise: the same bytes. */
function respell(text: string, random: Seeded, plusIsBlank: boolean): string {
  const cased = text.replace(ESCAPED, (code) => (random.chance(0.5) ? code.toLowerCase() : code.toUpperCase()));
  const blanks = plusIsBlank ? cased.replace(/%20|\+/g, () => (random.chance(0.5) ? '+' : '%20')) : cased;
  // A letter or digit that stands outside of an escape.
  return blanks.replace(/%..|[A-Za-z0-9]/g, (match) =>
    match.startsWith('%') || random.chance(0.9) ? match : `%${match.charCodeAt(0).toString(16)}`,
  );
}
const respellPairs = (text: string, random: Seeded): string =>
  text
    .split('&')
    .map((piece) => {
      const [name = '', ...value] = piece.split('=');
      const spell = (part: string) => respell(part, random, true);
      return [spell(name), ...(value.length > 0 ? [spell(value.join('='))] : [])].join('=');
    })
    .join('&');
function shuffled<T>(items: readonly T[], random: Seeded): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}
const shuffledPieces = (text: string, random: Seeded): string => shuffled(text.split('&'), random).join('&');

export const headerNamesInAnyCase: Mutation = (message, random) => ({
  ...message,
  headers: message.headers.map(([name, value]) => [
    [...name].map((c) => (random.chance(0.5) ? c.toUpperCase() : c.toLowerCase())).join(''),
    value,
  ]),
});
export const headersInAnyOrder: Mutation = (message, random) => ({
  ...message,
  headers: shuffled(message.headers, random),
});
export const anUnsignedHeaderMore: Mutation = (message, random) => ({
  ...message,
  headers: [...message.headers, [random.pick(['User-Agent', 'Accept', 'X-Forwarded-For', 'Cookie']), asBytes('é*/*')]],
});
export const parametersInAnyOrder: Mutation = (message, random) => {
  const { path, query } = splitTarget(message.target);
  return {
    ...message,
    target: query === '' ? path : `${path}?${shuffledPieces(query, random)}`,
  };
};
export const queryRespelled: Mutation = (message, random) => {
  const { path, query } = splitTarget(message.target);
  return { ...message, target: query === '' ? path : `${path}?${respellPairs(query, random)}` };
};
export const formRespelled: Mutation = (message, random) => ({
  ...message,
  body: shuffledPieces(respellPairs(message.body, random), random),
});
export const pathRespelled: Mutation = (message, random) => {
  const { path, query } = splitTarget(message.target);
  const spelled = path.replace(/[^/]+/g, (segment) => respell(segment, random, false));
  return { ...message, target: query === '' ? spelled : `${spelled}?${query}` };
};
/** Of RPC: what is signed is the union of query and form. */
export const parametersChangeSides: Mutation = (message, random) => {
  if (message.body === '') return message;
  const { path, query } = splitTarget(message.target);
  const all = shuffled([...query.split('&'), ...message.body.split('&')].filter(Boolean), random);
  // The form keeps one at least, so that its type still has something to say.
  const cut = 1 + random.int(all.length);
  return { ...message, body: all.slice(0, cut).join('&'), target: `${path}?${all.slice(cut).join('&')}` };
};
