// Values of fields as a person reads and types them, by the kind that is declared.
import type { FieldDeclaration, Stored, TypeDeclaration, Value } from '../../api/types';
import { amount, day, decimalSign, instantOf, localDate, localMinute, minorDigits, moment, number, ownCurrency } from '../../i18n/format';
import { language, t, tOr } from '../../i18n/index.svelte';
import { scaled, unscaled } from '../../lib/decimal';
import { declarations, fieldWord } from '../../state/declarations.svelte';

/** Fields that are kept in hundredths of a percent and read and typed in percent. */
const hundredths = new Set(['product.tax_rate', 'quote.discount', 'order.discount']);
const THIN = '\u2009';

/** What is wrong with a record, in a few words that stand in place of one of its fields. */
export type Warn = (record: Stored) => { field: string; text: string } | null;

export const isRate = (type: string, field: FieldDeclaration): boolean => hundredths.has(`${type}.${field.name}`);

/** A field's label; rates have one of their own, since the declared one tells the unit they are kept in. */
export function labelOf(type: string, field: FieldDeclaration): string {
  if (isRate(type, field)) return tOr(`rec.rate.${field.name}`, field.label[language()]);
  // A link without a label of its own is called what it points to.
  return field.label[language()] || (field.to ? declarations.typeLabel(field.to) : field.name.replaceAll('_', ' '));
}

/** What a type's records are called inside a sentence: English writes them small. */
export function called(type: TypeDeclaration, many = false): string {
  const label = (many ? type.plural_label : type.label)[language()];
  return language() === 'en' ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}

/** A rate in hundredths of a percent: `7.5 %`. */
export const rate = (hundredths: number): string => number(hundredths / 100, 2) + THIN + '%';

/** The currency a record's amounts are in: its own, or that of the first record it points to which has one. */
export function currencyOf(record: Stored, linked: (type: string, id: string) => Stored | null | undefined): string {
  const own = record.fields['currency'];
  if (typeof own === 'string' && own) return own;
  for (const field of declarations.type(record.type)?.fields ?? []) {
    const id = record.fields[field.name];
    if (field.kind !== 'link' || !field.to || typeof id !== 'string' || !declarations.field(field.to, 'currency')) continue;
    const code = linked(field.to, id)?.fields['currency'];
    if (typeof code === 'string' && code) return code;
  }
  return ownCurrency();
}

/** What a person reads; links are left to those who know their titles. */
export function words(field: FieldDeclaration, value: Value, type = '', currency = ownCurrency()): string {
  if (value === null || value === '') return '';
  switch (field.kind) {
    case 'money': return amount(Number(value), currency);
    case 'boolean': return value ? t('value.yes') : t('value.no');
    case 'choice': return fieldWord(field, String(value));
    case 'date': return localDate(String(value), true);
    case 'instant': return moment(Number(value));
    case 'integer':
    case 'number': return isRate(type, field) ? rate(Number(value)) : `${number(Number(value), 6)}${field.unit ? THIN + field.unit : ''}`;
    case 'json': return JSON.stringify(value);
    default: return String(value);
  }
}

/** In a list, where room is short. */
export function short(field: FieldDeclaration, value: Value, type = '', currency = ownCurrency()): string {
  if (value !== null && field.kind === 'instant') return day(Number(value));
  if (value !== null && field.kind === 'date') return day(Date.parse(`${String(value)}T12:00:00Z`));
  return words(field, value, type, currency);
}

/** The value as the form's field holds it. */
export function typed(field: FieldDeclaration, value: Value, type: string, currency: string): string {
  if (value === null || value === undefined) return '';
  switch (field.kind) {
    case 'money': return unscaled(Number(value), minorDigits(currency), decimalSign(), true);
    case 'integer': return isRate(type, field) ? unscaled(Number(value), 2, decimalSign()) : String(value);
    case 'number': return String(value).replace('.', decimalSign());
    case 'instant': return localMinute(Number(value));
    default: return String(value);
  }
}

/** What was typed, as it is kept; an error is a sentence for the field. */
export function parsed(field: FieldDeclaration, text: string, type: string, currency: string): { value: Value } | { error: string } {
  const line = field.kind === 'long_text' ? text.trimEnd() : text.trim();
  if (line === '') return field.required ? { error: t('rec.required') } : { value: null };
  const wrong = { error: t('cust.notANumber', { text: line }) };
  switch (field.kind) {
    case 'money': {
      const value = scaled(line, minorDigits(currency), decimalSign());
      return value === undefined ? wrong : { value };
    }
    case 'integer': {
      const value = scaled(line, isRate(type, field) ? 2 : 0, decimalSign());
      return value === undefined ? wrong : { value };
    }
    case 'number': {
      const value = scaled(line, 6, decimalSign());
      return value === undefined || value === null ? wrong : { value: value / 1e6 };
    }
    case 'boolean': return { value: line === 'true' };
    case 'instant': {
      const value = instantOf(line);
      return value === null ? { error: t('rec.notADate', { text: line }) } : { value };
    }
    default: return { value: line };
  }
}

/** Where a record lies: shown on the map, not as numbers. */
export const isPosition = (type: TypeDeclaration, field: FieldDeclaration): boolean => type.place && ['lng', 'lat'].includes(field.name);

/** Fields a person can fill in. */
export function editable(type: TypeDeclaration): FieldDeclaration[] {
  return type.fields.filter((field) => !field.read_only && field.kind !== 'json' && !isPosition(type, field));
}
