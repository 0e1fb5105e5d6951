/** A command for a server cannot be carried out or came to no end; the message is one line for the operator. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';

  constructor(
    message: string,
    /** True: the call itself is wrong, and would be refused again. */
    readonly wrongCall = false,
  ) {
    super(message);
  }
}
