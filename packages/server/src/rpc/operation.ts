import type { NamedPolicy } from '@sluice/policy';
import type { z } from 'zod';
import type { CallNotes } from '../audit/rpc-entry.js';
import type { AccessQuestion } from '../gate/authorise.js';
import type { Principal } from '../gate/principal.js';
import type { RpcError } from './rpc-error.js';

export type Product = 'ims' | 'ram' | 'sts' | 'vod';

/** One call: who, from where, and what it is called in logs. */
export interface Call {
  readonly requestId: string;
  readonly principal: Principal;
  readonly sourceIp: string;
  readonly secure: boolean;
  /** Host header and path as sent; the upload SDKs hide their region text in it (reference vod 1.12). */
  readonly host: string;
  readonly path: string;
  readonly now: number;
  /** For the audit trail: what the call is about or makes, where its parameters do not tell. To be told before it is committed. */
  readonly note: (notes: CallNotes) => void;
  /** Whether the caller is allowed this too: for answers that show as much as the caller may see, and no refusals. */
  readonly may: (demand: AccessDemand) => Promise<boolean>;
}

export interface AccessDemand extends Omit<AccessQuestion, 'context'> {
  /** The trust policy of a role to be assumed: it has to allow the caller too. */
  readonly trust?: NamedPolicy;
  readonly context?: Readonly<Record<string, string | undefined>>;
  /** The account lets its users do this for themselves: allowed unless a policy denies it. */
  readonly selfService?: boolean;
}

/**
 * One row of the operation table. Validation, authorisation, throttling and error codes are read from here;
 * a handler runs only when all of them have passed, and checks no permission itself.
 */
/** How a parameter can be wrong: too short or long a text, a number beyond its bounds, or of a wrong form. */
export type Fault = 'length' | 'form' | { readonly atLeast: number } | { readonly atMost: number };

export interface Operation<Input = unknown> {
  readonly product: Product;
  /** API version, `2015-04-01`. */
  readonly version: string;
  readonly name: string;
  readonly description: string;
  /** False: may be called without a signature. */
  readonly signed: boolean;
  /** Parameters as texts in, a typed input out. Empty texts count as absent. */
  readonly input: z.ZodType<Input>;
  /** The refusal for a parameter that is missing or fails its schema. */
  invalid(parameter: string, missing: boolean, fault: Fault): RpcError;
  /**
   * For an operation whose parameters prove who is calling, in place of a signature. Asked after the parameters are valid and
   * before anything is allowed.
   * @throws RpcError when they prove nothing
   */
  identify?(input: Input, call: Call): Promise<Principal>;
  /** What the caller needs to be allowed; empty for an operation that needs no permission. */
  access(input: Input, call: Call): Promise<readonly AccessDemand[]>;
  /** The refusal for a caller without permission. */
  denied(detail: Readonly<Record<string, string>>): RpcError;
  /** Calls a second; absent = not limited. */
  readonly perSecond?: number;
  /** Whose calls are counted together; default `account`. */
  readonly perSecondOf?: 'account' | 'principal';
  /** Calls a second of one caller beside those of its account, refused ones too; absent = not limited. */
  readonly principalPerSecond?: number;
  /** The members of the answer beside `RequestId`. */
  handle(input: Input, call: Call): Promise<object>;
}

/** Keeps the input type between the schema and the functions of a row, then lets the table forget it. */
export function operation<Input>(row: Operation<Input>): Operation {
  return row as unknown as Operation;
}
