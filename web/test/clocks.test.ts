// How the promises of a case stand, from what is stored.
import { expect, it } from 'vitest';
import { clockOf, lateClock } from '../src/lib/clocks';

const hour = 3_600_000;
const now = 1_000 * hour;
const fresh = { status: 'new', respond_due: now + hour, resolve_due: now + 5 * hour, responded_at: null, resolved_at: null, response_late: null, resolution_late: null };

it('runs until it is due, and is late from then on', () => {
  expect(clockOf(fresh, 'response', now)).toMatchObject({ state: 'running', left: hour });
  expect(clockOf(fresh, 'response', now + hour)).toMatchObject({ state: 'running', left: 0 });
  expect(clockOf(fresh, 'response', now + 3 * hour)).toMatchObject({ state: 'late', left: -2 * hour });
});

it('is over once it is done, in time or not, whatever the time now', () => {
  const answered = { ...fresh, status: 'open', responded_at: now, response_late: false };
  expect(clockOf(answered, 'response', now + 99 * hour)).toMatchObject({ state: 'kept', left: null });
  expect(clockOf({ ...answered, response_late: true }, 'response', now)).toMatchObject({ state: 'missed' });
  expect(clockOf({ ...answered, status: 'resolved', resolved_at: now, resolution_late: true }, 'resolution', now)).toMatchObject({ state: 'missed' });
});

it('stands still while the customer is asked, and promises nothing without a level', () => {
  expect(clockOf({ ...fresh, status: 'waiting', responded_at: now }, 'resolution', now + 9 * hour)).toMatchObject({ state: 'paused', left: null });
  expect(clockOf({ status: 'new' }, 'response', now)).toMatchObject({ state: 'none', due: null });
});

it('names the promise that is late by most', () => {
  expect(lateClock(fresh, now)).toBeNull();
  expect(lateClock(fresh, now + 2 * hour)?.of).toBe('response');
  expect(lateClock({ ...fresh, status: 'open', responded_at: now }, now + 6 * hour)?.of).toBe('resolution');
  expect(lateClock({ ...fresh, respond_due: now + 4 * hour, resolve_due: now }, now + 5 * hour)?.of).toBe('resolution');
  expect(lateClock({ ...fresh, status: 'waiting', responded_at: now }, now + 6 * hour)).toBeNull();
});
