import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { DatabaseTransaction, Queryable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import { sealSecret } from '../../keys/key-ring.js';
import type { Call, Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import { mfaDeviceName, userName } from '../fields.js';
import { RAM_LIMITS } from '../limits.js';
import { findAccountSetting } from '../preferences/account-settings.js';
import { mayManageOwn } from '../preferences/security-preference.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { requireUser } from '../users/user-rows.js';
import {
  countDevices,
  deleteDeviceRow,
  deviceOfUser,
  devicesOf,
  findDevice,
  insertDevice,
  type MfaDevice,
  mfaSeedContext,
  requireDevice,
  seedOf,
  serialNumberOf,
  updateDevice,
} from './mfa-device-rows.js';
import { qrCodePng } from './qr-code.js';
import { acceptedPair, base32 } from './totp.js';

/** RFC 4226 4 recommends 160 bits. */
const SEED_BYTES = 20;
const ISSUER = 'Sluice';

const SerialNumber = z
  .string()
  .max(128)
  .regex(/^acs:ram::\d{1,32}:mfa\/[A-Za-z0-9.-]{1,64}$/);
const code = z.string().max(64);

/** Virtual MFA devices, and who has which. Reference: ram-sts 2.2. */
export function mfaOperations({ db, ring, clock, random }: RamParts): readonly Operation[] {
  const byUser = ({ UserName }: { UserName: string }) => `user/${UserName}`;
  const own = (given: { UserName: string }, call: Call) => mayManageOwn(db, 'AllowUserToManageMFADevices', given, call);
  /** Without a policy, a user has devices only under its own name. */
  const ownName = (UserName: string, call: Call) => own({ UserName }, call);

  return [
    ramOperation({
      name: 'CreateVirtualMFADevice',
      description: 'Makes a virtual MFA device. Its seed is shown this once, as text and as QR code.',
      input: z.object({ VirtualMFADeviceName: mfaDeviceName }),
      resource: () => 'mfa/*',
      selfService: ({ VirtualMFADeviceName }, call) => ownName(VirtualMFADeviceName, call),
      async handle({ VirtualMFADeviceName: name }, call) {
        const account = accountOf(call);
        const serial = serialNumberOf(account, name);
        const seed = base32(random.bytes(SEED_BYTES));
        const device: MfaDevice = {
          serial_number: serial,
          account_id: account,
          device_name: name,
          sealed_seed: sealSecret(ring, random, mfaSeedContext(serial), seed),
          user_id: null,
          last_step: 0,
          created_at: clock.now(),
          activated_at: null,
        };
        const alias = await transact(db, async (transaction) => {
          if (await findDevice(transaction, account, serial)) throw ramErrors.exists('VirtualMFADevice', serial);
          if ((await countDevices(transaction, account)) >= RAM_LIMITS.mfaDevices) {
            throw ramErrors.limit('VirtualMFADevice', RAM_LIMITS.mfaDevices);
          }
          await insertDevice(transaction, device);
          return findAccountSetting(transaction, account, 'alias');
        });
        return {
          VirtualMFADevice: {
            SerialNumber: serial,
            Base32StringSeed: seed,
            QRCodePNG: qrCodePng(otpAuthUri(`${name}@${alias ?? account}`, seed)).toString('base64'),
          },
        };
      },
    }),

    ramOperation({
      name: 'ListVirtualMFADevices',
      description: 'Lists the MFA devices of the account, by name, and whose they are; never a seed.',
      input: z.object({}),
      resource: () => 'mfa/*',
      async handle(_given, call) {
        const rows = await devicesOf(db, accountOf(call));
        return {
          VirtualMFADevices: {
            VirtualMFADevice: rows.map((row) => ({
              SerialNumber: row.serial_number,
              ...(row.activated_at === null ? {} : { ActivateDate: formatIso(Number(row.activated_at)) }),
              User:
                row.user_id === null
                  ? {}
                  : { UserId: row.user_id, UserName: row.user_name, DisplayName: row.display_name },
            })),
          },
        };
      },
    }),

    ramOperation({
      name: 'DeleteVirtualMFADevice',
      description: 'Deletes an MFA device that is bound to nobody.',
      input: z.object({ SerialNumber }),
      resource: ({ SerialNumber: serial }) => `mfa/${nameIn(serial)}`,
      selfService: ({ SerialNumber: serial }, call) => ownName(nameIn(serial), call),
      async handle({ SerialNumber: serial }, call) {
        await transact(db, async (transaction) => {
          const device = await requireDevice(transaction, accountOf(call), serial);
          if (device.user_id !== null) {
            throw ramErrors.conflict('VirtualMFADevice.User', [await userNameOf(transaction, device.user_id)]);
          }
          await deleteDeviceRow(transaction, serial);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'BindMFADevice',
      description: 'Gives a device to a user, by two codes of it that follow one another.',
      input: z.object({ SerialNumber, UserName: userName, AuthenticationCode1: code, AuthenticationCode2: code }),
      resource: byUser,
      selfService: own,
      async handle({ SerialNumber: serial, UserName, AuthenticationCode1, AuthenticationCode2 }, call) {
        const codes = [AuthenticationCode1, AuthenticationCode2] as const;
        if (!codes.every((given) => /^\d{6}$/.test(given))) throw ramErrors.authenticationCodeFormat();
        const account = accountOf(call);
        await transact(db, async (transaction) => {
          const { user_id } = await requireUser(transaction, account, UserName);
          const device = await requireDevice(transaction, account, serial);
          if (await deviceOfUser(transaction, user_id)) throw ramErrors.exists('User.MFADevice', UserName);
          if (device.user_id !== null) throw ramErrors.exists('VirtualMFADevice.User', serial);
          const now = clock.now();
          const step = acceptedPair(seedOf(ring, device), codes, Number(device.last_step), now);
          if (step === undefined) throw ramErrors.wrongAuthenticationCode();
          await updateDevice(transaction, serial, { user_id, last_step: step, activated_at: now });
        });
        return {};
      },
    }),

    ramOperation({
      name: 'UnbindMFADevice',
      description: 'Takes the device of a user away; the device stays, and can be bound again.',
      input: z.object({ UserName: userName }),
      resource: byUser,
      // A leaked access key must not be able to take the second factor off: only who has just given a code may.
      selfService: async (given, call) =>
        call.principal.kind === 'user' && call.principal.mfaPresent === true && (await own(given, call)),
      async handle({ UserName }, call) {
        const serial = await transact(db, async (transaction) => {
          const device = await requireDeviceOf(transaction, accountOf(call), UserName);
          await updateDevice(transaction, device.serial_number, { user_id: null, activated_at: null });
          return device.serial_number;
        });
        return { MFADevice: { SerialNumber: serial } };
      },
    }),

    ramOperation({
      name: 'GetUserMFAInfo',
      description: 'Shows the MFA device of a user.',
      input: z.object({ UserName: userName }),
      resource: byUser,
      selfService: own,
      async handle({ UserName }, call) {
        const device = await requireDeviceOf(db, accountOf(call), UserName);
        return { MFADevice: { SerialNumber: device.serial_number, Type: 'VMFA' } };
      },
    }),
  ];
}

/** For `RamParts.holdersOfUser`. */
export async function deviceHoldsUser(transaction: DatabaseTransaction, userId: string): Promise<void> {
  const device = await deviceOfUser(transaction, userId);
  if (device) throw ramErrors.conflict('User.MFADevice', [device.serial_number]);
}

/** @throws RpcError `EntityNotExist.User`, `EntityNotExist.User.MFADevice` */
async function requireDeviceOf(db: Queryable, accountId: string, name: string): Promise<MfaDevice> {
  const { user_id } = await requireUser(db, accountId, name);
  const device = await deviceOfUser(db, user_id);
  if (!device) throw ramErrors.notExist('User.MFADevice', name);
  return device;
}

async function userNameOf(db: Queryable, userId: string): Promise<string> {
  const row = await db.selectFrom('users').select('user_name').where('user_id', '=', userId).executeTakeFirst();
  return row?.user_name ?? userId;
}

const nameIn = (serialNumber: string): string => serialNumber.slice(serialNumber.indexOf('/') + 1);

/** What authenticator apps read out of the QR code. */
function otpAuthUri(label: string, seed: string): string {
  return `otpauth://totp/${ISSUER}:${encodeURIComponent(label)}?secret=${seed}&issuer=${ISSUER}`;
}
