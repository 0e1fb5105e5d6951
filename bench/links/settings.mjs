/** What can be asked of each client: part size × parts in flight, as far as it knows both. */

const MIB = 2 ** 20;

/**
 * @typedef {object} Setting
 * @property {string} name
 * @property {{ partBytes?: number, parallel: number }} job see `clients/process.mjs`
 */

export const CLIENTS = ['sluice', 'ali-oss', 'lib-storage', 'tus'];

const PART_MIB = [1, 5, 8, 16];
const PARALLEL = [5, 10, 20, 32];
const QUICK_PARALLEL = [5, 20];
/** More would not fit into memory, nor into the file that is sent. */
const MOST_MIB = 200;

/** S3 takes no smaller parts. */
const LEAST_PART_MIB = { 'lib-storage': 5 };

/** @returns {Setting} */
const setting = (parallel, mib) => ({
  name: `${parallel} × ${mib} MiB`,
  job: { partBytes: mib * MIB, parallel },
});

/**
 * @param {string} client @param {{ quick: boolean, small: boolean }} options `small`: of many small files, where only the number of
 *   files in flight can be chosen
 * @returns {Setting[]}
 */
export function settingsOf(client, { quick, small }) {
  if (small) return PARALLEL.map((parallel) => ({ name: `${parallel} files`, job: { parallel } }));
  const sizes = PART_MIB.filter((mib) => mib >= (LEAST_PART_MIB[client] ?? 0));
  const all = sizes.flatMap((mib) =>
    PARALLEL.filter((parallel) => parallel * mib <= MOST_MIB).map((parallel) => setting(parallel, mib)),
  );
  // A file as so many uploads of one request each.
  if (client === 'tus') all.push(...PARALLEL.map((parallel) => ({ name: `${parallel} uploads`, job: { parallel } })));
  return quick ? all.filter(({ job }) => QUICK_PARALLEL.includes(job.parallel)) : all;
}
