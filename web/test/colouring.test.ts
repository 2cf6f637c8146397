// One value, one colour, on the map and in the legend.
import { expect, it } from 'vitest';
import { colourToken, dueSize, dueStates, slotToken, stops } from '../src/map/colouring';
import { areaLayers, lineLayers, match, pointLayers, topLayers, type Painting } from '../src/map/own-layers';
import { groundLayers, nameLayers } from '../src/map/base-layers';
import { style } from '../src/map/style';

const territories = [{ id: 'n', colour: 1 }, { id: 's', colour: 12 }];

it('takes a territory’s colour from its slot and wraps beyond twelve', () => {
  expect(colourToken('territory_id', 'n', territories)).toBe('slot-1');
  expect(colourToken('territory_id', 's', territories)).toBe('slot-12');
  expect(slotToken(13)).toBe('slot-1');
  expect(slotToken(0)).toBe('slot-1');
  expect(slotToken(-1)).toBe('slot-11');
  expect(slotToken(Number.NaN)).toBe('slot-1');
});

it('draws what is not set, and what is not known, in the neutral colour', () => {
  for (const by of ['territory_id', 'class', 'type', 'due_state'] as const) {
    expect(colourToken(by, null, territories)).toBe('due-none');
    expect(colourToken(by, 'gone', territories)).toBe('due-none');
  }
});

it('gives every value of a field its own colour', () => {
  for (const by of ['class', 'type', 'due_state'] as const) {
    const tokens = stops(by, []).map(([, token]) => token);
    expect(new Set(tokens).size, by).toBe(tokens.length);
  }
});

it('draws the more urgent larger', () => {
  expect(dueSize.overdue).toBeGreaterThan(dueSize.due);
  expect(dueSize.due).toBeGreaterThan(dueSize.later);
  expect(dueSize.later).toBeGreaterThan(dueSize.none);
  expect(Object.keys(dueSize).sort()).toEqual([...dueStates].sort());
});

const names = new Set<string>();
const tokens = new Proxy({} as Record<string, string>, { get: (_, name) => { names.add(String(name)); return '#123456'; } });
const painting = (change: Partial<Painting> = {}): Painting => ({ tokens, dark: false, colour: 'territory_id', territories, showCustomers: true, showTerritories: true, own: [], ...change });

it('builds one style in which every layer has its own id and a source that exists', () => {
  const built = style(painting(), 'http://here', 'http://here/tiles/customers/{z}/{x}/{y}.mvt', 'hash');
  const ids = built.layers.map((layer) => layer.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const layer of built.layers) if ('source' in layer) expect(built.sources, layer.id).toHaveProperty(layer.source);
  // Fills lie under the names of the base map, points above them.
  expect(ids.indexOf('territory-fill')).toBeLessThan(ids.indexOf('town-name'));
  expect(ids.indexOf('points')).toBeGreaterThan(ids.indexOf('town-name'));
  expect(ids.indexOf('route')).toBeGreaterThan(ids.indexOf('territory-line'));
  expect('glyphs' in built || 'sprite' in built).toBe(false);
  expect(JSON.stringify(built.sources)).not.toMatch(/https?:\/\/(?!here\/)/);
});

it('keeps the same layers whatever is shown: changes are repaints', () => {
  const of = (p: Painting) => [...groundLayers(p.tokens), ...areaLayers(p), ...nameLayers(p.tokens), ...lineLayers(p), ...pointLayers(p), ...topLayers(p)];
  const structure = (p: Painting) => of(p).map((layer) => [layer.id, layer.type, 'filter' in layer ? layer.filter : null, Object.keys(layer.paint ?? {}), Object.keys(layer.layout ?? {})]);
  expect(structure(painting({ dark: true, colour: 'due_state', territories: [], showCustomers: false, showTerritories: false }))).toEqual(structure(painting()));
});

it('makes an expression that MapLibre takes even when there is nothing to match', () => {
  expect(match(['get', 'x'], [], '#000000')).toEqual(['to-color', ['literal', '#000000']]);
  expect(match(['get', 'x'], [['a', '#111111']], '#000000')).toEqual(['match', ['get', 'x'], 'a', '#111111', '#000000']);
});
