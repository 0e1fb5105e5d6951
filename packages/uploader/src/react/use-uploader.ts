import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Uploader, UploaderOptions } from '../api.js';
import type { BrowserFile } from '../browser/browser-file.js';
import { createUploader } from '../browser/create-uploader.js';

type Source<File> = UploaderOptions<BrowserFile> | (() => Uploader<File>);

interface Held<File> {
  readonly uploader: Uploader<File>;
  closing: ReturnType<typeof setTimeout> | undefined;
  closed: boolean;
}

/**
 * An uploader that lives as long as the component and is closed after it; unfinished uploads can be resumed later. It is
 * made once: of later options only the functions `credentials` and `auth` are looked at, always the latest ones. To begin
 * anew with others, change the `key` of the component. An uploader that must outlive the component is made outside.
 *
 * @param options as of `createUploader`, or a function that makes the uploader, e.g. that of another platform
 * @throws UploadError `InvalidOption`
 */
export function useUploader(options: UploaderOptions<BrowserFile>): Uploader<BrowserFile>;
export function useUploader<File>(create: () => Uploader<File>): Uploader<File>;
export function useUploader<File>(source: Source<File>): Uploader<File> {
  const latest = useRef(source);
  useEffect(() => {
    latest.current = source;
  });
  const [held, hold] = useState(() => newHeld(latest));
  useEffect(() => {
    if (held.closed) {
      hold(newHeld(latest));
      return;
    }
    clearTimeout(held.closing);
    return () => {
      // StrictMode, Fast Refresh: an effect that is run again at once goes on with the same uploader.
      held.closing = setTimeout(() => {
        held.closed = true;
        held.uploader.close();
      });
    };
  }, [held]);
  return held.uploader;
}

function newHeld<File>(latest: RefObject<Source<File>>): Held<File> {
  const source = latest.current;
  // Without a function it is the first overload: the uploader of the browser.
  const uploader =
    typeof source === 'function' ? source() : (createUploader(lively(source, latest)) as Uploader<never>);
  return { uploader: uploader as Uploader<File>, closing: undefined, closed: false };
}

/** Functions of a component close over its latest state only when they are looked up at every call. */
function lively<File>(
  first: UploaderOptions<BrowserFile>,
  latest: RefObject<Source<File>>,
): UploaderOptions<BrowserFile> {
  const now = (): UploaderOptions<BrowserFile> => (typeof latest.current === 'function' ? first : latest.current);
  const { credentials, auth } = first;
  return {
    ...first,
    ...(credentials && { credentials: (context) => (now().credentials ?? credentials)(context) }),
    ...(auth && { auth: (context) => (now().auth ?? auth)(context) }),
  };
}
