import { readFile } from 'node:fs/promises';
import { CommandFailed, EXIT } from '../exit-codes.js';

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/**
 * The file that is named, else the one of `SLUICE_CREDENTIALS`, else the variables themselves.
 * @throws {CommandFailed}
 */
export async function readKeys(
  named: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<AccessKeys> {
  const file = named ?? (environment.SLUICE_CREDENTIALS || undefined);
  if (file !== undefined) return fromFile(file);
  const { SLUICE_ACCESS_KEY_ID: id, SLUICE_ACCESS_KEY_SECRET: secret, SLUICE_SECURITY_TOKEN: token } = environment;
  if (id && secret) {
    return { accessKeyId: id, accessKeySecret: secret, ...(token ? { securityToken: token } : {}) };
  }
  throw new CommandFailed(
    EXIT.usage,
    'no access key: name a file with --credentials, or set SLUICE_ACCESS_KEY_ID and SLUICE_ACCESS_KEY_SECRET; ' +
      'the first one is made by "sluice ram bootstrap"',
  );
}

async function fromFile(file: string): Promise<AccessKeys> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    // What a JSON parser says holds a piece of the file, which is a secret.
    const why = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw new CommandFailed(EXIT.usage, `the credentials file ${file} cannot be read: ${why}`);
  }
  const members = Object(value) as Readonly<Record<string, unknown>>;
  const text = (...names: readonly string[]): string | undefined =>
    names.map((name) => members[name]).find((member): member is string => typeof member === 'string' && member !== '');
  const accessKeyId = text('AccessKeyId', 'accessKeyId');
  const accessKeySecret = text('AccessKeySecret', 'accessKeySecret');
  const securityToken = text('SecurityToken', 'securityToken');
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    throw new CommandFailed(EXIT.usage, `the credentials file ${file} has no AccessKeyId and AccessKeySecret`);
  }
  return { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
}
