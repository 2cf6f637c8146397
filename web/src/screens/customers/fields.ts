// The fields a list of customers can be filtered by, as the server names them.
import { t, type Key } from '../../i18n/index.svelte';

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

export function fieldLabel(name: string): string {
  const found = filterFields.find((field) => field.name === name);
  return found ? t(found.label) : name === 'geocode_status' ? t('cust.placeStatus') : name.replaceAll('_', ' ');
}
