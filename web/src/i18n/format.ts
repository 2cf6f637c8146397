// Numbers, money, times and lengths as the reader's language writes them.
import { locale } from './index.svelte';

const THIN = '\u2009';
let currency = 'EUR';
let timeZone: string | undefined;

/** Sets the organisation's currency and time zone, once signed in. */
export function setOrganisation(code: string, zone: string): void {
  currency = code;
  timeZone = zone;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

export function percent(share: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: digits }).format(share);
}

/** With a plus or minus sign, as differences are written. */
export function signed(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, signDisplay: 'exceptZero' }).format(value).replace('-', '−');
}

/** An amount in minor units (cents), shortened from a thousand on: `€ 210 k`. */
export function money(minor: number | null | undefined, options: { signed?: boolean } = {}): string {
  if (minor === null || minor === undefined) return '–';
  const amount = minor / 100;
  const size = Math.abs(amount);
  return new Intl.NumberFormat(locale(), {
    style: 'currency',
    currency,
    notation: size >= 10_000 ? 'compact' : 'standard',
    maximumFractionDigits: size >= 1_000_000 ? 2 : 0,
    ...(options.signed ? { signDisplay: 'exceptZero' as const } : {}),
  }).format(amount).replace('-', '−');
}

/** The organisation's own currency. */
export function ownCurrency(): string {
  return currency;
}

/** How many digits a currency's minor unit has: 2 for euros, 0 for yen. An unknown code counts as 2. */
export function minorDigits(code: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    // Not three letters: shown as it is.
    return 2;
  }
}

/** An amount in minor units to the last digit, in a currency of its own: `€1,189.00`. */
export function amount(minor: number | null | undefined, code: string = currency): string {
  if (minor === null || minor === undefined) return '–';
  const digits = minorDigits(code);
  try {
    return new Intl.NumberFormat(locale(), { style: 'currency', currency: code }).format(minor / 10 ** digits);
  } catch {
    return `${number(minor / 10 ** digits, digits)} ${code}`;
  }
}

/** The sign between whole and fraction. */
export function decimalSign(): ',' | '.' {
  return new Intl.NumberFormat(locale()).formatToParts(1.5).find((part) => part.type === 'decimal')?.value === ',' ? ',' : '.';
}

/** An instant as a field for date and time wants it, in the organisation's zone: `2026-11-23T10:20`. */
export function localMinute(ms: number): string {
  return `${dateOf(ms)}T${clock(ms)}`;
}

/** The instant of `YYYY-MM-DDTHH:MM` in the organisation's zone; null for something else. */
export function instantOf(text: string): number | null {
  const wanted = Date.parse(`${text}:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text) || Number.isNaN(wanted)) return null;
  // What the zone is ahead of UTC is read off a guess, twice, so that a change of the clocks between them counts.
  let at = wanted;
  for (let i = 0; i < 2; i += 1) at += wanted - Date.parse(`${localMinute(at)}:00Z`);
  return at;
}

/** Hours with one decimal: `38.2 h`. */
export function hours(value: number): string {
  return number(value, 1) + THIN + 'h';
}

/** A stretch of time: `6 min` under an hour, else `6:10 h`. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (Math.abs(minutes) < 60) return number(minutes) + THIN + 'min';
  const sign = minutes < 0 ? '−' : '';
  const whole = Math.abs(minutes);
  return `${sign}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}${THIN}h`;
}

/** A long stretch of time in its two largest units: `2 d 5 h`, `3 h 10 min`, `6 min`; always as if it were positive. */
export function stretch(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const parts = ([[Math.floor(minutes / 1_440), 'd'], [Math.floor(minutes / 60) % 24, 'h'], [minutes % 60, 'min']] as const).filter(([value]) => value > 0);
  const [first, second] = parts;
  if (!first) return `0${THIN}min`;
  // After days, minutes say nothing.
  const shown = second && !(first[1] === 'd' && second[1] === 'min') ? [first, second] : [first];
  return shown.map(([value, unit]) => number(value) + THIN + unit).join(' ');
}

/** How long work took: `0.4 s`, `38 s`, from a minute on as `duration`. */
export function took(seconds: number): string {
  return seconds < 60 ? number(seconds, seconds < 10 ? 1 : 0) + THIN + 's' : duration(seconds);
}

/** A length on the road: `640 m`, `3.4 km`, `74 km`. */
export function distance(meters: number): string {
  if (meters < 1000) return number(Math.round(meters / 10) * 10) + THIN + 'm';
  const km = meters / 1000;
  return number(km, km < 10 ? 1 : 0) + THIN + 'km';
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return number(value, value < 10 && unit > 0 ? 1 : 0) + THIN + units[unit];
}

/** Time of day at an instant, in the organisation's zone: `10:20`. */
export function clock(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(ms);
}

/** A day from an instant: `3 Nov 2026`, without the year in the current one. */
export function day(ms: number): string {
  const now = new Date();
  const sameYear = new Date(ms).getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(locale(), {
    day: 'numeric', month: 'short', timeZone, ...(sameYear ? {} : { year: 'numeric' as const }),
  }).format(ms);
}

/** Day and time: `Thu 26 Nov 10:20`. */
export function moment(ms: number): string {
  const weekday = new Intl.DateTimeFormat(locale(), { weekday: 'short', timeZone }).format(ms);
  return `${weekday} ${day(ms)} ${clock(ms)}`;
}

/** A local date `YYYY-MM-DD` spelled out: `Mon 23 Nov`, or with the year when `long`. */
export function localDate(date: string, long = false): string {
  const noon = new Date(`${date}T12:00:00Z`);
  if (Number.isNaN(noon.getTime())) return date;
  return new Intl.DateTimeFormat(locale(), long
    ? { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }
    : { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(noon);
}

/** The local date of an instant in the organisation's zone. */
export function dateOf(ms: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms);
}

/** A local date moved by whole days. */
export function addDays(date: string, days: number): string {
  const noon = new Date(`${date}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() + days);
  return noon.toISOString().slice(0, 10);
}

/** A weekday's name, Monday being 0. */
export function weekday(number: number): string {
  // The fifth of January 1970 was a Monday.
  return new Intl.DateTimeFormat(locale(), { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(1970, 0, 5 + number));
}

/** Which day of the week a local date is, Monday being 0. */
export function weekdayOf(date: string): number {
  return (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7;
}
