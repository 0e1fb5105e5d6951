/** A request as bytes on the wire, one character a byte. */
export interface WireMessage {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** UTF-8 bytes of a text, one character a byte. */
export const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
/** The text of such bytes; bytes that are not UTF-8 are told apart from every text. */
export function asText(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return asBytes(text) === bytes ? text : `\u0000not text:${Buffer.from(bytes, 'latin1').toString('hex')}`;
}

export function splitTarget(target: string): { path: string; query: string } {
  const cut = target.indexOf('?');
  return cut < 0 ? { path: target, query: '' } : { path: target.slice(0, cut), query: target.slice(cut + 1) };
}

/** A second reading of escapes, by hand: what the server's own reading is compared with. */
export function unescaped(text: string, plusIsBlank: boolean): string {
  let bytes = '';
  for (let i = 0; i < text.length; i++) {
    const digits = text.slice(i + 1, i + 3);
    if (text[i] === '%' && /^[0-9a-fA-F]{2}$/.test(digits)) {
      bytes += String.fromCharCode(Number.parseInt(digits, 16));
      i += 2;
    } else bytes += plusIsBlank && text[i] === '+' ? ' ' : text[i];
  }
  return asText(bytes);
}

/** Of a query or a form, where a plus is a blank. */
export function readPairs(text: string): (readonly [string, string])[] {
  return text
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const [name = '', ...value] = piece.split('=');
      return [unescaped(name, true), unescaped(value.join('='), true)] as const;
    });
}

export const headerOf = (message: WireMessage, name: string): string | undefined =>
  message.headers.find(([each]) => each.toLowerCase() === name)?.[1];

/** As HTTP/1.1 sends it; the length is that of the body, whatever a header says. */
export function wireText(message: WireMessage): string {
  const framed = message.headers.filter(([name]) => !/^(content-length|transfer-encoding|connection)$/i.test(name));
  const lines = [...framed, ['Content-Length', String(message.body.length)], ['Connection', 'close']];
  return `${message.method} ${message.target} HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v}`).join('\r\n')}\r\n\r\n${message.body}`;
}
