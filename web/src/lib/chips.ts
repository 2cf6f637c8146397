// Conditions as a person reads them, whatever list they hold.
import { localDate } from '../i18n/format';
import { t } from '../i18n/index.svelte';
import type { Chip } from './cql';

/** What a list knows of its fields and their values. */
export interface Reading { label: (field: string) => string; value: (field: string, value: string | null) => string; amount: (field: string, value: number) => string }

export function chipWords(chip: Chip, { label, value, amount }: Reading): string {
  switch (chip.kind) {
    case 'in': return t('filter.chip', { field: label(chip.field), values: chip.values.map((one) => value(chip.field, one)).join(', ') });
    case 'is': return t('filter.chip', { field: label(chip.field), values: chip.value ? t('value.yes') : t('value.no') });
    case 'compare': return `${label(chip.field)} ${chip.op} ${amount(chip.field, chip.value)}`;
    case 'day': return `${label(chip.field)} ${chip.op} ${localDate(chip.day, true)}`;
    case 'like': return `${label(chip.field)} ${t('filter.contains')} ${t('quoted', { text: chip.part })}`;
    case 'shape': return t('filter.shape');
    case 'text': return chip.text;
  }
}
