/** The program that runs inside Hermes: every scenario, answered as one line of JSON. */
import { scenarios } from '../native-scenarios.js';

declare function print(line: string): void;

async function main(): Promise<void> {
  for (const { name, run } of scenarios) {
    try {
      print(JSON.stringify({ name, result: await run() }));
    } catch (error) {
      const { message, stack } = error as Error;
      print(JSON.stringify({ name, error: `${message}\n${stack}` }));
    }
  }
}

void main();
