import type { UploadProgress, UploadState, UploadTask } from '@sluice/uploader';

const STATE_TEXT: Readonly<Record<UploadState, string>> = {
  queued: 'Waiting',
  preparing: 'Preparing',
  offline: 'Waiting for the connection',
  elsewhere: 'Uploading in another tab',
  uploading: 'Uploading',
  paused: 'Paused',
  success: 'Done',
  failed: 'Failed',
  canceled: 'Canceled',
};

/** Which buttons make sense in which state. */
const BUTTONS: Readonly<Record<UploadState, readonly string[]>> = {
  queued: ['cancel'],
  preparing: ['pause', 'cancel'],
  offline: ['pause', 'cancel'],
  elsewhere: ['cancel'],
  uploading: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  success: ['remove'],
  failed: ['retry', 'cancel'],
  canceled: ['remove'],
};

/** One line of the list, kept in step with its task. */
export function uploadRow(template: HTMLTemplateElement, file: File, task: UploadTask): HTMLElement {
  const row = (template.content.cloneNode(true) as DocumentFragment).querySelector('li') as HTMLElement;
  const part = <E extends HTMLElement>(selector: string): E => row.querySelector(selector) as E;
  const bar = part<HTMLProgressElement>('.bar');
  part('.name').textContent = file.name;
  bar.setAttribute('aria-label', `Progress of ${file.name}`);

  const showState = (state: UploadState): void => {
    row.dataset.state = state;
    part('.state').textContent = STATE_TEXT[state];
    const focused = document.activeElement;
    for (const button of row.querySelectorAll('button')) {
      button.hidden = !BUTTONS[state].includes(button.dataset.do ?? '');
      button.setAttribute('aria-label', `${button.textContent} ${file.name}`);
    }
    // A button that was pressed and vanishes would take the keyboard's place in the page with it.
    if (focused instanceof HTMLButtonElement && focused.hidden && row.contains(focused)) firstButton(row)?.focus();
    if (state !== 'failed' && state !== 'success') part('.note').textContent = '';
    showProgress(task.progress);
  };
  const showProgress = (progress: UploadProgress): void => {
    bar.value = task.state === 'success' ? 1 : progress.fraction;
    part('.figures').textContent = figures(progress, file.size, task.state);
  };

  task.on('state', showState);
  task.on('progress', showProgress);
  task.on('success', ({ videoId, imageId }) => {
    row.dataset.mediaId = videoId ?? imageId ?? '';
    part('.note').textContent = videoId === undefined ? `ImageId ${imageId}` : `VideoId ${videoId}`;
  });
  task.on('error', ({ message }) => {
    part('.note').textContent = message;
  });
  row.addEventListener('click', (event) => {
    const action = event.target instanceof HTMLButtonElement ? event.target.dataset.do : undefined;
    if (action === 'pause') task.pause();
    else if (action === 'resume') task.resume();
    else if (action === 'retry') task.retry();
    else if (action === 'cancel') void task.cancel();
    else if (action === 'remove') {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      ((next && firstButton(next)) ?? document.getElementById('pick'))?.focus();
    }
  });
  showState(task.state);
  return row;
}

function figures(progress: UploadProgress, size: number, state: UploadState): string {
  if (state === 'success') return bytes(size);
  const total = progress.total || size;
  const done = `${bytes(progress.loaded)} of ${bytes(total)} (${Math.floor(progress.fraction * 100)} %)`;
  if (state !== 'uploading' || progress.bytesPerSecond === 0) return done;
  const left = progress.secondsLeft === undefined ? '' : `, ${duration(progress.secondsLeft)} left`;
  return `${done}, ${bytes(progress.bytesPerSecond)}/s${left}`;
}

function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = n;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

function duration(seconds: number): string {
  const s = Math.ceil(seconds);
  if (s < 60) return `${s} s`;
  return s < 3600
    ? `${Math.floor(s / 60)} min ${s % 60} s`
    : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

const firstButton = (row: Element): HTMLElement | null => row.querySelector<HTMLElement>('button:not([hidden])');
