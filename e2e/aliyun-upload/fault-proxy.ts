/**
 * A reverse proxy that does what lines and servers do on bad days: delays, answers with an error, cuts the line, never
 * answers. Everything else passes untouched, `Host` included, so that signatures and virtual hosts stay what they were.
 */
import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PassedRequest {
  /** Origin of the page that sent it. */
  readonly origin: string;
  /** `CreateUploadVideo`, `UploadPart` … */
  readonly operation: string;
  readonly partNumber: number | undefined;
  /** Path and host of an object. */
  readonly object: string;
  /** What the page was answered; 0 when the line was cut. */
  readonly status: number;
}

export type Fault =
  /** Milliseconds before the request is passed on; it never is when the page has left it by then. */
  | { readonly delay: number }
  /** Milliseconds that the answer of the server is held back. */
  | { readonly holdBack: number }
  /** Answered here; the server never sees the request. */
  | { readonly status: number; readonly code: string }
  /** Closed without an answer, before the server saw the request. */
  | 'cut'
  /** Never answered. */
  | 'hang';

export interface FaultProxy {
  readonly port: number;
  readonly passed: readonly PassedRequest[];
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Port of the server on 127.0.0.1 that pages of this origin use. */
  readonly target: (origin: string) => number;
  readonly decide: (request: Pick<PassedRequest, 'origin' | 'operation' | 'partNumber'>) => readonly Fault[];
}

export async function startFaultProxy({ tls, target, decide }: FaultProxyOptions): Promise<FaultProxy> {
  const passed: PassedRequest[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', headers } = request;
    const url = new URL(request.url ?? '/', `http://${headers.host}`);
    // Forms are small, and only they have to be read to know what is asked.
    const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
      ? await readAll(request)
      : undefined;
    const operation = operationOf(method, url, form);
    const partNumber = Number(url.searchParams.get('partNumber')) || undefined;
    const about = { origin: headers.origin ?? '', operation, partNumber };
    const note = (status: number) => passed.push({ ...about, object: `${url.hostname}${url.pathname}`, status });
    let holdBack = 0;
    for (const fault of decide(about)) {
      if (fault === 'hang') return;
      if (fault === 'cut') {
        note(0);
        request.socket.destroy();
        return;
      }
      if ('holdBack' in fault) holdBack = fault.holdBack;
      else if ('delay' in fault) {
        await sleep(fault.delay);
        if (request.socket.destroyed) return;
      } else {
        request.resume();
        await new Promise((done) => (request.complete ? done(undefined) : request.once('end', done)));
        note(fault.status);
        answerFault(response, operation, fault);
        return;
      }
    }
    const onward = httpRequest(
      { host: '127.0.0.1', port: target(about.origin), method, path: request.url, headers },
      (answer) => {
        note(answer.statusCode ?? 0);
        setTimeout(() => {
          response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
          answer.pipe(response);
        }, holdBack);
      },
    );
    onward.on('error', () => request.socket.destroy());
    request.on('close', () => {
      if (!request.complete) onward.destroy();
    });
    if (form) onward.end(form);
    else request.pipe(onward);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => request.socket.destroy());
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    passed,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function operationOf(method: string, url: URL, form: Buffer | undefined): string {
  if (method === 'OPTIONS') return 'Preflight';
  const action = url.searchParams.get('Action') ?? (form && new URLSearchParams(form.toString()).get('Action'));
  if (action) return action;
  const query = url.searchParams;
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject';
  if (method === 'POST') return query.has('uploads') ? 'InitiateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'DELETE') return 'AbortMultipartUpload';
  return query.has('uploadId') ? 'ListParts' : method;
}

/** In the dialect of the plane, readable to pages of any origin, as the server's own errors are. */
function answerFault(
  response: ServerResponse,
  operation: string,
  { status, code }: { status: number; code: string },
): void {
  const rpc = /^(?:Create|Refresh)Upload/.test(operation);
  const body = rpc
    ? JSON.stringify({ Code: code, Message: 'Injected by the test.', RequestId: 'TEST', HostId: 'test' })
    : `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>Injected by the test.</Message><RequestId>TEST</RequestId><HostId>test</HostId></Error>`;
  response.writeHead(status, {
    'content-type': rpc ? 'application/json' : 'application/xml',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'ETag, Date, x-oss-request-id',
    'x-oss-request-id': 'TEST',
  });
  response.end(body);
}
