/**
 * React Native's XMLHttpRequest as its source has it, on real HTTP: bytes cross the bridge as base64, Android refuses a body
 * without a content type and iOS may give up with `timeout`; no answer means no headers.
 */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { loopbackLookup } from '../node/loopback-lookup.js';

export interface SentByXhr {
  readonly withCredentials: boolean;
  /** `onprogress` was set, so that answers come in pieces. */
  readonly incremental: boolean;
}

/** @param delay milliseconds before bytes are sent: a slow line */
export function nativeXhr(seen: SentByXhr[] = [], delay = 0) {
  return class {
    upload: { onprogress?: (event: { loaded: number }) => void } = {};
    onload = () => {};
    onerror = () => {};
    ontimeout = () => {};
    onabort = () => {};
    onprogress: (() => void) | null = null;
    withCredentials = true;
    status = 0;
    responseText = '';
    #target: [string, string] = ['', ''];
    readonly #headers: Record<string, string> = {};
    #answer: IncomingHttpHeaders | undefined;
    readonly #controller = new AbortController();

    open(method: string, url: string) {
      this.#target = [method, url];
    }

    setRequestHeader(name: string, value: string) {
      this.#headers[name.toLowerCase()] = value;
    }

    getAllResponseHeaders() {
      if (!this.#answer) return null;
      return Object.entries(this.#answer)
        .map(([name, value]) => `${name}: ${String(value)}\r\n`)
        .join('');
    }

    abort() {
      this.#controller.abort();
      this.onabort();
    }

    send(data: string | Uint8Array | null) {
      seen.push({ withCredentials: this.withCredentials, incremental: this.onprogress !== null });
      const [method, url] = this.#target;
      if (data !== null && this.#headers['content-type'] === undefined) return this.onerror();
      if (url.includes('/timeout')) return this.ontimeout();
      const body =
        typeof data === 'string'
          ? Buffer.from(data)
          : Buffer.from(Buffer.from(data ?? new Uint8Array()).toString('base64'), 'base64');
      const { signal } = this.#controller;
      const headers = { ...this.#headers, 'content-length': String(body.length) };
      const request = httpRequest(url, { method, headers, signal, lookup: loopbackLookup }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => signal.aborted || this.onerror());
        response.on('end', () => {
          this.status = response.statusCode ?? 0;
          this.#answer = response.headers;
          this.responseText = Buffer.concat(chunks).toString('utf8');
          this.onload();
        });
      });
      request.on('error', () => signal.aborted || this.onerror());
      const send = () => request.end(body, () => this.upload.onprogress?.({ loaded: body.length }));
      if (delay > 0 && body.length > 0) setTimeout(send, delay);
      else send();
    }
  };
}
