import { DownloadError } from '@sluice/uploader/download';
import { expect, test } from 'vitest';
import { exitCodeOf } from './download.js';

const unwritable = (code: string) =>
  new DownloadError('File', 'The file cannot be written.', undefined, {
    cause: Object.assign(new Error(code), { code }),
  });

test.each([
  [new DownloadError('Refused', 'no', 403), 4],
  [new DownloadError('Refused', 'no', 404), 1],
  [new DownloadError('Damaged', 'no'), 1],
  [new DownloadError('File', 'It is there already.'), 2],
  [unwritable('ENOENT'), 2],
  [unwritable('EACCES'), 2],
  [unwritable('ENOSPC'), 1],
  [unwritable('EIO'), 1],
])('%j ends the command with %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
