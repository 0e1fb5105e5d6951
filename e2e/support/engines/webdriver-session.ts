/** A session of W3C WebDriver over HTTP (https://www.w3.org/TR/webdriver2/), as much as the engines' driver needs. */

interface Answer {
  readonly value: unknown;
}

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const SCRIPT_TIMEOUT_MS = 300_000;
const LOAD_TIMEOUT_MS = 60_000;

export class WebDriverSession {
  readonly #base: string;
  readonly browserVersion: string;
  /** A session has one current window; commands for different windows take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  #window: string | undefined;

  private constructor(base: string, browserVersion: string) {
    this.#base = base;
    this.browserVersion = browserVersion;
  }

  static async open(driver: string, capabilities: object): Promise<WebDriverSession> {
    const value = (await command(`${driver}/session`, 'POST', { capabilities: { alwaysMatch: capabilities } })) as {
      sessionId: string;
      capabilities: { browserName: string; browserVersion: string };
    };
    const session = new WebDriverSession(`${driver}/session/${value.sessionId}`, value.capabilities.browserVersion);
    await session.#send('POST', '/timeouts', { script: SCRIPT_TIMEOUT_MS, pageLoad: LOAD_TIMEOUT_MS });
    return session;
  }

  /** The window that was there from the beginning. */
  async firstWindow(): Promise<string> {
    return (await this.#send('GET', '/window')) as string;
  }

  async newWindow(): Promise<string> {
    return ((await this.#send('POST', '/window/new', { type: 'tab' })) as { handle: string }).handle;
  }

  open(window: string, url: string): Promise<unknown> {
    return this.#in(window, () => this.#send('POST', '/url', { url }));
  }

  reload(window: string): Promise<unknown> {
    return this.#in(window, () => this.#send('POST', '/refresh', {}));
  }

  back(window: string): Promise<unknown> {
    return this.#in(window, () => this.#send('POST', '/back', {}));
  }

  closeWindow(window: string): Promise<unknown> {
    return this.#in(window, async () => {
      await this.#send('DELETE', '/window');
      this.#window = undefined;
    });
  }

  evaluate(window: string, expression: string): Promise<unknown> {
    const script = `const done = arguments[arguments.length - 1];
(async () => (${expression}))().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    return this.#in(window, async () => {
      const answer = (await this.#send('POST', '/execute/async', { script, args: [] })) as {
        value?: unknown;
        error?: string;
      };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    });
  }

  setFiles(window: string, selector: string, paths: readonly string[]): Promise<unknown> {
    return this.#in(window, async () => {
      const found = (await this.#send('POST', '/element', { using: 'css selector', value: selector })) as {
        [ELEMENT]: string;
      };
      // Keys that are sent to an input that takes many files add to those it has.
      await this.#send('POST', '/execute/sync', { script: "arguments[0].value = ''", args: [found] });
      await this.#send('POST', `/element/${found[ELEMENT]}/value`, { text: paths.join('\n') });
    });
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => undefined);
    await this.#send('DELETE', '');
  }

  #in<T>(window: string, run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      if (this.#window !== window) {
        await this.#send('POST', '/window', { handle: window });
        this.#window = window;
      }
      return run();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #send(method: string, path: string, body?: object): Promise<unknown> {
    return command(this.#base + path, method, body);
  }
}

/** @throws Error with the driver's own error code and message */
async function command(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { value } = (await response.json()) as Answer;
  if (response.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`${method} ${new URL(url).pathname}: ${error}: ${message}`);
}
