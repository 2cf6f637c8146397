// A copied address shows the same view.
import { expect, it } from 'vitest';
import { format, isLocalDate, parse, parseCamera, type Address } from '../src/state/url';

const at = (text: string) => parse(new URL(text, 'http://here'));

it('reads every part of an address', () => {
  const view = at("/map?c=12.4/53.556/13.261&as_of=2026-02-28&color=due_state&f=class%20%3D%20'A'&sel=tabc");
  expect(view).toMatchObject({
    screen: 'map', argument: null, camera: { zoom: 12.4, lat: 53.556, lng: 13.261 }, asOf: '2026-02-28',
    colour: 'due_state', filter: "class = 'A'", selection: { kind: 'territory', id: 'abc' },
  });
});

it('writes an address that reads back as itself', () => {
  const views: Address[] = [
    { screen: 'customers', argument: 'a b/c', item: null, camera: null, asOf: null, colour: 'territory_id', filter: "name LIKE '%O''Neil & Söhne%'", selection: null, user: null, extra: {} },
    { screen: 'regions', argument: null, item: null, camera: { zoom: 9, lng: -0.5, lat: 0.25 }, asOf: '2025-12-31', colour: 'class', filter: '', selection: { kind: 'account', id: '0192-x' }, user: null, extra: { shape: 'g:_p~iF~ps|U_ulLnnqC', b: '2026-01-01' } },
    { screen: 'day', argument: '2026-11-23', item: null, camera: null, asOf: null, colour: 'type', filter: '', selection: null, user: 'u1', extra: {} },
    { screen: 'cycle', argument: 'c1', item: null, camera: null, asOf: null, colour: 'territory_id', filter: '', selection: null, user: null, extra: { cell: 'u1:2026-11-23' } },
    { screen: 'sales', argument: 'price-books', item: '0192-x', camera: null, asOf: '2026-11-20', colour: 'territory_id', filter: '', selection: null, user: null, extra: { where: "class = 'A'", show: 'board' } },
    { screen: 'map', argument: 'review', item: null, camera: null, asOf: null, colour: 'territory_id', filter: '', selection: null, user: null, extra: { s: '0192-s' } },
  ];
  for (const view of views) expect(at(format(view))).toEqual(view);
});

it('leaves defaults out', () => {
  expect(format(at('/map?color=territory_id&f='))).toBe('/map');
});

it('falls back where an address is not understood', () => {
  expect(at('/nowhere/x?color=mood&sel=z1&as_of=2026-02-30')).toMatchObject({ screen: 'map', argument: null, colour: 'territory_id', selection: null, asOf: null });
  for (const camera of ['', '1/2', '1/2/3/4', 'a/b/c', '5/91/0', '5/0/181', '-1/0/0', '25/0/0']) expect(parseCamera(camera)).toBeNull();
});

it('knows which days exist', () => {
  expect(isLocalDate('2024-02-29')).toBe(true);
  for (const wrong of ['2023-02-29', '2026-13-01', '2026-1-1', 'today', '2026-11-31']) expect(isLocalDate(wrong), wrong).toBe(false);
});
