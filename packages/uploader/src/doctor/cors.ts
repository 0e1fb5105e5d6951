/** What the CORS headers of an answer mean to a page, where no browser enforces them. */
import type { HttpResponse } from '../ports.js';

/** Whether a page of `origin` may read the answer; else what stands there instead. */
export function readableBy(origin: string, response: HttpResponse): true | string {
  const allowed = response.header('access-control-allow-origin');
  // One value exactly: two proxies that both add the header make `*, *`, which browsers refuse.
  return allowed === '*' || allowed === origin || (allowed ?? 'nothing');
}

export function exposes(response: HttpResponse, name: string): boolean {
  const names = list(response.header('access-control-expose-headers'));
  return names.includes('*') || names.includes(name.toLowerCase());
}

/** The names among `wanted` that the answer to a preflight does not list. */
export function notAllowed(listed: string | undefined, wanted: readonly string[]): string[] {
  const names = list(listed);
  // The wildcard does not cover Authorization (Fetch standard, CORS-preflight fetch).
  return wanted.filter(
    (name) => !names.includes(name.toLowerCase()) && !(names.includes('*') && name !== 'authorization'),
  );
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
