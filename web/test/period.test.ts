// A period in the address is the days it means.
import { expect, it } from 'vitest';
import { laterQuarter, quarterOf, spanOf } from '../src/lib/period';

it('knows first and last day', () => {
  expect(spanOf('2026-Q4')).toEqual({ from: '2026-10-01', to: '2026-12-31' });
  expect(spanOf('2024-02')).toEqual({ from: '2024-02-01', to: '2024-02-29' });
  expect(spanOf('2025-02')).toEqual({ from: '2025-02-01', to: '2025-02-28' });
  expect(spanOf('2026')).toEqual({ from: '2026-01-01', to: '2026-12-31' });
  expect(spanOf('2026-11-01..2026-12-15')).toEqual({ from: '2026-11-01', to: '2026-12-15' });
});

it('refuses what is no period', () => {
  for (const text of ['', '2026-Q5', '2026-13', '2026-00', '26', '2026-12-15..2026-11-01', '2026-13-01..2026-14-01', 'now']) expect(spanOf(text), text).toBeNull();
});

it('walks from quarter to quarter over the years', () => {
  expect(quarterOf('2026-11-22')).toBe('2026-Q4');
  expect(quarterOf('2026-01-01')).toBe('2026-Q1');
  expect(laterQuarter('2026-Q4', 1)).toBe('2027-Q1');
  expect(laterQuarter('2026-Q1', -1)).toBe('2025-Q4');
  expect(laterQuarter('2026-Q2', 6)).toBe('2027-Q4');
});
