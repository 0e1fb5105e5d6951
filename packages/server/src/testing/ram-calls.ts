import { base32Decode, stepAt, totp } from '../ram/mfa/totp.js';
import type { Answer, ControlRoom } from './control-room.js';
import type { Keys } from './signed-call.js';

type Params = Readonly<Record<string, string>>;

/** Calls to RAM, as the account itself unless other keys are given. */
export function ramCalls(room: ControlRoom, root: Keys) {
  const ram = (action: string, params: Params = {}, keys: Keys = root): Promise<Answer> =>
    room.call(keys, action, params);

  /** The members of a good answer. */
  async function sound<T = Answer['body']>(action: string, params: Params = {}, keys: Keys = root): Promise<T> {
    const answer = await ram(action, params, keys);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as unknown as T;
  }

  /** Status and code. */
  async function refusal(action: string, params: Params = {}, keys: Keys = root) {
    const { status, body } = await ram(action, params, keys);
    return [status, body.Code];
  }

  interface MadeDevice {
    readonly SerialNumber: string;
    readonly Base32StringSeed: string;
    readonly QRCodePNG: string;
  }

  async function device(VirtualMFADeviceName: string, keys: Keys = root) {
    const { VirtualMFADevice } = await sound<{ VirtualMFADevice: MadeDevice }>(
      'CreateVirtualMFADevice',
      { VirtualMFADeviceName },
      keys,
    );
    const seed = base32Decode(VirtualMFADevice.Base32StringSeed);
    /** Its code, some steps from now. */
    const code = (offset = 0) => totp(seed, stepAt(room.clock.now()) + offset);
    const pair = () => ({ AuthenticationCode1: code(-1), AuthenticationCode2: code() });
    return { ...VirtualMFADevice, code, pair };
  }

  return { ram, sound, refusal, device };
}
