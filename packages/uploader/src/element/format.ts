/** Sizes and durations as people of a language write them. */
export interface Format {
  /** In powers of 1000, as file managers of most systems show them. */
  bytes(n: number): string;
  duration(seconds: number): string;
  percent(fraction: number): string;
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function formatOf(language: string): Format {
  const made = new Map<string, Intl.NumberFormat>();
  const unit = (n: number, unit: string, digits = 0): string => {
    const key = unit + digits;
    const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits } as const;
    const formatter = made.get(key) ?? new Intl.NumberFormat(language, options);
    made.set(key, formatter);
    return formatter.format(n);
  };
  const percents = new Intl.NumberFormat(language, { style: 'percent' });
  return {
    bytes(n) {
      let step = 0;
      let value = n;
      // 999.95 would be rounded up to 1000 of the smaller unit.
      for (; value >= 999.95 && step < SIZES.length - 1; step++) value /= 1000;
      return unit(value, SIZES[step] as string, step === 0 ? 0 : 1);
    },
    duration(seconds) {
      const s = Math.ceil(seconds);
      if (s < 60) return unit(s, 'second');
      if (s < 3600) return `${unit(Math.floor(s / 60), 'minute')} ${unit(s % 60, 'second')}`;
      return `${unit(Math.floor(s / 3600), 'hour')} ${unit(Math.floor((s % 3600) / 60), 'minute')}`;
    },
    percent: (fraction) => percents.format(Math.floor(fraction * 100) / 100),
  };
}
