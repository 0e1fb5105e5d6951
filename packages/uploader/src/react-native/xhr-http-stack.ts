import type { HttpRequest, HttpResponse, HttpStack } from '../ports.js';

/**
 * XMLHttpRequest of React Native. Bytes are sent as they are; text always as UTF-8.
 *
 * It differs from the browser's in what silently breaks an upload: it ends with `timeout` where iOS gives up on its own,
 * sends cookies unless told not to, and Android refuses a body without a `content-type`.
 */
export class NativeXhrHttpStack implements HttpStack {
  send(request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const { body, signal, onUploadProgress } = request;
      const payload = bytesOrText(body);
      const xhr = new XMLHttpRequest();
      const abort = () => xhr.abort();
      const settle = (finish: () => void) => () => {
        signal.removeEventListener('abort', abort);
        finish();
      };
      const fail = (message: string) => settle(() => reject(new TypeError(message)));
      xhr.open(request.method, request.url);
      xhr.withCredentials = false;
      for (const [name, value] of request.headers) xhr.setRequestHeader(name, value);
      if (onUploadProgress) {
        xhr.upload.onprogress = (event) => {
          request.onActivity();
          onUploadProgress(event.loaded);
        };
      }
      // Answers are small: `onprogress` would make React Native hand them over in pieces.
      xhr.onload = settle(() => resolve(answer(xhr)));
      xhr.onerror = fail('Network error');
      xhr.ontimeout = fail('The system gave up on the request');
      xhr.onabort = fail('Aborted');
      if (signal.aborted) {
        reject(new TypeError('Aborted'));
        return;
      }
      signal.addEventListener('abort', abort);
      xhr.send(payload);
    });
  }
}

function bytesOrText(body: HttpRequest['body']): string | Uint8Array<ArrayBuffer> | null {
  if (body === undefined) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body as string | Uint8Array<ArrayBuffer>;
  throw new TypeError('React Native sends text and bytes only');
}

function answer(xhr: XMLHttpRequest): HttpResponse {
  const headers = new Map<string, string>();
  // `null` when the answer had none.
  for (const line of (xhr.getAllResponseHeaders() ?? '').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: xhr.status, header: (name) => headers.get(name), body: xhr.responseText };
}
