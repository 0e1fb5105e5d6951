/** A transfer that the operating system goes on with while the application is suspended, or was killed. */

export interface BackgroundJob {
  /** Unique; the system knows the job by it. */
  readonly id: string;
  /** Complete: the signature is in it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Path of the file that is the whole body. */
  readonly file: string;
  /** Kept by the system, given back by {@link BackgroundTransfer.jobs}. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Sends files while the application is suspended; a port over a native library. */
export interface BackgroundTransfer {
  /** PUTs a file. Resolves when the system has taken the job over, not when it is done. */
  put(job: BackgroundJob): Promise<void>;
  /** Ids of the jobs that are still running or waiting, also of an earlier run of the application. */
  jobs(): Promise<readonly string[]>;
  /** Ends a job; one that is not known any more is none. */
  cancel(id: string): Promise<void>;
}

/** Pieces of files, as files of their own. */
export interface PartFiles {
  /** Copies bytes `start` to `end` (excluded); leaves nothing behind when it rejects. @returns the path */
  write(uri: string, start: number, end: number, name: string): Promise<string>;
  /** One that is gone already is fine. */
  remove(path: string): Promise<void>;
}
