// Answers that come late: of an older question, or of a day that was left meanwhile.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Day, Plan } from '../src/api/types';

/** Questions still open, oldest first. */
const open: { what: string; answer: (value: unknown) => void }[] = [];
const ask = (what: string) => new Promise((answer) => open.push({ what, answer }));

vi.mock('../src/api/collaboration', () => ({ notifications: () => ask('notifications') }));
vi.mock('../src/api/days', () => ({
  day: (date: string) => ask(`day ${date}`),
  plan: (date: string) => ask(`plan ${date}`),
}));

const { notices } = await import('../src/state/notices.svelte');
const { today } = await import('../src/screens/day/day.svelte');

/** Answers the oldest open question of its kind, and lets what waits for it go on. */
async function answer(what: string, value: unknown): Promise<void> {
  const at = open.findIndex((one) => one.what === what);
  expect(at, `${what} was asked`).toBeGreaterThanOrEqual(0);
  open.splice(at, 1)[0]?.answer(value);
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
}

beforeEach(() => { open.length = 0; });

describe('answers that come late', () => {
  it('leave the newer list of what one was told', async () => {
    const older = notices.load();
    const newer = notices.load();
    const [first, second] = open.splice(0);
    second?.answer({ notifications: [], unread: 1 });
    await newer;
    first?.answer({ notifications: [], unread: 2 });
    await older;
    expect(notices.unread).toBe(1);
  });

  it('are not taken for the plan of another day', async () => {
    const left = today.load('2026-03-02', null);
    await answer('day 2026-03-02', { date: '2026-03-02', plan: null } as unknown as Day);
    await left;
    const making = today.make();
    expect(today.busy).toBe(true);
    const next = today.load('2026-03-03', null);
    expect(today.busy).toBe(false);
    await answer('day 2026-03-03', { date: '2026-03-03', plan: null } as unknown as Day);
    await next;
    await answer('plan 2026-03-02', { id: 'of the day before', status: 'draft', stops: [], left_out: [] } as unknown as Plan);
    await making;
    expect(today.plan).toBe(null);
    expect(today.busy).toBe(false);
  });
});
