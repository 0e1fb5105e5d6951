/** What the shell is told. Documented in `docs/cli.md`; scripts rely on the numbers. */
export const EXIT = {
  ok: 0,
  /** Something failed that a change of the call cannot mend: network, server, disk. */
  failed: 1,
  /** The call is wrong: option, file name, setting. */
  usage: 2,
  /** Some files were uploaded and some were not. */
  partly: 3,
  /** No token, or one without the needed permission. */
  denied: 4,
  /** A scrub found content that is damaged or cannot be read, or the audit trail is not whole. */
  damaged: 5,
  /** Ended by Ctrl-C; the uploads go on with the same command. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Codes of services that refuse a token or an access key: exit code 4. */
export const REFUSED_CREDENTIALS =
  /^(?:InvalidAccessKeyId|InvalidSecurityToken|MissingSecurityToken|SecurityTokenExpired|SignatureDoesNotMatch)/;

/** A failure with a line for the user and a code for the shell. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}
