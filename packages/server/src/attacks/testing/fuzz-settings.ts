/** `SLUICE_FUZZ_SEED`, `SLUICE_FUZZ_FROM`, `SLUICE_FUZZ_COUNT`: to run again what failed. Default seed: another one each time. */
export function fuzzSettings(count: number): { seed: number; count: number; from: number } {
  const given = (name: string): number | undefined =>
    process.env[name] === undefined ? undefined : Number(process.env[name]);
  return {
    seed: given('SLUICE_FUZZ_SEED') ?? Math.floor(Math.random() * 2 ** 31),
    from: given('SLUICE_FUZZ_FROM') ?? 0,
    count: given('SLUICE_FUZZ_COUNT') ?? count,
  };
}
