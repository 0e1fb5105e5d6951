/** What the fake cloud and its clock take from Node, for Hermes. Bundled into them alone: the product must not see it. */
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8, utf8Decode } from '@sluice/wire';

const HASHES = { md5, sha1, sha256 } as const;

export function createHash(name: keyof typeof HASHES) {
  const hash = HASHES[name].create();
  const made = {
    update(data: Uint8Array | string) {
      hash.update(typeof data === 'string' ? utf8(data) : data);
      return made;
    },
    digest: (encoding?: 'hex') => (encoding === 'hex' ? hex(hash.digest()) : hash.digest()),
  };
  return made;
}

export const Buffer = {
  from: (data: string | Uint8Array): Uint8Array => (typeof data === 'string' ? utf8(data) : data),
  concat(pieces: readonly Uint8Array[]): Uint8Array {
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  },
};

/** Of `http:` URLs, as much as the cloud looks at. */
export class URL {
  readonly hostname: string;
  readonly host: string;
  readonly pathname: string;
  readonly search: string;
  readonly href: string;

  constructor(href: string) {
    const [, host = '', pathname = '', search = ''] = /^https?:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/.exec(href) ?? [];
    if (host === '') throw new TypeError('Invalid URL');
    this.href = href;
    this.host = host;
    this.hostname = host.replace(/:\d+$/, '');
    this.pathname = pathname || '/';
    this.search = search;
  }
}

export class TextEncoder {
  encode(text: string): Uint8Array {
    return utf8(text);
  }
}

export class TextDecoder {
  decode(bytes: Uint8Array): string {
    return utf8Decode(bytes);
  }
}

export async function allSettled(work: readonly Promise<unknown>[]): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.all(
    work.map((one) =>
      one.then(
        (value) => ({ status: 'fulfilled' as const, value }),
        (reason: unknown) => ({ status: 'rejected' as const, reason }),
      ),
    ),
  );
}

export const structuredClone = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

declare function setTimeout(run: () => void, ms: number): unknown;

/** Promises of the Hermes program take a turn of the same queue for each step: give them many. */
export function setImmediate(run: () => void): void {
  let turns = 15;
  const turn = () => {
    if (--turns > 0) setTimeout(turn, 0);
    else run();
  };
  turn();
}
