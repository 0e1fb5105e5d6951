import type { HttpRequest, HttpResponse, HttpStack } from '../ports.js';

/** XMLHttpRequest, because `fetch` tells nothing about the progress of an upload. */
export class XhrHttpStack implements HttpStack {
  send(request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      const abort = () => xhr.abort();
      let sighted = () => {};
      const settle = (finish: () => void) => () => {
        sighted();
        request.signal.removeEventListener('abort', abort);
        finish();
      };
      xhr.open(request.method, request.url);
      for (const [name, value] of request.headers) xhr.setRequestHeader(name, value);
      const { onUploadProgress } = request;
      if (onUploadProgress) {
        if (isBlind()) sighted = beLenient(request);
        xhr.upload.onprogress = (event) => {
          sighted();
          request.onActivity();
          onUploadProgress(event.loaded);
        };
      }
      xhr.onprogress = () => request.onActivity();
      xhr.onload = settle(() => resolve(answer(xhr)));
      xhr.onerror = settle(() => reject(new TypeError('Network error, or refused by CORS')));
      xhr.onabort = settle(() => reject(new TypeError('Aborted')));
      request.signal.addEventListener('abort', abort, { once: true });
      xhr.send((request.body ?? null) as XMLHttpRequestBodyInit | null);
    });
  }
}

/** Bytes per millisecond of the slowest line that is waited for unseen. */
const SLOWEST = 16;

/** A service worker may take the request: then no progress is told, and silence is no stall. */
function isBlind(): boolean {
  try {
    return !!navigator.serviceWorker?.controller;
  } catch {
    // A sandboxed page may not even ask.
    return false;
  }
}

/** Lets the watchdog wait as long as the body may take. @returns a function that ends it */
function beLenient({ body, onActivity }: HttpRequest): () => void {
  const beat = setInterval(onActivity, 1000);
  const enough = setTimeout(() => clearInterval(beat), ((body as Blob).size ?? (body as Uint8Array).length) / SLOWEST);
  return () => {
    clearInterval(beat);
    clearTimeout(enough);
  };
}

function answer(xhr: XMLHttpRequest): HttpResponse {
  // All at once: asking for one header that CORS hides prints an error into the console of the page.
  const headers = new Map<string, string>();
  for (const line of xhr.getAllResponseHeaders().split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return {
    status: xhr.status,
    header: (name) => headers.get(name),
    body: xhr.responseText,
    // Only when it is asked for: most answers are not XML.
    get document() {
      return xhr.responseXML;
    },
  };
}
