// Stretches of the calendar as the address keeps them: `2026-Q4`, `2026-11`, `2026`, or `2026-11-01..2026-12-15`.

export interface Span { from: string; to: string }

const two = (n: number) => String(n).padStart(2, '0');
const lastOf = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate();
const months = (year: number, first: number, last: number): Span => ({ from: `${year}-${two(first)}-01`, to: `${year}-${two(last)}-${two(lastOf(year, last))}` });

/** First and last day of a period; null for something else. */
export function spanOf(period: string): Span | null {
  const quarter = /^(\d{4})-Q([1-4])$/.exec(period);
  if (quarter) return months(Number(quarter[1]), Number(quarter[2]) * 3 - 2, Number(quarter[2]) * 3);
  const month = /^(\d{4})-(\d{2})$/.exec(period);
  if (month && Number(month[2]) >= 1 && Number(month[2]) <= 12) return months(Number(month[1]), Number(month[2]), Number(month[2]));
  if (/^\d{4}$/.test(period)) return months(Number(period), 1, 12);
  const days = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/.exec(period);
  if (days?.[1] && days[2] && days[1] <= days[2] && [days[1], days[2]].every((day) => !Number.isNaN(Date.parse(`${day}T00:00:00Z`)))) return { from: days[1], to: days[2] };
  return null;
}

/** The quarter a local date lies in. */
export function quarterOf(date: string): string {
  return `${date.slice(0, 4)}-Q${Math.floor((Number(date.slice(5, 7)) - 1) / 3) + 1}`;
}

/** The quarter so many later. */
export function laterQuarter(quarter: string, by: number): string {
  const at = Number(quarter.slice(0, 4)) * 4 + Number(quarter.slice(6)) - 1 + by;
  return `${Math.floor(at / 4)}-Q${(at % 4) + 1}`;
}
