/** What a page has and Node has not, in front of a cloud. */
import { parseXml, XmlElement } from '@rgrove/parse-xml';
import type { MiniCloud } from './mini-cloud.js';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly listens: boolean;
  readonly headers: readonly string[];
}

/** The part of XMLHttpRequest that the stack uses, in front of a cloud. */
export function xhrOn(handle: MiniCloud['handle'], seen: SeenRequest[] = []) {
  return class {
    upload: { onprogress?: (event: { loaded: number }) => void } = {};
    onload = () => {};
    onerror = () => {};
    onabort = () => {};
    status = 0;
    responseText = '';
    #headers = new Map<string, string>();
    #answer: Record<string, string> = {};
    #target = { method: '', url: '' };
    #aborted = false;
    open(method: string, url: string) {
      this.#target = { method, url };
    }
    setRequestHeader(name: string, value: string) {
      this.#headers.set(name, value);
    }
    getAllResponseHeaders() {
      return Object.entries(this.#answer)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
    }
    abort() {
      this.#aborted = true;
      this.onabort();
    }
    async send(body: Blob | Uint8Array<ArrayBuffer> | string | null) {
      seen.push({
        ...this.#target,
        body,
        listens: this.upload.onprogress !== undefined,
        headers: [...this.#headers.keys()],
      });
      await Promise.resolve();
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      if (this.#aborted) return;
      if (this.#target.url.includes('unreachable')) return this.onerror();
      this.upload.onprogress?.({ loaded: bytes.length });
      const { method, url } = this.#target;
      const answer = handle({ method, url: new URL(url), headers: this.#headers, body: bytes });
      this.status = answer.status;
      this.responseText = answer.body;
      this.#answer = answer.headers;
      this.onload();
    }
  };
}

/** As much of DOMParser as the reader uses, on the parser of Node. */
export class DomParserOnNode {
  parseFromString(text: string) {
    try {
      const { root } = parseXml(text);
      return { documentElement: root && elementOf(root), getElementsByTagName: () => [] };
    } catch {
      return { documentElement: {}, getElementsByTagName: () => [{}] };
    }
  }
}

function elementOf(element: XmlElement): object {
  const children = element.children.filter((child) => child instanceof XmlElement).map(elementOf);
  return { localName: element.name, textContent: element.text, children };
}

export function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (i) => [...items.keys()][i] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  };
}
