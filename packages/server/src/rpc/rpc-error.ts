/** A refusal in the RPC dialect: code, status and message are the contract that official SDKs parse. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Members of `AccessDeniedDetail`, for refusals by policy. */
    readonly detail?: Readonly<Record<string, string>>,
    /** Extra response headers. */
    readonly headers?: Readonly<Record<string, string>>,
  ) {
    super(message);
  }
}
