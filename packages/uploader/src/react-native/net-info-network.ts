import type { Network } from '../ports.js';

/** As much of `@react-native-community/netinfo` as is used. */
export interface NetInfo {
  addEventListener(listener: (state: NetInfoState) => void): () => void;
}

/** As much of what NetInfo tells as is looked at; `null`: not known yet. */
export interface NetInfoState {
  readonly isConnected: boolean | null;
}

/**
 * Tells the uploader when the device has no connection, so that uploads wait instead of failing. `isInternetReachable` is
 * not asked: it depends on a probe of somebody else's server, and a server of your own network needs no internet.
 *
 * @example
 * import NetInfo from '@react-native-community/netinfo';
 * createUploader({ network: netInfoNetwork(NetInfo), … });
 */
export function netInfoNetwork(netInfo: NetInfo): Network {
  const listeners = new Set<() => void>();
  // Until the library said otherwise; a request finds out.
  let online = true;
  let stop: (() => void) | undefined;
  return {
    online: () => online,
    onChange(run) {
      const mine = () => run();
      listeners.add(mine);
      stop ??= netInfo.addEventListener(({ isConnected }) => {
        // `null` is "not known yet".
        const now = isConnected !== false;
        if (now === online) return;
        online = now;
        for (const listener of [...listeners]) listener();
      });
      return () => {
        listeners.delete(mine);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
        online = true;
      };
    },
  };
}
