import { beforeEach, inject } from 'vitest';

beforeEach((test) => {
  const rgw = inject('rgw');
  if (rgw !== undefined && 'unavailable' in rgw) test.skip(rgw.unavailable);
});
