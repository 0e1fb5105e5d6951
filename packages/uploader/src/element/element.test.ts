import { describe, expect, it } from 'vitest';
import { CHINESE, defineSluiceUploader, ENGLISH } from '../element.js';
import { isAccepted } from '../list/limits.js';
import { formatOf } from './format.js';
import { Offsets } from './offsets.js';

describe('the element where there is no browser', () => {
  it('can be imported and defined, which does nothing', async () => {
    expect('HTMLElement' in globalThis).toBe(false);
    defineSluiceUploader();
    await import('../element-define.js');
  });
});

describe('its texts', () => {
  it('are complete in both languages, and differ', () => {
    const leaves = (value: object, path = ''): string[] =>
      Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === 'object' ? leaves(inner, `${path}${key}.`) : [`${path}${key}`],
      );
    const own = ({ errors: _errors, ...others }: typeof ENGLISH) => leaves(others);
    expect(own(CHINESE)).toEqual(own(ENGLISH));
    expect(ENGLISH.said.failed(1, 'a.mp4')).toBe('a.mp4 failed');
    expect(ENGLISH.said.refused(3, '')).toBe('3 files were not accepted');
    expect(CHINESE.said.added(2, '')).toBe('2 个文件已添加');
  });

  it('write sizes and durations as the language does', () => {
    const english = formatOf('en');
    expect([0, 999, 1000, 999_960, 5_400_000, 2e12].map((n) => english.bytes(n))).toEqual([
      '0 byte',
      '999 byte',
      '1 kB',
      '1 MB',
      '5.4 MB',
      '2 TB',
    ]);
    expect([0.2, 59, 61, 3600].map((n) => english.duration(n))).toEqual([
      '1 sec',
      '59 sec',
      '1 min 1 sec',
      '1 hr 0 min',
    ]);
    expect(formatOf('de').bytes(1_500_000)).toBe('1,5 MB');
    expect(formatOf('zh-CN').duration(61)).toBe('1分钟 1秒');
  });
});

describe('Offsets', () => {
  it('take rows out of sight for typical ones, and correct themselves', () => {
    const offsets = new Offsets();
    offsets.ids = ['a', 'b', 'c', 'd'];
    expect(offsets.measured('a', 80)).toBe(true);
    expect([offsets.top(3), offsets.total]).toEqual([240, 320]);
    expect(offsets.measured('b', 60)).toBe(true);
    expect([offsets.top(1), offsets.top(2), offsets.total]).toEqual([80, 140, 260]);
    expect(offsets.measured('c', 60)).toBe(false);
    expect([0, 79, 80, 139, 140, 9999].map((y) => offsets.at(y))).toEqual([0, 0, 1, 1, 2, 3]);
    offsets.ids = ['b', 'd'];
    expect(offsets.total).toBe(120);
    offsets.ids = [];
    expect([offsets.total, offsets.at(50)]).toEqual([0, 0]);
  });
});

describe('isAccepted', () => {
  it.each([
    ['', 'a.mp4', '', true],
    ['video/*', 'a.mp4', 'video/mp4', true],
    ['video/*', 'a.mp4', 'VIDEO/MP4; codecs=x', true],
    ['video/*', 'a.mkv', '', false],
    ['video/*, .MKV', 'A.mkv', '', true],
    ['image/png', 'a.jpg', 'image/jpeg', false],
    ['*/*', 'a', '', true],
    ['.mp4', 'mp4', '', false],
  ] as const)('%j takes %s of type %j: %s', (accept, name, type, taken) => {
    expect(isAccepted({ name, type }, accept)).toBe(taken);
  });
});
