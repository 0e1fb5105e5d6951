import { localError } from './upload-error.js';

/** The module of what few uploads need; see `extras.ts`. */
export type Extras = typeof import('./extras.js');

/**
 * @param load absent: this uploader was composed without
 * @throws UploadError `NetworkError`
 */
export async function loaded<Module>(load: (() => Promise<Module>) | undefined): Promise<Module> {
  try {
    // Read as a function that may be missing, so that one error tells both.
    return await (load as () => Promise<Module>)();
  } catch (cause) {
    throw localError('NetworkError', 'A part of the uploader could not be loaded.', cause);
  }
}
