/** The time formats of the wire. All instants are milliseconds since the Unix epoch, all texts are UTC. */

/** `2026-01-02T03:04:05Z`: the API format, without milliseconds. */
export function formatIso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `2026-01-02T03:04:05.000Z`: the format of OSS listings. */
export function formatIsoMillis(ms: number): string {
  return new Date(ms).toISOString();
}

/** `20260102T030405Z`: `x-oss-date` of V4. */
export function formatBasic(ms: number): string {
  return formatIso(ms).replace(/[-:]/g, '');
}

/** RFC 1123, as in `Date` and `Last-Modified`. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

const ISO = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;
const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** Reads {@link formatIso} with or without milliseconds (clients send both); `undefined` when malformed. */
export function parseIso(text: string): number | undefined {
  const m = ISO.exec(text);
  // Exactly three digits of a second: the only fraction that every runtime has to read.
  return m
    ? validInstant(Date.parse(`${m[1]}.${(m[2] ?? '').padEnd(3, '0').slice(0, 3)}Z`), text.slice(8, 10))
    : undefined;
}

/** Reads {@link formatBasic}; `undefined` when malformed. */
export function parseBasic(text: string): number | undefined {
  const m = BASIC.exec(text);
  return m ? parseIso(`${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}Z`) : undefined;
}

/** Reads RFC 1123 (`Sun, 06 Nov 1994 08:49:37 GMT`); `undefined` for anything else. */
export function parseHttpDate(text: string): number | undefined {
  const m = /^[A-Z][a-z]{2}, (\d{1,2}) [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|\+0000)$/.exec(text);
  return m ? validInstant(Date.parse(text), m[1] as string) : undefined;
}

// Date.parse rolls some impossible days over (30 February); the day has to survive the round trip.
function validInstant(ms: number, day: string): number | undefined {
  return Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day) ? undefined : ms;
}
