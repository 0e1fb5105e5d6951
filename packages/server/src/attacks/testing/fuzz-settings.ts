const USUAL_SEED = 20_261_122;

/**
 * `SLUICE_FUZZ_SEED`, `SLUICE_FUZZ_FROM`, `SLUICE_FUZZ_COUNT`: to run again what failed. The seed is always the same one, so
 * that a change is judged by what it changed; in the long tests it is another one each time, which is how new things are found.
 */
export function fuzzSettings(count: number): { seed: number; count: number; from: number } {
  const given = (name: string): number | undefined =>
    process.env[name] === undefined ? undefined : Number(process.env[name]);
  return {
    seed:
      given('SLUICE_FUZZ_SEED') ?? (process.env.SLUICE_TEST_LONG ? Math.floor(Math.random() * 2 ** 31) : USUAL_SEED),
    from: given('SLUICE_FUZZ_FROM') ?? 0,
    count: given('SLUICE_FUZZ_COUNT') ?? count,
  };
}
