// Where a record is shown: types of an area have pages of their own, others have screens that know them.
import type { TypeDeclaration } from '../../api/types';
import { declarations } from '../../state/declarations.svelte';
import { session } from '../../state/session.svelte';
import type { Address, Screen } from '../../state/url';
import { view } from '../../state/view.svelte';

/** The screen of a type's area. */
export function screenOf(type: TypeDeclaration): 'sales' | 'service' | null {
  return type.area === 'sales' || type.area === 'service' ? type.area : null;
}

/** The view that shows a record; null where nothing does. */
export function placeOf(type: string, id: string): Partial<Address> | null {
  const declared = declarations.type(type);
  const may = (screen: Screen) => session.screens.includes(screen);
  const area = declared ? screenOf(declared) : null;
  if (declared && area && may(area)) return { screen: area, argument: declared.plural, item: id, selection: null, extra: {} };
  if (type === 'account' && may('customers')) return { screen: 'customers', argument: id, selection: null, extra: {} };
  if (type === 'territory' && may('map')) return { screen: 'map', argument: null, selection: { kind: 'territory', id }, extra: {} };
  if (type === 'region' && may('regions')) return { screen: 'regions', argument: null, selection: null, extra: { region: id } };
  return null;
}

/** The address of the same, for links that are copied or opened beside. */
export function addressOf(type: string, id: string): string | null {
  const place = placeOf(type, id);
  if (!place) return null;
  const path = ['', place.screen, place.argument, place.item].filter((part) => part !== null && part !== undefined).map((part) => encodeURIComponent(part)).join('/');
  const query = new URLSearchParams({ ...(view.asOf ? { as_of: view.asOf } : {}), ...(place.selection ? { sel: `t${place.selection.id}` } : {}), ...place.extra }).toString();
  return query ? `${path}?${query}` : path;
}
