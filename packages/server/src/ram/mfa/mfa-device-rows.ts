import type { Database, DatabaseTransaction, MfaDevicesTable, Queryable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import { type KeyRing, openSecret } from '../../keys/key-ring.js';
import { KeyRingUnusable } from '../../keys/key-ring-file.js';
import { ramErrors } from '../errors.js';
import { acceptedStep, base32Decode } from './totp.js';

export type MfaDevice = Readonly<MfaDevicesTable>;

/** ARN of a device; a device is called by nothing else. */
export const serialNumberOf = (accountId: string, deviceName: string): string =>
  `acs:ram::${accountId}:mfa/${deviceName}`;

/** Binds a sealed seed to its row. */
export const mfaSeedContext = (serialNumber: string): string => `mfa-device:${serialNumber}`;

export async function findDevice(
  db: Queryable,
  accountId: string,
  serialNumber: string,
): Promise<MfaDevice | undefined> {
  return db
    .selectFrom('mfa_devices')
    .selectAll()
    .where('serial_number', '=', serialNumber)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** @throws RpcError `EntityNotExist.VirtualMFADevice`, also for one of another account */
export async function requireDevice(db: Queryable, accountId: string, serialNumber: string): Promise<MfaDevice> {
  const device = await findDevice(db, accountId, serialNumber);
  if (!device) throw ramErrors.notExist('VirtualMFADevice', serialNumber);
  return device;
}

export async function deviceOfUser(db: Queryable, userId: string): Promise<MfaDevice | undefined> {
  return db.selectFrom('mfa_devices').selectAll().where('user_id', '=', userId).executeTakeFirst();
}

export async function countDevices(db: Queryable, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('mfa_devices')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function devicesOf(db: Queryable, accountId: string) {
  return db
    .selectFrom('mfa_devices as d')
    .leftJoin('users as u', 'u.user_id', 'd.user_id')
    .select(['d.serial_number', 'd.activated_at', 'u.user_id', 'u.user_name', 'u.display_name'])
    .where('d.account_id', '=', accountId)
    .orderBy('d.device_name')
    .execute();
}

export async function insertDevice(db: DatabaseTransaction, row: MfaDevice): Promise<void> {
  await db.insertInto('mfa_devices').values(row).execute();
}

export async function updateDevice(
  db: DatabaseTransaction,
  serialNumber: string,
  change: Partial<Pick<MfaDevice, 'user_id' | 'last_step' | 'activated_at'>>,
): Promise<void> {
  await db.updateTable('mfa_devices').set(change).where('serial_number', '=', serialNumber).execute();
}

export async function deleteDeviceRow(db: DatabaseTransaction, serialNumber: string): Promise<void> {
  await db.deleteFrom('mfa_devices').where('serial_number', '=', serialNumber).execute();
}

/** @throws {KeyRingUnusable} when the key ring that sealed it is gone */
export function seedOf(ring: KeyRing, device: MfaDevice): Uint8Array {
  const text = openSecret(ring, mfaSeedContext(device.serial_number), device.sealed_seed);
  if (text === undefined) {
    throw new KeyRingUnusable(
      `the key ring does not open the seed of ${device.serial_number}; restore the right one from a backup`,
    );
  }
  return base32Decode(text);
}

/** Whether the code is right, and was never given before: of several at the same time one at most is. */
export async function consumeCode(
  db: Database,
  ring: KeyRing,
  userId: string,
  code: string,
  now: number,
): Promise<boolean> {
  return transact(db, async (transaction) => {
    const device = await deviceOfUser(transaction, userId);
    if (!device) return false;
    const step = acceptedStep(seedOf(ring, device), code, Number(device.last_step), now);
    if (step === undefined) return false;
    await updateDevice(transaction, device.serial_number, { last_step: step });
    return true;
  });
}
