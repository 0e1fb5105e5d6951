export declare const RGW_KEYS: { readonly accessKeyId: string; readonly secretAccessKey: string };
export declare const RGW_REGION: string;

export interface Rgw {
  readonly endpoint: string;
  readonly gatewayPid: number;
  /** Of all its processes. */
  readonly pids: readonly number[];
  /** As when the machine goes down; the data stay. */
  stopGateway(): Promise<void>;
  /** On the same port. */
  startGateway(): Promise<void>;
  /** Ends it and removes everything. */
  stop(): Promise<void>;
}

/** @returns why there is none to be had */
export declare function ensureCeph(): string | undefined;

export declare function startRgw(options?: {
  directory?: string;
  store?: 'memstore' | 'bluestore';
  bytes?: number;
}): Promise<Rgw>;
