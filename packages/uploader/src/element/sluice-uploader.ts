import type { AuthFunction, CredentialsFunction, Uploader, UploaderOptions, UploadOptions } from '../api.js';
import type { BrowserFile } from '../browser/browser-file.js';
import { createUploader } from '../browser/create-uploader.js';
import type { UploadItem } from '../list/item.js';
import { UploadList, type UploadListOptions, type UploadListSnapshot } from '../list/upload-list.js';
import type { ListUploader } from '../list/uploader-port.js';
import { Announcer } from './announcer.js';
import { make, makeIcon, makeText, setAttribute, setText } from './dom.js';
import { droppedFiles, handles } from './dropped-files.js';
import { type Format, formatOf } from './format.js';
import { type Messages, messagesOf, type Said } from './messages.js';
import { listed, type RowContext } from './row.js';
import type { Action } from './row-actions.js';
import { adoptStyles } from './styles.js';
import { type Command, Summary } from './summary.js';
import { VirtualList } from './virtual-list.js';

/** Importing this on a server must not fail; there it is never constructed. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** Set before the element was defined, by frameworks and plain scripts alike. */
const PROPERTIES = ['messages', 'uploaderOptions', 'uploadOptions', 'uploader', 'auth', 'credentials'] as const;

/** Events of `<sluice-uploader>`; they bubble and cross shadow roots. */
export interface SluiceUploaderEventMap {
  /** An upload succeeded: `detail.result` has its `videoId`. */
  'sluice-success': CustomEvent<UploadItem>;
  /** An upload failed, or a file was refused (`detail.refusal`). */
  'sluice-error': CustomEvent<UploadItem>;
  /** Something came, went or changed its state; not when bytes move. */
  'sluice-change': CustomEvent<UploadListSnapshot<Blob>>;
}

/**
 * `<sluice-uploader>`: a complete upload list. Attributes: `endpoint`, `region`, `account`, `accept`, `max-size` (bytes),
 * `max-files`, `multiple`, `directory`, `disabled` (takes no files; uploads go on), `autostart="false"`,
 * `unfinished="false"` (does not look for uploads of earlier sessions), `lang`.
 */
export class SluiceUploader extends Base {
  static readonly observedAttributes = [
    ...['endpoint', 'region', 'account', 'accept', 'max-size', 'max-files'],
    ...['multiple', 'directory', 'disabled', 'autostart', 'lang'],
  ];

  readonly #frame = make('div', 'frame');
  readonly #prompt = makeText('p', 'prompt');
  readonly #limits = makeText('p', 'limits');
  readonly #choose = make('button', 'button primary');
  readonly #folder = make('button', 'button');
  readonly #files = make('input', 'input');
  readonly #directory = make('input', 'input');
  readonly #again = make('input', 'input');
  readonly #keys = make('span', 'quiet');
  readonly #announcer: Announcer;
  readonly #summary: Summary;
  readonly #view: VirtualList;

  #given: Uploader<BrowserFile> | undefined;
  #own: Uploader<BrowserFile> | undefined;
  #list: UploadList<Blob> | undefined;
  #stops: (() => void)[] = [];
  #credentials: CredentialsFunction | undefined;
  #auth: AuthFunction<BrowserFile> | undefined;
  #custom: Partial<Messages> = {};
  #messages: Messages = messagesOf('');
  #format: Format = formatOf('en');
  #context: RowContext | undefined;
  #states = '';
  #over = 0;
  #picking = '';
  #uploaderOptions: UploaderOptions<BrowserFile> = {};
  #uploadOptions: UploadOptions | ((file: Blob) => UploadOptions) = {};

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const region = make('div', 'quiet');
    region.setAttribute('role', 'status');
    this.#announcer = new Announcer(region, () => this.#messages);
    this.#summary = new Summary(
      (command) => this.#run(command),
      () => this.#choose.focus(),
    );
    this.#view = new VirtualList(
      () => this.#rowContext(),
      (id) => this.#list?.get(id),
      () => this.#choose.focus(),
    );
    this.#keys.id = 'keys';
    this.#view.element.hidden = true;
    this.#build(region);
    root.append(this.#frame);
    adoptStyles(root);
  }

  /** An uploader of your own; it stays open when the element goes. */
  get uploader(): Uploader<BrowserFile> | undefined {
    return this.#given ?? this.#own;
  }
  set uploader(uploader: Uploader<BrowserFile> | undefined) {
    if (uploader === this.#given) return;
    this.#release();
    this.#given = uploader;
    this.#connect();
  }

  /** Supplies tokens, with `endpoint` or `region`. May be changed at any time. */
  get credentials(): CredentialsFunction | undefined {
    return this.#credentials;
  }
  set credentials(credentials: CredentialsFunction | undefined) {
    this.#credentials = credentials;
    this.#connect();
  }

  /** Supplies the credential of each file, in place of `credentials`. May be changed at any time. */
  get auth(): AuthFunction<BrowserFile> | undefined {
    return this.#auth;
  }
  set auth(auth: AuthFunction<BrowserFile> | undefined) {
    this.#auth = auth;
    this.#connect();
  }

  /** More options of the uploader the element makes; to be set before `credentials` or `auth`. */
  get uploaderOptions(): UploaderOptions<BrowserFile> {
    return this.#uploaderOptions;
  }
  set uploaderOptions(options: UploaderOptions<BrowserFile>) {
    this.#uploaderOptions = options;
    this.#connect();
  }

  /** Options of every upload, or a function that answers those of one. */
  get uploadOptions(): UploadOptions | ((file: Blob) => UploadOptions) {
    return this.#uploadOptions;
  }
  set uploadOptions(options: UploadOptions | ((file: Blob) => UploadOptions)) {
    this.#uploadOptions = options;
  }

  /** Texts of your own; those that are left out stay. */
  get messages(): Partial<Messages> {
    return this.#custom;
  }
  set messages(messages: Partial<Messages>) {
    this.#custom = messages;
    this.#localise();
  }

  /** The list behind the element; `undefined` until it has an uploader. */
  get list(): UploadList<Blob> | undefined {
    return this.#list;
  }

  connectedCallback(): void {
    for (const name of PROPERTIES) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      Object.assign(this, { [name]: value });
    }
    this.#view.connect();
    this.#localise();
    this.#connect();
  }

  disconnectedCallback(): void {
    this.#view.disconnect();
    this.#announcer.stop();
    // Moved to another place it is connected again at once.
    setTimeout(() => {
      if (!this.isConnected) this.#release();
    });
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === 'lang') this.#localise();
    else this.#arrange();
    if (this.#list) this.#list.options = this.#listOptions();
    this.#connect();
  }

  /** Adds files as if they were dropped. */
  add(files: Iterable<Blob> | ArrayLike<Blob>): void {
    if (!this.#list) return;
    const { added, refused } = this.#list.add(files);
    const name = (ids: readonly string[]) => this.#list?.get(ids[0] ?? '')?.fileName ?? '';
    this.#announcer.say('added', name(added), added.length);
    this.#announcer.say('refused', name(refused), refused.length);
  }

  #build(region: HTMLElement): void {
    const choosers = make('div', 'choosers', this.#choose, this.#folder);
    const zone = make('div', 'dropzone', makeIcon('upload'), this.#prompt, choosers, this.#limits);
    for (const [button, input] of [
      [this.#choose, this.#files],
      [this.#folder, this.#directory],
    ] as const) {
      button.type = 'button';
      button.addEventListener('click', () => input.click());
    }
    this.#directory.setAttribute('webkitdirectory', '');
    for (const input of [this.#files, this.#directory, this.#again]) {
      input.type = 'file';
      input.hidden = true;
      input.addEventListener('change', () => {
        const files = [...(input.files ?? [])];
        input.value = '';
        if (input !== this.#again) this.add(files);
        else if (files[0]) this.#list?.resume(this.#picking, files[0]);
      });
    }
    this.#frame.append(zone, this.#files, this.#directory, this.#again);
    this.#frame.append(this.#summary.element, this.#keys, this.#view.element, region);
    this.#frame.addEventListener('dragenter', (event) => this.#drag(event, 1));
    this.#frame.addEventListener('dragleave', (event) => this.#drag(event, -1));
    this.#frame.addEventListener('dragover', (event) => this.#drag(event, 0));
    this.#frame.addEventListener('drop', (event) => this.#drop(event));
  }

  #connect(): void {
    if (!this.isConnected || this.#list) return;
    const uploader = this.#given ?? this.#make();
    if (uploader) this.#begin(new UploadList(withHandles(uploader), this.#listOptions()));
    else this.#arrange();
  }

  #begin(list: UploadList<Blob>): void {
    this.#list = list;
    const tell = (name: keyof SluiceUploaderEventMap, said: Said) => (item: UploadItem) => {
      this.#announcer.say(said, item.fileName);
      this.#emit(name, item);
    };
    this.#stops = [
      list.subscribe(() => this.#show()),
      list.on('success', tell('sluice-success', 'success')),
      list.on('error', tell('sluice-error', 'failed')),
      list.on('refused', (item) => this.#emit('sluice-error', item)),
    ];
    this.#arrange();
    this.#show();
    if (this.getAttribute('unfinished') !== 'false') void this.#loadUnfinished(list);
  }

  /** The person did not ask for it: what goes wrong is no error of an upload. */
  async #loadUnfinished(list: UploadList<Blob>): Promise<void> {
    try {
      await list.loadUnfinished();
    } catch (error) {
      console.warn('<sluice-uploader> could not look for unfinished uploads.', error);
    }
  }

  #make(): Uploader<BrowserFile> | undefined {
    const text = (name: string): string | undefined => this.getAttribute(name) ?? undefined;
    const own = this.#uploaderOptions;
    const credentials =
      this.#credentials &&
      ((...of: Parameters<CredentialsFunction>) => (this.#credentials as CredentialsFunction)(...of));
    const auth =
      this.#auth &&
      ((...of: Parameters<AuthFunction<BrowserFile>>) => (this.#auth as AuthFunction<BrowserFile>)(...of));
    const options = { endpoint: text('endpoint'), region: text('region'), account: text('account') };
    const set = Object.entries({ ...options, credentials, auth }).filter(([, value]) => value !== undefined);
    const merged: UploaderOptions<BrowserFile> = { ...own, ...Object.fromEntries(set) };
    if (!merged.credentials && !merged.auth) return undefined;
    this.#own = createUploader(merged);
    return this.#own;
  }

  #release(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#list?.close();
    this.#list = undefined;
    this.#own?.close();
    this.#own = undefined;
    this.#view.show([]);
    this.#frame.classList.remove('filled');
    this.#view.element.hidden = true;
    this.#summary.element.hidden = true;
  }

  #listOptions(): UploadListOptions<Blob> {
    const number = (name: string): number | undefined => {
      const value = Number(this.getAttribute(name) ?? '');
      return value > 0 ? value : undefined;
    };
    const several = this.#is('multiple') || this.#is('directory');
    return {
      accept: this.getAttribute('accept') ?? undefined,
      maxSize: number('max-size'),
      maxFiles: several ? number('max-files') : 1,
      autostart: !this.#held,
      upload: (file) => {
        const options = this.#uploadOptions;
        return typeof options === 'function' ? options(file) : options;
      },
    };
  }

  /** Frameworks write `disabled="false"` on custom elements for a property that is false. */
  #is(name: string): boolean {
    return (this.getAttribute(name) ?? 'false') !== 'false';
  }

  get #held(): boolean {
    return this.getAttribute('autostart') === 'false';
  }

  #localise(): void {
    const from = this.closest('[lang]') ?? document.documentElement;
    const language = from.getAttribute('lang') || navigator.language;
    this.#messages = { ...messagesOf(language), ...this.#custom };
    this.#format = formatOf(isKnown(language) ? language : 'en');
    this.#arrange();
  }

  /** Writes everything that hangs on attributes and language. */
  #arrange(): void {
    const messages = this.#messages;
    const { accept, maxSize, maxFiles } = this.#listOptions();
    const off = !this.#takes;
    this.#files.multiple = this.#is('multiple');
    setAttribute(this.#files, 'accept', accept);
    setText(this.#choose, this.#files.multiple ? messages.chooseFiles : messages.chooseFile);
    setText(this.#folder, messages.chooseFolder);
    this.#folder.hidden = !this.#is('directory');
    this.#choose.disabled = off;
    this.#folder.disabled = off;
    this.#frame.classList.toggle('off', off);
    const limits = [
      accept && listed(accept),
      maxSize && messages.maxSize(this.#format.bytes(maxSize)),
      maxFiles && maxFiles > 1 && messages.maxFiles(maxFiles),
    ];
    setText(this.#limits, limits.filter(Boolean).join(' · '));
    this.#limits.hidden = this.#limits.textContent === '';
    setText(this.#prompt, this.#over > 0 ? messages.release : messages.drop);
    setText(this.#keys, messages.keys);
    this.#view.describe(messages.uploads, this.#keys.id);
    this.#context = undefined;
    if (this.#list) this.#show();
  }

  #rowContext(): RowContext {
    this.#context ??= {
      messages: this.#messages,
      format: this.#format,
      held: this.#held,
      act: (action, id) => this.#act(action, id),
    };
    return this.#context;
  }

  #show(): void {
    const snapshot = this.#list?.getSnapshot();
    if (!snapshot) return;
    const { ids, totals } = snapshot;
    this.#view.element.hidden = ids.length === 0;
    this.#frame.classList.toggle('filled', ids.length > 0);
    this.#view.show(ids);
    this.#summary.show(totals, this.#held, this.#messages, this.#format);
    const states = `${ids.length} ${Object.values(totals.count).join(' ')}`;
    if (states !== this.#states) this.#emit('sluice-change', snapshot);
    this.#states = states;
  }

  #act(action: Action, id: string): void {
    const list = this.#list;
    const name = list?.get(id)?.fileName ?? '';
    if (action === 'pick') {
      this.#picking = id;
      this.#again.click();
    } else if (action === 'pause') list?.pause(id);
    else if (action === 'resume' || action === 'start') list?.resume(id);
    else if (action === 'retry') list?.retry(id);
    else if (action === 'remove') list?.remove(id);
    else void list?.cancel(id);
    const said = SAID[action];
    if (said) this.#announcer.say(said, name);
  }

  #run(command: Command): void {
    const list = this.#list;
    if (!list) return;
    const { count } = list.getSnapshot().totals;
    if (command === 'startAll') list.start();
    else if (command === 'pauseAll') {
      list.pauseAll();
      this.#announcer.say('paused', '', count.queued + count.preparing + count.uploading);
    } else if (command === 'resumeAll') {
      list.resumeAll();
      this.#announcer.say('resumed', '', count.paused);
    } else if (command === 'retryAll') list.retryAll();
    else {
      list.clearFinished();
      this.#announcer.say('removed', '', count.success + count.canceled + count.refused);
    }
  }

  #drag(event: DragEvent, change: 1 | 0 | -1): void {
    const { dataTransfer } = event;
    if (!dataTransfer?.types.includes('Files')) return;
    // Also while it takes none: the browser would open the file, in place of the page and its uploads.
    event.preventDefault();
    dataTransfer.dropEffect = this.#takes ? 'copy' : 'none';
    // Entering a child comes before leaving its parent: the depth tells when the pointer is really gone.
    this.#setOver(this.#takes ? Math.max(0, this.#over + change) : 0);
  }

  #drop(event: DragEvent): void {
    this.#setOver(0);
    const { dataTransfer } = event;
    if (!dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (!this.#takes) return;
    droppedFiles(dataTransfer, (files) => this.add(files)).catch((error: unknown) => {
      console.warn('<sluice-uploader> could not read everything that was dropped.', error);
    });
  }

  get #takes(): boolean {
    return this.#list !== undefined && !this.#is('disabled');
  }

  #setOver(over: number): void {
    this.#over = over;
    this.#frame.classList.toggle('over', over > 0);
    setText(this.#prompt, over > 0 ? this.#messages.release : this.#messages.drop);
  }

  #emit<Name extends keyof SluiceUploaderEventMap>(name: Name, detail: SluiceUploaderEventMap[Name]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

const SAID: Readonly<Partial<Record<Action, Said>>> = {
  pause: 'paused',
  resume: 'resumed',
  start: 'resumed',
  cancel: 'canceled',
  remove: 'removed',
  discard: 'removed',
};

function withHandles(uploader: Uploader<BrowserFile>): ListUploader<Blob> {
  return {
    tasks: uploader.tasks,
    upload: (file, options) => uploader.upload(handles.get(file) ?? file, options),
    unfinished: () => uploader.unfinished(),
  };
}

function isKnown(language: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language).length > 0;
  } catch {
    return false;
  }
}

/**
 * Makes `<sluice-uploader>` known to the page. Does nothing on a server, and nothing the second time.
 * @param name another name, with a hyphen
 */
export function defineSluiceUploader(name = 'sluice-uploader'): void {
  if (typeof customElements === 'undefined' || customElements.get(name)) return;
  // A class can have one name only; further names get classes of their own.
  const taken = customElements.getName?.(SluiceUploader);
  customElements.define(name, taken ? class extends SluiceUploader {} : SluiceUploader);
}

declare global {
  interface HTMLElementTagNameMap {
    'sluice-uploader': SluiceUploader;
  }
}
