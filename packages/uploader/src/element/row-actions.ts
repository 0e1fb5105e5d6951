import type { ItemState, UploadItem } from '../list/item.js';
import type { Icon } from './dom.js';

export type Action = 'pause' | 'resume' | 'start' | 'retry' | 'pick' | 'cancel' | 'remove' | 'discard';

/** What can be done in which state: what goes on, then what ends it. */
const ACTIONS: Readonly<Record<ItemState, readonly [Action | undefined, Action]>> = {
  queued: ['pause', 'cancel'],
  preparing: ['pause', 'cancel'],
  uploading: ['pause', 'cancel'],
  offline: ['pause', 'cancel'],
  elsewhere: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  success: [undefined, 'remove'],
  failed: ['retry', 'cancel'],
  canceled: [undefined, 'remove'],
  refused: [undefined, 'remove'],
  unfinished: ['resume', 'discard'],
};

export const ACTION_ICONS: Readonly<Record<Action, Icon>> = {
  pause: 'pause',
  resume: 'play',
  start: 'play',
  retry: 'retry',
  pick: 'file',
  cancel: 'close',
  remove: 'close',
  discard: 'close',
};

export const STATE_ICONS: Readonly<Record<ItemState, Icon>> = {
  queued: 'clock',
  preparing: 'upload',
  uploading: 'upload',
  offline: 'clock',
  elsewhere: 'clock',
  paused: 'pause',
  success: 'check',
  failed: 'alert',
  canceled: 'close',
  refused: 'alert',
  unfinished: 'clock',
};

/** @param held items wait for a start of their own */
export function actionsOf(item: UploadItem, held: boolean): readonly [Action | undefined, Action] {
  if (item.needsFile) return ['pick', 'discard'];
  if (held && item.state === 'queued' && item.task === undefined) return ['start', 'cancel'];
  return ACTIONS[item.state];
}
