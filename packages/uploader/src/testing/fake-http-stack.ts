import { bytesOf } from '../core/part-bytes.js';
import type { Clock, HttpRequest, HttpResponse, HttpStack } from '../ports.js';
import type { CloudRequest, MiniCloud } from './mini-cloud.js';

export type Fault = 'lost-request' | 'lost-answer' | 'stall';

/** Hands requests to a {@link MiniCloud} in the time of a clock; breaks the line where a test says so. */
export class FakeHttpStack implements HttpStack {
  /** Milliseconds each exchange takes. */
  latency: (request: CloudRequest) => number = () => 20;
  fault: (request: CloudRequest) => Fault | undefined = () => undefined;
  inFlight = 0;
  mostInFlight = 0;
  readonly sent: HttpRequest[] = [];
  readonly #cloud: MiniCloud;
  readonly #clock: Clock;

  constructor(cloud: MiniCloud, clock: Clock) {
    this.#cloud = cloud;
    this.#clock = clock;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    this.sent.push(request);
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      return await this.#exchange(request);
    } finally {
      this.inFlight--;
    }
  }

  async #exchange(request: HttpRequest): Promise<HttpResponse> {
    // Copied, as a line would: the sender may use its buffer again.
    const body = await bodyOf(request.body);
    const cloudRequest: CloudRequest = {
      method: request.method,
      url: new URL(request.url),
      headers: new Map(request.headers),
      body,
    };
    const half = this.latency(cloudRequest) / 2;
    const fault = this.fault(cloudRequest);
    await this.#pass(half, request.signal);
    request.onActivity();
    request.onUploadProgress?.(Math.floor(body.length / 2));
    if (fault === 'stall') await this.#pass(10 * 24 * 3_600_000, request.signal);
    if (fault === 'lost-request') throw new TypeError('connection reset');
    const answer = this.#cloud.handle(cloudRequest);
    if (fault === 'lost-answer') throw new TypeError('connection reset');
    await this.#pass(half, request.signal);
    return { status: answer.status, header: (name) => answer.headers[name], body: answer.body };
  }

  #pass(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.setTimeout(resolve, ms);
      const stop = () => {
        cancel();
        reject(new TypeError('aborted'));
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}

async function bodyOf(body: HttpRequest['body']): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  return typeof body === 'string' ? new TextEncoder().encode(body) : (await bytesOf(body)).slice();
}
