import { expect, test } from 'vitest';
import { callbackSignature } from './http-callback.js';

test('signs as the documents of the service do with their example', () => {
  expect(callbackSignature('https://www.example.com/your/callback', '1519375990', 'test123')).toBe(
    'c72b60894140fa98920f1279219b7ed4',
  );
});
