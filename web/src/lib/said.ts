// What the server says in English, turned by a list of sentences with gaps. What no sentence fits stays as it is.
import type { Turn } from '../i18n/de/said';

/** Words inside a gap that have a word of their own: kinds of records and fields. */
export interface Words { type: (text: string) => string; fields: (text: string) => string; thing: (text: string) => string; status: (text: string) => string }
const WEEKDAYS: Record<string, string> = { Monday: 'Montag', Tuesday: 'Dienstag', Wednesday: 'Mittwoch', Thursday: 'Donnerstag', Friday: 'Freitag', Saturday: 'Samstag', Sunday: 'Sonntag' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** A day as the server writes it, `21 Nov 2026`, `Mon 1 March 2027` or `2026-11-21`, in German; else as it is. */
export function germanDay(text: string): string {
  const [, d, month, y] = /^(?:[A-Z][a-z]{2} )?(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})$/.exec(text) ?? [];
  const [, iy, im, id] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const at = d && month && y ? Date.UTC(Number(y), MONTHS.indexOf(month), Number(d)) : iy && im && id ? Date.UTC(Number(iy), Number(im) - 1, Number(id)) : NaN;
  return Number.isNaN(at) ? text : new Intl.DateTimeFormat('de-DE', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(at);
}

/** A day of a plan, `23 Nov`, as the German plan has it: `23.11.`; else as it is. */
export function germanDate(text: string): string {
  const [, d, month] = /^(\d{1,2}) ([A-Z][a-z]{2})$/.exec(text) ?? [];
  const at = MONTHS.indexOf(month ?? '');
  return d && at >= 0 ? `${d}.${at + 1}.` : text;
}

interface Ready { fits: RegExp; gaps: string[]; german: string }

/** Gaps that hold a sentence. */
const inner = new Set(['claim', 'fault', 'step']);
const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function ready([english, german]: Turn): Ready {
  const parts = english.split(/\{(\w+)\}/);
  // Every second part is a gap; the last one takes all that is left.
  return { fits: new RegExp(`^${parts.map((part, i) => (i % 2 === 0 ? escape(part) : '(.+?)')).join('')}$`, 's'), gaps: parts.filter((_, i) => i % 2 === 1), german };
}

/** A translator by these sentences; `parts` are sentences that stand several in one, parted by commas. */
export function translator(turns: readonly Turn[], parts: readonly Turn[], words: Words): (text: string) => string {
  const all = turns.map(ready);
  const pieces = parts.map(ready);

  function turn(text: string, list: readonly Ready[]): string | null {
    for (const one of list) {
      const match = one.fits.exec(text);
      if (!match) continue;
      const given = Object.fromEntries(one.gaps.map((gap, i) => [gap, match[i + 1] ?? '']));
      const filled = Object.entries(given).map(([gap, value]) => [gap, fill(gap, value)] as const);
      // `{column}: {fault}` fits much: it counts only if what is inside is a sentence that is known.
      if (filled.some(([gap, value]) => inner.has(gap) && value === given[gap])) continue;
      const values = Object.fromEntries(filled);
      return one.german.replace(/\{(\w+)\}/g, (whole, gap: string) => values[gap] ?? whole);
    }
    return null;
  }

  function fill(gap: string, value: string): string {
    if (gap === 'type' || gap === 'fields' || gap === 'thing' || gap === 'status') return words[gap](value);
    if (inner.has(gap)) return turn(value, all) ?? value;
    if (gap === 'day') return germanDay(value);
    if (gap === 'date') return germanDate(value);
    if (gap === 'dates') return value.split(', ').map(germanDate).join(', ');
    if (gap === 'weekdays') return value.split(', ').map((one) => one.replace(/^(\w+) (.+)$/, (_, name: string, date: string) => `${WEEKDAYS[name] ?? name} ${germanDate(date)}`)).join(', ');
    if (gap === 'weekday') return WEEKDAYS[value] ?? value;
    if (gap === 'when') return value === 'now' ? 'jetzt' : `am ${germanDay(value.replace(/^on /, ''))}`;
    if (gap === 'who') return value.replace(/^whoever has them$/, 'denen, die sie haben');
    if (gap === 'inDays') return value.replace(/^1 day$/, '1 Tag').replace(/ days$/, ' Tagen');
    if (gap === 'every') return value === '1 day' ? 'jeden Tag' : `alle ${value.replace(/ days$/, ' Tage')}`;
    if (gap === 'days') return value.replace(/^1 day$/, '1 Tag').replace(/ days$/, ' Tage');
    return value;
  }

  /** A sentence of pieces, if at least its first one is known. */
  function pieced(text: string): string | null {
    if (!text.endsWith('.')) return null;
    const given = text.slice(0, -1).split(/, (?=(?:house|its|the|another|no|nothing) )/);
    const first = turn(given[0] ?? '', pieces);
    if (first === null) return null;
    return `${[first, ...given.slice(1).map((one) => turn(one, pieces) ?? one)].join(', ')}.`;
  }

  /** Several sentences, if each of them is known. */
  function several(text: string): string | null {
    const each = text.split(/(?<=\.) (?=[A-Z0-9])/);
    const turned = each.map((one) => turn(one, all));
    return each.length > 1 && turned.every((one) => one !== null) ? turned.join(' ') : null;
  }

  // Several are tried first: a gap must not swallow the end of one sentence and the beginning of the next.
  return (text) => several(text) ?? turn(text, all) ?? pieced(text) ?? text;
}
