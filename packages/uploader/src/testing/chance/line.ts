import { bytesOf } from '../../core/part-bytes.js';
import type { HttpRequest, HttpResponse, HttpStack } from '../../ports.js';
import type { CloudAnswer, CloudCall, CloudRequest, MiniCloud } from '../mini-cloud.js';
import type { Timeline } from './timeline.js';

export type LineFaultKind =
  | 'lost-request'
  | 'lost-answer'
  | 'stall'
  | 'stall-after'
  | 'late'
  | 'twice'
  | 'slow'
  | 'status'
  | 'status-after'
  | 'half-answer'
  | 'portal'
  | 'corrupt'
  | 'refused';

export interface LineFault {
  /** `any`, or the name of a call: `UploadPart`, `Complete`, `CreateUploadVideo` … */
  readonly operation: string;
  readonly kind: LineFaultKind;
  /** Calls of that name that fare like this. */
  readonly times: number;
  /** Milliseconds: how much later, how slow, or what Retry-After asks. */
  readonly ms: number;
  readonly status: number;
}

export interface LineOptions {
  /** Milliseconds of one way. */
  readonly way: number;
  /** Bytes per millisecond of one connection. */
  readonly speed: number;
  /** What was cut off on its way reaches the server all the same. */
  readonly ghosts: boolean;
  /** The answers show no `Date` (CORS). */
  readonly dateless: boolean;
}

export interface Sent {
  readonly operation: string;
  readonly uploadId: string | undefined;
  readonly part: number | undefined;
  /** Bytes of the body. */
  readonly size: number;
}

/** The process at the near end of a line. */
export interface Sender {
  readonly alive: boolean;
  readonly sent: Sent[];
  readonly flying: Set<Sent>;
}

/** Hands requests to a {@link MiniCloud} in the time of a {@link Timeline}; spoils those it was told to. */
export class ChanceLine {
  faults: LineFault[] = [];
  /** Nothing goes through. */
  down = false;
  /** Called before a request goes out. */
  onSend: (sender: Sender, sent: Sent) => void = () => {};
  /** Called when the sender is told of a success. */
  onTold: (sender: Sender, sent: Sent, body: Uint8Array, response: HttpResponse) => void = () => {};
  readonly #cloud: MiniCloud;
  readonly #timeline: Timeline;
  readonly #options: LineOptions;
  readonly #left = new Map<LineFault, number>();

  constructor(cloud: MiniCloud, timeline: Timeline, options: LineOptions) {
    this.#cloud = cloud;
    this.#timeline = timeline;
    this.#options = options;
  }

  stackOf(sender: Sender): HttpStack {
    return { send: (request) => this.#send(sender, request) };
  }

  async #send(sender: Sender, request: HttpRequest): Promise<HttpResponse> {
    // Copied, as a line would: the sender may use its buffer again.
    const body = await bodyOf(request.body);
    const onTheWire: CloudRequest = {
      method: request.method,
      url: new URL(request.url),
      headers: new Map(request.headers),
      body,
    };
    const sent: Sent = { ...describe(onTheWire), size: body.length };
    sender.sent.push(sent);
    sender.flying.add(sent);
    this.onSend(sender, sent);
    try {
      const response = await this.#carry(sender, request, onTheWire, this.#faultOf(sent.operation));
      if (response.status < 300) this.onTold(sender, sent, body, response);
      return response;
    } finally {
      sender.flying.delete(sent);
    }
  }

  #faultOf(operation: string): LineFault | undefined {
    const fault = this.faults.find((one) => one.operation === 'any' || one.operation === operation);
    if (!fault) return undefined;
    const left = (this.#left.get(fault) ?? fault.times) - 1;
    this.#left.set(fault, left);
    if (left <= 0) this.faults = this.faults.filter((one) => one !== fault);
    return fault;
  }

  #carry(
    sender: Sender,
    request: HttpRequest,
    cloudRequest: CloudRequest,
    fault: LineFault | undefined,
  ): Promise<HttpResponse> {
    const { way, speed, ghosts, dateless } = this.#options;
    const timeline = this.#timeline;
    const there = way + cloudRequest.body.length / speed;
    const ms = fault?.ms ?? 0;
    return new Promise((resolve, reject) => {
      let over = false;
      const cancels: (() => void)[] = [];
      const end = (run: () => void) => {
        if (over || !sender.alive) return;
        over = true;
        for (const cancel of cancels) cancel();
        request.signal.removeEventListener('abort', stop);
        run();
      };
      const stop = () => end(() => reject(new TypeError('aborted')));
      /** On the device. */
      const here = (after: number, run: () => void) => cancels.push(timeline.after(after, run, sender));
      /** At the server. */
      const away = (after: number, run: () => void) => {
        const cancel = timeline.after(after, () => this.down || run());
        if (!ghosts) cancels.push(cancel);
      };
      const reset = () => end(() => reject(new TypeError('connection reset')));
      const tell = (answer: CloudAnswer) =>
        here(
          way,
          () =>
            this.down ||
            end(() =>
              resolve({
                status: answer.status,
                header: (name) => (dateless && name === 'date' ? undefined : answer.headers[name]),
                body: answer.body,
              }),
            ),
        );
      const handle = () => this.#cloud.handle(cloudRequest);
      const move = (share: number) => {
        if (over) return;
        request.onActivity();
        request.onUploadProgress?.(Math.floor(cloudRequest.body.length * share));
      };
      request.signal.addEventListener('abort', stop);
      if (request.signal.aborted) return stop();
      if (this.down) return void here(way, reset);
      here(there / 2, () => move(0.5));
      switch (fault?.kind) {
        case 'lost-request':
          return void here(there, reset);
        case 'lost-answer':
          return void away(there, () => {
            handle();
            here(way, reset);
          });
        case 'stall':
          return;
        case 'stall-after':
          return void away(there, handle);
        case 'late':
          timeline.after(there + ms, handle);
          return void here(there, reset);
        case 'twice':
          timeline.after(there + ms + 1, handle);
          return void away(there, () => tell(handle()));
        case 'slow': {
          for (let at = 1000; at < ms; at += 1000) here(at, () => move(at / ms));
          return void away(there + ms, () => tell(handle()));
        }
        case 'status':
          return void away(there, () => tell(gateway(fault)));
        case 'status-after':
          return void away(there, () => {
            handle();
            tell(gateway(fault));
          });
        case 'half-answer':
          return void away(there, () => {
            const answer = handle();
            tell({ ...answer, body: answer.body.slice(0, answer.body.length / 2) });
          });
        case 'portal':
          return void away(there, () =>
            tell({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in first</html>' }),
          );
        case 'refused':
          return void away(there, () => tell({ status: 403, headers: {}, body: '{"Code":"AccessDenied"}' }));
        case 'corrupt':
          return void away(there, () => {
            this.#cloud.corrupt = changed;
            const answer = handle();
            this.#cloud.corrupt = (_, body) => body;
            tell(answer);
          });
        default:
          away(there, () => tell(handle()));
      }
    });
  }
}

/** An answer of something in front of the server. */
function gateway({ ms, status }: LineFault): CloudAnswer {
  const headers: Record<string, string> = ms > 0 ? { 'retry-after': String(Math.ceil(ms / 1000)) } : {};
  return { status, headers, body: '<html>busy</html>' };
}

const changed = (_: CloudCall, body: Uint8Array): Uint8Array =>
  body.map((byte, at) => (at === body.length >> 1 ? byte ^ 1 : byte));

function describe({ method, url, body }: CloudRequest): Pick<Sent, 'operation' | 'uploadId' | 'part'> {
  if (!url.hostname.startsWith('media.')) {
    const action = /(?:^|&)Action=(\w+)/.exec(new TextDecoder().decode(body))?.[1] ?? '';
    return { operation: action, uploadId: undefined, part: undefined };
  }
  const query = url.searchParams;
  const uploadId = query.get('uploadId') ?? undefined;
  const part = query.has('partNumber') ? Number(query.get('partNumber')) : undefined;
  const put = part === undefined ? 'PutObject' : 'UploadPart';
  const post = uploadId === undefined ? 'Initiate' : 'Complete';
  const operation = { PUT: put, POST: post, GET: 'ListParts' }[method] ?? 'Abort';
  return { operation, uploadId, part };
}

async function bodyOf(body: HttpRequest['body']): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  return typeof body === 'string' ? new TextEncoder().encode(body) : (await bytesOf(body)).slice();
}
