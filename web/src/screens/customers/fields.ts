// The fields a list of customers can be filtered by, as the server names them.
import { language, t, type Key } from '../../i18n/index.svelte';
import { declarations } from '../../state/declarations.svelte';

export type FilterKind = 'values' | 'text' | 'amount';
export const filterFields: { name: string; kind: FilterKind; label: Key; legend?: boolean }[] = [
  { name: 'class', kind: 'values', label: 'cust.class' },
  { name: 'type', kind: 'values', label: 'cust.type' },
  { name: 'due_state', kind: 'values', label: 'cust.due' },
  { name: 'industry', kind: 'values', label: 'cust.industry' },
  { name: 'territory_id', kind: 'values', label: 'cust.territory' },
  { name: 'owner_id', kind: 'values', label: 'cust.owner' },
  { name: 'name', kind: 'text', label: 'cust.name' },
  { name: 'city', kind: 'text', label: 'cust.city' },
  { name: 'postal_code', kind: 'text', label: 'cust.postcode' },
  { name: 'revenue', kind: 'amount', label: 'cust.revenue' },
  { name: 'pipeline', kind: 'amount', label: 'cust.pipeline' },
];

export interface FilterField { name: string; kind: FilterKind | 'day' | 'flag'; label: string; money: boolean }

/** All of them in the language shown, with those that an administrator added. */
export function allFilterFields(): FilterField[] {
  const own = (declarations.type('customer')?.fields ?? []).filter((field) => field.custom);
  const kind = (of: string) => (['integer', 'number', 'money'].includes(of) ? 'amount' : ['date', 'instant'].includes(of) ? 'day' : of === 'boolean' ? 'flag' : 'values');
  return [
    ...filterFields.map(({ name, kind, label }): FilterField => ({ name, kind, label: t(label), money: kind === 'amount' })),
    ...own.map((field): FilterField => ({ name: field.name, kind: kind(field.kind), label: field.label[language()], money: field.kind === 'money' })),
  ];
}

export function fieldLabel(name: string): string {
  const found = allFilterFields().find((field) => field.name === name);
  return found ? found.label : name === 'geocode_status' ? t('cust.placeStatus') : name.replaceAll('_', ' ');
}
