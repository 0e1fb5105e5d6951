const INT_MAX = 2_147_483_647;

/** Retries and timeouts of Android. Built with `VodHttpClientConfig.builder()`. */
export class VodHttpClientConfig {
  static builder(): VodHttpClientConfigBuilder {
    return new VodHttpClientConfigBuilder();
  }

  /** Failures in a row; any acknowledged part resets them. */
  readonly maxRetryCount: number;
  /** Milliseconds. Connecting is not told apart here: `socketTimeout` counts for both. */
  readonly connectionTimeout: number;
  /** Milliseconds without any byte moving. */
  readonly socketTimeout: number;

  constructor(maxRetryCount = INT_MAX, connectionTimeout = 15_000, socketTimeout = 15_000) {
    this.maxRetryCount = maxRetryCount;
    this.connectionTimeout = connectionTimeout;
    this.socketTimeout = socketTimeout;
  }

  getMaxRetryCount(): number {
    return this.maxRetryCount;
  }
  getConnectionTimeout(): number {
    return this.connectionTimeout;
  }
  getSocketTimeout(): number {
    return this.socketTimeout;
  }
}

/** As in the SDK for Android; times are milliseconds. */
export class VodHttpClientConfigBuilder {
  #maxRetryCount: number | undefined;
  #connectionTimeout: number | undefined;
  #socketTimeout: number | undefined;

  /** Zero and less count as 2. */
  setMaxRetryCount(maxRetryCount: number): this {
    this.#maxRetryCount = maxRetryCount > 0 ? maxRetryCount : 2;
    return this;
  }
  setConnectionTimeout(milliseconds: number): this {
    this.#connectionTimeout = milliseconds;
    return this;
  }
  setSocketTimeout(milliseconds: number): this {
    this.#socketTimeout = milliseconds;
    return this;
  }
  build(): VodHttpClientConfig {
    return new VodHttpClientConfig(this.#maxRetryCount, this.#connectionTimeout, this.#socketTimeout);
  }
}
