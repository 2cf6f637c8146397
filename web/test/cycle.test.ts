// What the grid of a cycle shows, and the lines it draws on the map.
import { expect, it } from 'vitest';
import type { Cell, CyclePerson } from '../src/api/cycles';
import { cellKey, findCell, mondayOf, parseCellKey, scale, shownDays, signature, takes, weekday, weeks, worked } from '../src/screens/cycle/grid';
import { coarse, road, straight } from '../src/screens/cycle/routes';
import type { Plan } from '../src/api/types';

const HOUR = 3600;
const days = ['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29', '2026-11-30'];

function cell(day: string, change: Partial<Cell> = {}): Cell {
  const begins = Date.parse(`${day}T07:00:00Z`);
  return { day, state: 'work', shift: [begins, begins + 8 * HOUR * 1000], drive_s: 0, visit_s: 0, wait_s: 0, overtime_s: 0, meters: 0, start: 0, end: 0, stops: [], ...change };
}
const off = (day: string) => cell(day, { state: 'off', shift: null });
const stop = (location: string, lng: number, lat: number, start = 0) => ({
  location_id: location, account_id: '', name: location, address: '', lng, lat, class: null, arrive: start, start, depart: start, due_days: null,
  promised: false, fixed: false, stood: false, reasons: [],
});
function person(id: string, cells: Cell[]): CyclePerson {
  return { user_id: id, name: id, message: null, met: 0, asked: 0, drive_s: 0, visit_s: 0, meters: 0, home: { lng: 13, lat: 53, label: 'Home' }, cells };
}

it('leaves out days on which nobody works, and keeps weekends on which somebody does', () => {
  const week = days.map((day, i) => (i === 5 || i === 6 ? off(day) : cell(day)));
  expect(shownDays({ days, rows: [person('a', week)] })).toEqual([0, 1, 2, 3, 4, 7]);
  const saturday = week.map((one, i) => (i === 5 ? cell(days[5] ?? '') : one));
  expect(shownDays({ days, rows: [person('a', week), person('b', saturday)] })).toEqual([0, 1, 2, 3, 4, 5, 7]);
  // Somebody is away all week: those days stay to be seen, the weekend does not.
  expect(shownDays({ days, rows: [person('a', days.map((day) => cell(day, { state: 'absent', shift: null })))] })).toEqual([0, 1, 2, 3, 4, 7]);
  // No hours at all: the weekdays, so that it is seen whose are missing.
  expect(shownDays({ days, rows: [person('a', days.map(off))] })).toEqual([0, 1, 2, 3, 4, 7]);
});

it('parts days into weeks that begin on Monday', () => {
  expect(days.map(weekday)).toEqual([0, 1, 2, 3, 4, 5, 6, 0]);
  expect(weeks(days, [0, 1, 4, 7])).toEqual([[0, 1, 4], [7]]);
  expect(mondayOf('2026-11-29')).toBe('2026-11-23');
  expect(mondayOf('2026-11-30')).toBe('2026-11-30');
});

it('takes the longest shift or day as the full bar', () => {
  const long = cell(days[0] ?? '', { drive_s: 4 * HOUR, visit_s: 5 * HOUR, wait_s: HOUR });
  expect(worked(long)).toBe(10 * HOUR);
  expect(scale([person('a', [cell(days[1] ?? '')])])).toBe(8 * HOUR);
  expect(scale([person('a', [cell(days[1] ?? ''), long])])).toBe(10 * HOUR);
  expect(scale([person('a', [off(days[1] ?? '')])])).toBe(8 * HOUR);
});

it('takes visits on working days only', () => {
  const day = days[0] ?? '';
  expect(takes(cell(day))).toBe(true);
  for (const state of ['off', 'absent', 'past'] as const) expect(takes(cell(day, { state })), state).toBe(false);
  expect(takes(cell(day, { shift: null }))).toBe(false);
});

it('finds cells by person and day, and keeps them in an address', () => {
  const rows = [person('a', days.map((day) => cell(day))), person('b:c', days.map((day) => cell(day)))];
  const cycle = { days, rows } as Parameters<typeof findCell>[0];
  expect(findCell(cycle, 'b:c', '2026-11-25')?.cell.day).toBe('2026-11-25');
  expect(findCell(cycle, 'x', '2026-11-25')).toBeNull();
  expect(findCell(cycle, 'a', '2027-01-01')).toBeNull();
  expect(parseCellKey(cellKey('b:c', '2026-11-25'))).toEqual({ user: 'b:c', day: '2026-11-25' });
  for (const wrong of ['', ':', 'a', 'a:monday', ':2026-11-25']) expect(parseCellKey(wrong), wrong).toBeNull();
});

it('knows two readings of the same work', () => {
  const day = days[0] ?? '';
  expect(signature(cell(day, { stops: [stop('x', 1, 1, 5)] }))).toBe(signature(cell(day, { drive_s: 9, stops: [stop('x', 1, 1, 5)] })));
  expect(signature(cell(day, { stops: [stop('x', 1, 1, 5)] }))).not.toBe(signature(cell(day, { stops: [stop('x', 1, 1, 6)] })));
});

it('draws a day from home to home, and nothing for an empty one', () => {
  const day = days[0] ?? '';
  const who = person('a', []);
  expect(straight(who, cell(day, { stops: [stop('x', 13.1, 53.1)] }))?.coordinates).toEqual([[13, 53], [13.1, 53.1], [13, 53]]);
  expect(straight(who, cell(day))).toBeNull();
  expect(straight({ ...who, home: null }, cell(day, { stops: [stop('x', 13.1, 53.1)] }))).toBeNull();
  const leg = (...coordinates: number[][]) => ({ seconds: 1, meters: 1, geometry: { type: 'LineString' as const, coordinates } });
  const plan = { stops: [{ leg: leg([0, 0], [1, 1]) }], home_leg: leg([1, 1], [0, 0]) } as unknown as Plan;
  expect(road(plan)?.coordinates).toEqual([[0, 0], [1, 1], [1, 1], [0, 0]]);
});

it('thins lines without leaving them by more than the tolerance', () => {
  const tolerance = 0.001;
  let seed = 41;
  const next = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 20; round += 1) {
    let [lng, lat] = [13, 53];
    const coordinates = Array.from({ length: 200 }, () => [lng += (next() - 0.4) * 0.002, lat += (next() - 0.5) * 0.002]);
    const thin = coarse({ type: 'LineString', coordinates }, tolerance).coordinates;
    expect(thin.length).toBeLessThan(coordinates.length);
    expect(thin[0]).toEqual(coordinates[0]);
    expect(thin.at(-1)).toEqual(coordinates.at(-1));
    // Slow twin: every corner left out lies near the stretch that replaced it.
    const narrow = Math.cos((53 * Math.PI) / 180);
    let after = 0;
    for (const [x = 0, y = 0] of coordinates) {
      const at = thin.findIndex(([a, b]) => a === x && b === y);
      if (at >= 0) { after = at; continue; }
      const [ax = 0, ay = 0] = thin[after] ?? [];
      const [bx = 0, by = 0] = thin[after + 1] ?? [];
      let near = Infinity;
      for (let k = 0; k <= 400; k += 1) near = Math.min(near, Math.hypot((x - ax - ((bx - ax) * k) / 400) * narrow, y - ay - ((by - ay) * k) / 400));
      expect(near, `seed 41, round ${round}`).toBeLessThan(tolerance * 1.1);
    }
  }
  // The corner counts, the point on the way does not.
  expect(coarse({ type: 'LineString', coordinates: [[0, 0], [0.5, 0], [1, 0], [1, 1]] }, 0.01).coordinates).toEqual([[0, 0], [1, 0], [1, 1]]);
});
