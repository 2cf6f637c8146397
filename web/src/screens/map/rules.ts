// Rules about customers in words.
import type { CustomerRule } from '../../api/types';
import { money, number } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';

export const ruleFields = ['industry', 'employees', 'annual_revenue', 'class', 'type', 'city', 'postal_code', 'country'] as const;
export type RuleField = (typeof ruleFields)[number];
/** Asked from a number to a number; the others by words. */
export const numbers: readonly string[] = ['employees', 'annual_revenue'];

export const fieldWord = (field: string): string => ((ruleFields as readonly string[]).includes(field) ? t(`rules.field.${field as RuleField}`) : field);

/** "Industry: Health, Care; employees from 50; in North". */
export function ruleWords(rule: CustomerRule, nameOf: (territory: string) => string): string {
  const parts = rule.conditions.map((one) => {
    const amount = (value: number) => (one.field === 'annual_revenue' ? money(value) : number(value));
    const word = fieldWord(one.field);
    const from = one.from ?? null;
    const to = one.to ?? null;
    if (from !== null && to !== null) return t('rules.words.between', { field: word, from: amount(from), to: amount(to) });
    if (from !== null) return t('rules.words.from', { field: word, from: amount(from) });
    if (to !== null) return t('rules.words.to', { field: word, to: amount(to) });
    return `${word}: ${(one.one_of ?? []).join(', ')}`;
  });
  if (rule.within) parts.push(t('rules.words.in', { name: nameOf(rule.within) }));
  return parts.join('; ');
}
