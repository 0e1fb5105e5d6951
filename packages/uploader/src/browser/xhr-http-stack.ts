import type { HttpRequest, HttpResponse, HttpStack } from '../ports.js';

/** XMLHttpRequest, because `fetch` tells nothing about the progress of an upload. */
export class XhrHttpStack implements HttpStack {
  send(request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      const abort = () => xhr.abort();
      const settle = (finish: () => void) => () => {
        request.signal.removeEventListener('abort', abort);
        finish();
      };
      xhr.open(request.method, request.url);
      for (const [name, value] of request.headers) xhr.setRequestHeader(name, value);
      const { onUploadProgress } = request;
      if (onUploadProgress) {
        xhr.upload.onprogress = (event) => {
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

function answer(xhr: XMLHttpRequest): HttpResponse {
  // All at once: asking for one header that CORS hides prints an error into the console of the page.
  const headers = new Map<string, string>();
  for (const line of xhr.getAllResponseHeaders().split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: xhr.status, header: (name) => headers.get(name), body: xhr.responseText };
}
