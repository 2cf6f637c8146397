// What a territory can be measured by, and by what they are measured now: in the list and in their names on the map.
import type { Totals } from '../api/types';
import { hours, money, number } from '../i18n/format';

export const measures = ['hours', 'accounts', 'prospects', 'revenue', 'pipeline'] as const;
export type Measure = (typeof measures)[number];

class Measured {
  by = $state<Measure>('hours');
}

export const measured = new Measured();

/** The amount of one measure; hours are visits plus the estimated drive. */
export function amount(measure: Measure, totals: Totals): number {
  switch (measure) {
    case 'hours': return totals.visit_hours + totals.drive_hours_estimate;
    case 'accounts': return totals.accounts;
    case 'prospects': return totals.prospects;
    case 'revenue': return totals.revenue;
    case 'pipeline': return totals.pipeline;
  }
}

/** As written; hours wear `~` because the drive in them is estimated. */
export function written(measure: Measure, value: number): string {
  switch (measure) {
    case 'hours': return `~${hours(value)}`;
    case 'accounts':
    case 'prospects': return number(value);
    case 'revenue':
    case 'pipeline': return money(value);
  }
}

/** Mean, and how many times the mean the largest is; null without territories. */
export function balance(values: number[]): { mean: number; worst: number } | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, worst: mean > 0 ? Math.max(...values) / mean : 1 };
}
