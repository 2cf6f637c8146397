// The two promises of a case: its first answer and its solution. How each stands at a moment, from what is stored.
import type { Value } from '../api/types';

export type Promised = 'response' | 'resolution';
/** `kept` and `missed` are over; `paused` stands still while the customer is asked; `none` was never promised. */
export type ClockState = 'running' | 'late' | 'kept' | 'missed' | 'paused' | 'none';
export interface Clock { of: Promised; state: ClockState; due: number | null; done: number | null;
  /** Milliseconds until it is due, negative once it is late; null when nothing runs. */
  left: number | null }

type Fields = { [name: string]: Value };
const moment = (fields: Fields, name: string): number | null => (typeof fields[name] === 'number' ? fields[name] : null);

/** How a promise of a case stands at `now`. */
export function clockOf(fields: Fields, of: Promised, now: number): Clock {
  const [due, done, wasLate] = of === 'response'
    ? [moment(fields, 'respond_due'), moment(fields, 'responded_at'), fields['response_late'] === true]
    : [moment(fields, 'resolve_due'), moment(fields, 'resolved_at'), fields['resolution_late'] === true];
  if (done !== null) return { of, state: due === null ? 'none' : wasLate ? 'missed' : 'kept', due, done, left: null };
  if (due === null) return { of, state: 'none', due, done, left: null };
  // The answer has come once somebody asks back, so only the solution can stand still.
  if (of === 'resolution' && fields['status'] === 'waiting') return { of, state: 'paused', due, done, left: null };
  return { of, state: now > due ? 'late' : 'running', due, done, left: due - now };
}

/** The promise that is late by most at `now`; null while all is in time. */
export function lateClock(fields: Fields, now: number): Clock | null {
  const late = (['response', 'resolution'] as const).map((of) => clockOf(fields, of, now)).filter((clock) => clock.state === 'late');
  return late.sort((a, b) => (a.left ?? 0) - (b.left ?? 0))[0] ?? null;
}
