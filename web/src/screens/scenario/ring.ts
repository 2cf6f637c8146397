// What a balance is asked about: the ring of territories, and a question made so that it can be met.
import type { Balance, BalanceWish, LayoutTerritory } from '../../api/scenarios';
import type { Id } from '../../api/types';
import { box } from '../../map/geometry';

/** A question with one of its ranges replaced. */
export function relaxed(wish: BalanceWish, to: NonNullable<Balance['relax']>): BalanceWish {
  const bounds = { ...(to.low === null ? {} : { low: to.low }), ...(to.high === null ? {} : { high: to.high }) };
  if (to.territory_id === null) {
    const others = (wish.ranges ?? []).filter((one) => one.measure !== to.measure || one.territory_id);
    const measures = wish.measures.map((one) => {
      if (one.measure !== to.measure) return one;
      const { low: _low, high: _high, ...rest } = one;
      return { ...rest, ...bounds };
    });
    const known = measures.some((one) => one.measure === to.measure);
    return { ...wish, measures, ranges: known ? others : [...others, { measure: to.measure, ...bounds }] };
  }
  const others = (wish.ranges ?? []).filter((one) => one.measure !== to.measure || one.territory_id !== to.territory_id);
  return { ...wish, ranges: [...others, { measure: to.measure, territory_id: to.territory_id, ...bounds }] };
}

/** The ring one most likely means: the chosen territory and those that touch its surroundings; all without a choice. */
export function ring(territories: LayoutTerritory[], chosen: Id | null): Id[] {
  const open = territories.filter((one) => !one.locked && one.geometry);
  const middle = open.find((one) => one.id === chosen);
  const around = middle ? box([middle.geometry]) : null;
  if (!middle || !around) return open.map((one) => one.id);
  const [west, south, east, north] = around;
  const near = open.filter((one) => {
    const other = one.line === middle.line ? box([one.geometry]) : null;
    return other !== null && other[0] <= east && other[2] >= west && other[1] <= north && other[3] >= south;
  });
  return near.map((one) => one.id);
}
