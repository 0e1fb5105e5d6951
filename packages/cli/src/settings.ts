import { readFileSync } from 'node:fs';
import { ConfigInvalid, type ConfigName, configShape } from '@sluice/server';
import { parse, YAMLParseError } from 'yaml';

/** `ossDomain` → `SLUICE_OSS_DOMAIN` */
export function environmentName(setting: string): string {
  return `SLUICE_${setting.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;
}

export const settingNames = Object.keys(configShape.shape) as ConfigName[];

/**
 * Settings by rising precedence: configuration file, environment, command line. Values stay texts where they came as
 * texts; the server's schema reads them.
 * @throws {ConfigInvalid}
 */
export function gatherSettings(
  options: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const file = (options.config as string | undefined) ?? environment.SLUICE_CONFIG;
  const fromFile: Record<string, unknown> = file ? readConfigFile(file) : {};
  const fromEnvironment = Object.fromEntries(
    settingNames
      .map((name) => [name, environment[environmentName(name)]] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const fromOptions = Object.fromEntries(
    settingNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
  return [fromFile, fromEnvironment, fromOptions].reduce(over, {});
}

function readConfigFile(file: string): Record<string, unknown> {
  try {
    const value: unknown = parse(readFileSync(file, 'utf8'));
    if (value === null || value === undefined) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new ConfigInvalid(`the configuration file ${file} must hold settings as "name: value" lines`);
  } catch (error) {
    if (error instanceof ConfigInvalid) throw error;
    const why = error instanceof YAMLParseError ? error.message.split('\n')[0] : (error as Error).message;
    throw new ConfigInvalid(`the configuration file ${file} cannot be read: ${why}`);
  }
}

const TLS_FILES = ['tlsCert', 'tlsKey'];

/** The later settings win. The two ways to TLS exclude each other, so the later choice takes the earlier one back. */
function over(earlier: Record<string, unknown>, later: Record<string, unknown>): Record<string, unknown> {
  const replaced = TLS_FILES.some((name) => name in later)
    ? ['tlsSelfSigned']
    : 'tlsSelfSigned' in later
      ? TLS_FILES
      : [];
  const kept = Object.entries(earlier).filter(([name]) => !replaced.includes(name));
  return { ...Object.fromEntries(kept), ...later };
}
