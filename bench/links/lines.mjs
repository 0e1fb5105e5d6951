/**
 * @typedef {object} Line
 * @property {string} name
 * @property {readonly import('../lib/network.mjs').Step[]} steps
 * @property {true} [files] many small files instead of one
 */

/** @returns {Line} */
const steady = (rtt, loss, mbit) => ({
  name: `${rtt} ms, ${loss} %, ${mbit} Mbit/s`,
  steps: [{ second: 0, rtt, loss, mbit }],
});

/** From a good line to the edge of a cell, and back: a train through a tunnel. @type {Line} */
const changing = {
  name: '50 ms, 0 %, 100 Mbit/s, then from 3 s to 10 s 200 ms, 2 %, 10 Mbit/s',
  steps: [
    { second: 0, rtt: 50, loss: 0, mbit: 100 },
    { second: 3, rtt: 200, loss: 2, mbit: 10 },
    { second: 10, rtt: 50, loss: 0, mbit: 100 },
  ],
};

/** @type {Line} */
const small = { name: '300 files of 64 KiB, 50 ms, 0 %, 100 Mbit/s', steps: steady(50, 0, 100).steps, files: true };

/** @type {readonly Line[]} */
export const LINES = [
  ...[50, 200].flatMap((rtt) => [0, 1, 2].flatMap((loss) => [20, 100].map((mbit) => steady(rtt, loss, mbit)))),
  changing,
  small,
];

/** For development. @type {readonly Line[]} */
export const QUICK_LINES = [steady(50, 1, 100), changing, small];
