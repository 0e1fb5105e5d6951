import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './answers.js';
import type { Handler } from './app-server.js';

/**
 * Lets a web-standard handler serve `node:http`, Express and the like; also behind a parser of JSON (`express.json()`), which
 * leaves what it read in `body`.
 *
 * @example createServer(toNodeHandler(createAppServer({ vendor, identify }))).listen(8080)
 */
export function toNodeHandler(handler: Handler): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const request = toRequest(req);
    const answer = request === undefined ? Promise.resolve(new Refusal('BadHost').answer()) : handler(request);
    answer
      .catch(() => new Refusal('InternalError').answer())
      .then(async (response) => {
        const body = Buffer.from(await response.arrayBuffer());
        res.writeHead(response.status, { ...Object.fromEntries(response.headers), 'content-length': body.length });
        res.end(body);
      })
      .catch((error: unknown) => res.destroy(error instanceof Error ? error : new Error('the answer was not sent')));
  };
}

/** `undefined` when target or host make no address, such as a proxy's `GET http://other/ HTTP/1.1`. */
function toRequest(req: IncomingMessage): Request | undefined {
  const { method = 'GET', url = '' } = req;
  if (!url.startsWith('/')) return undefined;
  const headers = new Headers();
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] as string;
    if (!name.startsWith(':')) headers.append(name, req.rawHeaders[i + 1] as string);
  }
  // HTTP/2 has a pseudo-header in its place; origins and allowed hosts are compared with it.
  const host = req.headers.host ?? req.headers[':authority']?.toString();
  if (host !== undefined) headers.set('host', host);
  const scheme = 'encrypted' in req.socket && req.socket.encrypted === true ? 'https' : 'http';
  try {
    const address = `${scheme}://${host ?? 'localhost'}${url}`;
    if (method === 'GET' || method === 'HEAD') return new Request(address, { method, headers });
    // The standard asks for `duplex` with a stream; the DOM types do not know it yet.
    const init = { method, headers, body: parsedBody(req) ?? bodyOf(req), duplex: 'half' };
    return new Request(address, init as unknown as RequestInit);
  } catch {
    return undefined;
  }
}

/** The body as JSON once more, when somebody has read and parsed it. */
function parsedBody(req: IncomingMessage & { readonly body?: unknown }): string | undefined {
  const parsed = req.readableEnded && /^application\/json\b/i.test(req.headers['content-type'] ?? '');
  return parsed && req.body !== undefined ? JSON.stringify(req.body) : undefined;
}

/** Nothing is read before it is asked for. */
function bodyOf(req: IncomingMessage): ReadableStream<Uint8Array> {
  // The usual ways from a request to a stream give the request up when the reader stops early, and a client that is
  // still sending would stall. Here the rest is thrown away: the answer arrives and the connection serves on.
  const chunks = req.iterator({ destroyOnReturn: false });
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next: IteratorResult<Uint8Array> = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        await chunks.return?.();
        req.resume();
      },
    },
    { highWaterMark: 0 },
  );
}
