// Territory measures and days.
import { expect, it, vi } from 'vitest';

vi.stubGlobal('document', { documentElement: {} });
const { amount, balance } = await import('../src/state/measures.svelte');
const { addDays, duration, distance } = await import('../src/i18n/format');

it('adds visits and drives to hours', () => {
  const totals = { accounts: 5, prospects: 2, revenue: 100, pipeline: 50, visit_hours: 3.5, drive_hours_estimate: 1.5 };
  expect(amount('hours', totals)).toBe(5);
  expect(amount('accounts', totals)).toBe(5);
  expect(amount('pipeline', totals)).toBe(50);
});

it('measures balance against the mean', () => {
  // (2 + 4 + 6) / 3 = 4; the most is 6 / 4 = 1.5 times that
  expect(balance([2, 4, 6])).toEqual({ mean: 4, worst: 1.5 });
  expect(balance([])).toBeNull();
  expect(balance([0, 0])).toEqual({ mean: 0, worst: 1 });
});

it('walks the calendar over months, leap days and the change of the clocks', () => {
  expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
  expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  expect(addDays('2026-03-28', 2)).toBe('2026-03-30');
});

it('writes stretches short', () => {
  expect(duration(360)).toBe('6\u2009min');
  expect(duration(6 * 3600 + 600)).toBe('6:10\u2009h');
  expect(duration(59.6 * 60)).toBe('1:00\u2009h');
  expect(distance(637)).toBe('640\u2009m');
  expect(distance(3400)).toBe('3.4\u2009km');
  expect(distance(74_300)).toBe('74\u2009km');
});
