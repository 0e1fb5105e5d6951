/** What every room is handed instead of reaching for it: time, chance, and a log. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** Where random bytes come from: keys, secrets and tokens are made of them. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** Structured log; secrets, tokens and signatures are never handed to it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
