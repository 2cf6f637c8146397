// The figures of the design language, recomputed from the tokens the page is painted with.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pick } from '../src/map/tokens';
import { contrast, difference, rgb, seenAs, type Rgb, type Vision } from './colour';

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');
const tokens = Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(light-dark\([^;]+\));/g)].map(([, name = '', value = '']) => [name, value]));
const themes = [{ name: 'light', dark: false }, { name: 'dark', dark: true }];

function colour(name: string, dark: boolean): Rgb {
  const value = tokens[name];
  if (!value) throw new Error(`tokens.css has no --${name}`);
  return rgb(pick(value, dark));
}

const slots = Array.from({ length: 12 }, (_, i) => `slot-${i + 1}`);
const dues = ['due-overdue', 'due-due', 'due-later', 'due-none', 'due-appointment', 'due-done'];

describe('the colour arithmetic itself', () => {
  it('gives the known contrasts and differences', () => {
    expect(contrast(rgb('#000000'), rgb('#FFFFFF'))).toBeCloseTo(21, 5);
    // 0.18116 is the luminance of #767676: (1 + 0.05) / (0.18116 + 0.05) = 4.54
    expect(contrast(rgb('#767676'), rgb('#FFFFFF'))).toBeCloseTo(4.54, 2);
    expect(difference(rgb('#FFFFFF'), rgb('#FFFFFF'))).toBe(0);
    // White and black are 100 apart in every vision.
    for (const vision of ['normal', 'protan', 'deutan', 'tritan'] as Vision[]) {
      expect(difference(seenAs(rgb('#FFFFFF'), vision), seenAs(rgb('#000000'), vision))).toBeCloseTo(100, 0);
    }
  });
});

describe.each(themes)('$name theme', ({ dark }) => {
  it.each([
    ['ink', 'surface', 14], ['ink-2', 'surface', 7.8], ['ink-3', 'surface', 5.5], ['ink-3', 'sunken', 4.5], ['accent', 'surface', 6.7], ['on-accent', 'accent', 6.7],
    ['danger', 'surface', 6.4], ['warn', 'surface', 5.8], ['ok', 'surface', 6], ['past-text', 'past-ground', 10], ['line-strong', 'surface', 3.5],
    ['label', 'land', 6.5], ['gained', 'land', 5.2], ['lost', 'land', 4.2],
  ])('%s on %s has a contrast of at least %d', (front, ground, least) => {
    expect(contrast(colour(front, dark), colour(ground, dark))).toBeGreaterThanOrEqual(least);
  });

  it('draws every territory line at 3:1 or more on land', () => {
    for (const slot of slots) expect(contrast(colour(slot, dark), colour('land', dark)), slot).toBeGreaterThanOrEqual(3);
  });

  it.each([['normal', 17.9], ['protan', 12.0], ['deutan', 11.7], ['tritan', 10.4]] as [Vision, number][])('keeps every pair of territories apart in %s vision: ΔE ≥ %d', (vision, least) => {
    let closest = Infinity;
    for (const [i, a] of slots.entries()) {
      for (const b of slots.slice(i + 1)) closest = Math.min(closest, difference(seenAs(colour(a, dark), vision), seenAs(colour(b, dark), vision)));
    }
    // Rounded to one decimal, as the design page states it.
    expect(Math.round(closest * 10) / 10).toBeGreaterThanOrEqual(least);
  });

  it('draws every due state at 3.7:1 or more on land', () => {
    for (const due of dues) expect(Math.round(contrast(colour(due, dark), colour('land', dark)) * 10) / 10, due).toBeGreaterThanOrEqual(3.7);
  });

  it('keeps gained and lost apart in all four visions: ΔE ≥ 44', () => {
    for (const vision of ['normal', 'protan', 'deutan', 'tritan'] as Vision[]) {
      expect(Math.round(difference(seenAs(colour('gained', dark), vision), seenAs(colour('lost', dark), vision))), vision).toBeGreaterThanOrEqual(44);
    }
  });

  it('steps the ramp in one direction', () => {
    const luminance = Array.from({ length: 6 }, (_, i) => contrast(colour(`ramp-${i + 1}`, dark), rgb('#000000')));
    for (let i = 1; i < luminance.length; i += 1) {
      if (dark) expect(luminance[i]).toBeGreaterThan(luminance[i - 1] ?? 0);
      else expect(luminance[i]).toBeLessThan(luminance[i - 1] ?? 0);
    }
  });
});

it('every token is written for both themes', () => {
  for (const [name, value] of Object.entries(tokens)) {
    expect(pick(value, false), name).toMatch(/^#[0-9A-Fa-f]{6}$/);
    expect(pick(value, true), name).toMatch(/^#[0-9A-Fa-f]{6}$/);
  }
  expect(Object.keys(tokens).length).toBeGreaterThan(50);
});
