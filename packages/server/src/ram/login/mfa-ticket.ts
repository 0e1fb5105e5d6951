import { type KeyRing, openSecret, sealSecret } from '../../keys/key-ring.js';
import type { Random } from '../../runtime.js';
import type { MfaDevice } from '../mfa/mfa-device-rows.js';

const TICKET_LIFE_MS = 7 * 86_400_000;

/**
 * Proof that a browser has given a code of this device (`EnableSaveMFATicket`). Binding the device anew ends it, and so does the end
 * of the master key it was sealed under: twelve hours after a rotation.
 */
export function sealMfaTicket(ring: KeyRing, random: Random, device: MfaDevice, now: number): string {
  return sealSecret(ring, random, contextOf(device), String(now + TICKET_LIFE_MS));
}

export function isMfaTicket(ring: KeyRing, device: MfaDevice, ticket: string, now: number): boolean {
  const until = ticket.length > 512 ? undefined : openSecret(ring, contextOf(device), ticket);
  return until !== undefined && Number(until) > now;
}

const contextOf = ({ serial_number, user_id, activated_at }: MfaDevice): string =>
  `mfa-ticket:${user_id}:${activated_at}:${serial_number}`;
