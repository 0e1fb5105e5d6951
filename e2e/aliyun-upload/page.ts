/** Entry of the page: the test calls one step of one scenario. */
import { Bench } from './page-bench.js';
import { scenarios } from './scenarios.js';

declare global {
  interface Window {
    play(name: string, step: number): Promise<void>;
  }
}

window.play = async (name, step) => {
  const scenario = scenarios[name];
  const play = scenario?.steps[step];
  if (!play) throw new Error(`no step ${step} of ${name}`);
  await play(new Bench());
};
