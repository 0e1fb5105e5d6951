/**
 * - `InvalidUpload`: the upload cannot be put into a policy
 * - `NothingAllowed`: the policies allow nothing of it
 * - `TooLong`: what is left does not fit into a session policy
 */
export type ShrinkFailure = 'InvalidUpload' | 'NothingAllowed' | 'TooLong';

/** There is no session policy for this upload. */
export class ShrinkError extends Error {
  override readonly name = 'ShrinkError';

  constructor(
    readonly code: ShrinkFailure,
    message: string,
  ) {
    super(message);
  }
}
