const USUAL_SEED = 20_261_124;

/**
 * `SLUICE_CHANCE_SEED`, `SLUICE_CHANCE_RUNS`: to see again what failed. The seed is always the same one, so that a change is
 * judged by what it changed; in the long tests it is another one each time, which is how new things are found.
 */
export function chanceSettings(runs: number, long = Boolean(process.env.SLUICE_TEST_LONG)) {
  const given = (name: string) => (process.env[name] === undefined ? undefined : Number(process.env[name]));
  return {
    seed: given('SLUICE_CHANCE_SEED') ?? (long ? Math.floor(Math.random() * 2 ** 31) : USUAL_SEED),
    runs: given('SLUICE_CHANCE_RUNS') ?? runs,
  };
}
