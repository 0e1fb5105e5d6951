import { createUploader, type UploadTask } from '@sluice/uploader';
import { KeyWanted, requestToken } from './token.js';
import { uploadRow } from './upload-row.js';

const find = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const drop = find('drop');
const pick = find<HTMLInputElement>('pick');
const list = find('list');
const status = find('status');
const template = find<HTMLTemplateElement>('row');
const keyForm = find<HTMLFormElement>('key-form');
const keyInput = find<HTMLInputElement>('key');

const KEY_ITEM = 'sluice-app-key';
const waitingForKey: (() => void)[] = [];
const tasks: UploadTask[] = [];

const uploader = createUploader({
  endpoint: location.origin,
  credentials: ({ signal }) => tokenWithKey(signal),
});

/** Asks for the key when the AppServer wants one, and goes on when the person has given it. */
async function tokenWithKey(signal: AbortSignal): ReturnType<typeof requestToken> {
  for (;;) {
    try {
      return await requestToken(sessionStorage.getItem(KEY_ITEM) ?? undefined, signal);
    } catch (error) {
      if (!(error instanceof KeyWanted)) throw error;
      await keyGiven(signal);
    }
  }
}

function keyGiven(signal: AbortSignal): Promise<void> {
  keyForm.hidden = false;
  keyInput.focus();
  return new Promise((resolve, reject) => {
    waitingForKey.push(resolve);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY_ITEM, keyInput.value);
  keyInput.value = '';
  keyForm.hidden = true;
  for (const go of waitingForKey.splice(0)) go();
});

function add(files: Iterable<File>): void {
  for (const file of files) {
    const task = uploader.upload(file);
    tasks.push(task);
    list.prepend(uploadRow(template, file, task));
    task.on('state', showStatus);
    watch(task);
  }
  showStatus();
}

/** The outcome is shown by the row; without this a failure would also be an unhandled rejection. */
function watch(task: UploadTask): void {
  task.done.catch(() => undefined);
}

function showStatus(): void {
  const count = (state: string): number => tasks.filter((task) => task.state === state).length;
  const pieces = [
    [count('uploading') + count('preparing'), 'uploading'],
    [count('queued'), 'waiting'],
    [count('paused'), 'paused'],
    [count('success'), 'done'],
    [count('failed'), 'failed'],
  ] as const;
  status.textContent = pieces
    .filter(([n]) => n > 0)
    .map(([n, name]) => `${n} ${name}`)
    .join(', ');
}

pick.addEventListener('change', () => {
  add(pick.files ?? []);
  pick.value = '';
});
drop.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
// A file dropped beside the box would otherwise replace the page and stop every upload.
for (const name of ['dragover', 'drop']) document.addEventListener(name, (event) => event.preventDefault());
drop.addEventListener('drop', (event) => {
  drop.classList.remove('over');
  add(event.dataTransfer?.files ?? []);
});
window.addEventListener('beforeunload', (event) => {
  if (tasks.some(({ state }) => state === 'uploading' || state === 'preparing')) event.preventDefault();
});
