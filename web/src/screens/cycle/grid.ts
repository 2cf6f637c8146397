// What the grid of people and days shows, computed from a cycle: which days, how long a bar, which weeks. Pure.
import type { Cell, Cycle, CyclePerson } from '../../api/cycles';

const WEEK = 7;

/** Monday is 0. */
export function weekday(day: string): number {
  return (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % WEEK;
}

/** The days worth a column, as places in `cycle.days`: somebody works or has something to do, or is away on a weekday. */
export function shownDays(cycle: Pick<Cycle, 'days' | 'rows'>): number[] {
  const shown = cycle.days.map((_, i) => i).filter((i) => cycle.rows.some((person) => {
    const cell = person.cells[i];
    return cell !== undefined && (cell.shift !== null || cell.stops.length > 0 || (cell.state !== 'off' && weekday(cell.day) < 5));
  }));
  // Nobody has hours at all: then the weekdays, so that it is seen whose are missing.
  return shown.length > 0 ? shown : cycle.days.map((_, i) => i).filter((i) => weekday(cycle.days[i] ?? '') < 5);
}

/** The shown days, week by week. */
export function weeks(days: string[], shown: number[]): number[][] {
  const found: number[][] = [];
  let monday = '';
  for (const i of shown) {
    const day = days[i] ?? '';
    const of = mondayOf(day);
    if (of !== monday) found.push([]);
    monday = of;
    found.at(-1)?.push(i);
  }
  return found;
}

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  const noon = new Date(`${day}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() - weekday(day));
  return noon.toISOString().slice(0, 10);
}

/** Hours away from home: driving, visits and waiting, in seconds. */
export function worked(cell: Cell): number {
  return cell.drive_s + cell.visit_s + cell.wait_s;
}

export function shiftSeconds(cell: Cell): number {
  return cell.shift ? (cell.shift[1] - cell.shift[0]) / 1000 : 0;
}

/** What a full bar means: the longest shift or day of all, in seconds. */
export function scale(people: CyclePerson[]): number {
  let longest = 0;
  for (const person of people) for (const cell of person.cells) longest = Math.max(longest, shiftSeconds(cell), worked(cell));
  return longest || 8 * 3600;
}

export function findCell(cycle: Cycle | null | undefined, user: string, day: string): { person: CyclePerson; cell: Cell } | null {
  const person = cycle?.rows.find((one) => one.user_id === user);
  const cell = person?.cells[cycle?.days.indexOf(day) ?? -1];
  return person && cell ? { person, cell } : null;
}

/** Whether visits can be put there by hand. */
export function takes(cell: Cell): boolean {
  return cell.shift !== null && cell.state === 'work';
}

/** Says whether two readings of a cell are the same day's work. */
export function signature(cell: Cell): string {
  return cell.stops.map((stop) => `${stop.location_id}@${stop.start}`).join(' ');
}

/** A key for the address and for what is kept per cell. */
export const cellKey = (user: string, day: string): string => `${user}:${day}`;

export function parseCellKey(text: string): { user: string; day: string } | null {
  const at = text.lastIndexOf(':');
  return at > 0 && /^\d{4}-\d{2}-\d{2}$/.test(text.slice(at + 1)) ? { user: text.slice(0, at), day: text.slice(at + 1) } : null;
}
