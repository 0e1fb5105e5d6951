import type { CloudAnswer } from './mini-cloud.js';

export const json = (value: object): CloudAnswer => ({ status: 200, headers: {}, body: JSON.stringify(value) });
