// What one typed line is.
import { expect, it } from 'vitest';
import { dateIn, hitIn, placeIn } from '../src/lib/understand';

it('reads dates as people write them', () => {
  expect(dateIn('2026-02-28')).toBe('2026-02-28');
  expect(dateIn(' 28.2.2026 ')).toBe('2026-02-28');
  expect(dateIn('01/03/2026')).toBe('2026-03-01');
  for (const text of ['30.2.2026', '28.2', 'Bäckerei 28', '2026']) expect(dateIn(text), text).toBeNull();
});

it('reads coordinates: latitude first with a comma, longitude first with a space', () => {
  expect(placeIn('53.556, 13.261')).toEqual({ lng: 13.261, lat: 53.556 });
  expect(placeIn('13.261 53.556')).toEqual({ lng: 13.261, lat: 53.556 });
  expect(placeIn('-120.5, 38.1')).toEqual({ lng: -120.5, lat: 38.1 });
  for (const text of ['53, 13', '200.5 95.5', 'Weg 53.5', '53.5']) expect(placeIn(text), text).toBeNull();
});

it('marks the hit', () => {
  expect(hitIn('Bäckerei Xaver', 'ERE')).toEqual(['Bäck', 'ere', 'i Xaver'].map((part, i) => (i === 1 ? 'ere' : part)));
  expect(hitIn('Bäckerei', 'x')).toBeNull();
  expect(hitIn('Bäckerei', ' ')).toBeNull();
});
