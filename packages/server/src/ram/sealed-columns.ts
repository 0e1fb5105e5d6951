import type { SealedColumn } from '../keys/reseal.js';
import { accessKeyContext } from './access-keys/access-key-rows.js';
import { mfaSeedContext } from './mfa/mfa-device-rows.js';

/** Where RAM keeps secrets. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'access_keys', id: 'access_key_id', column: 'sealed_secret', context: accessKeyContext },
  { table: 'mfa_devices', id: 'serial_number', column: 'sealed_seed', context: mfaSeedContext },
];
