// The words of the screens: one catalogue per language with the same keys, plurals by the language's own rules.
import { de } from './de';
import { en } from './en';

/** A text with `{name}` gaps, or one text per plural form chosen by the parameter `n`. */
export type Message = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);
export type Language = 'en' | 'de';
export type Key = keyof typeof en;
export type Parameters = Record<string, string | number>;

export const catalogues: Record<Language, Record<Key, Message>> = { en, de };
export const locales: Record<Language, string> = { en: 'en-GB', de: 'de-DE' };

let chosen = $state<Language>('en');

/** The language now shown. */
export function language(): Language {
  return chosen;
}

/** The locale for numbers and dates of the language now shown. */
export function locale(): string {
  return locales[chosen];
}

/** Shows every text in `next` from now on. */
export function setLanguage(next: Language): void {
  chosen = next;
  document.documentElement.lang = next;
}

/** The language a new visitor's browser asks for, if it is one of ours. */
export function browserLanguage(): Language {
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith('de')) ? 'de' : 'en';
}

/** The text for `key` in the language now shown. */
export function t(key: Key, parameters: Parameters = {}): string {
  return compose(catalogues[chosen][key], parameters, locales[chosen]);
}

/** True when the catalogue holds `key`; for keys made from data, such as `due.overdue`. */
export function hasKey(key: string): key is Key {
  return key in en;
}

/** The text for a key made from data; `fallback` where no such text exists. */
export function tOr(key: string, fallback: string, parameters: Parameters = {}): string {
  return hasKey(key) ? t(key, parameters) : fallback;
}

/** Fills the gaps of one message; numbers are written in `locale`. */
export function compose(message: Message, parameters: Parameters, locale: string): string {
  const text = typeof message === 'string' ? message : pluralForm(message, Number(parameters['n'] ?? 0), locale);
  return text.replace(/\{(\w+)\}/g, (gap, name: string) => {
    const value = parameters[name];
    if (value === undefined) return gap;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
  });
}

function pluralForm(message: Exclude<Message, string>, n: number, locale: string): string {
  return message[new Intl.PluralRules(locale).select(n)] ?? message.other;
}
