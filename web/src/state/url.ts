// The address of a view: pure functions from URL to view and back, so that a copied link shows the same.

export const screens = ['map', 'customers', 'day', 'sales', 'service', 'marketing', 'cycle', 'regions', 'import', 'repair', 'admin'] as const;
export type Screen = (typeof screens)[number];
export const colourings = ['territory_id', 'class', 'due_state', 'type'] as const;
/** A field that an administrator added to customers; its name begins so. */
export type OwnField = `custom_${string}`;
export type Colouring = (typeof colourings)[number] | OwnField;

export function isOwnField(name: string): name is OwnField {
  return /^custom_[a-z0-9_]+$/.test(name);
}

/** What of the map is seen; `zoom` as MapLibre counts it. */
export interface Camera { zoom: number; lng: number; lat: number }
export interface Selection { kind: 'account' | 'territory'; id: string }

export interface Address {
  screen: Screen;
  /** What stands behind the screen in the path: an account, a date, a cycle, an import, an admin section, a type of records, the map's review or moves. */
  argument: string | null;
  /** What stands behind the argument: one record of a type. */
  item: string | null;
  camera: Camera | null;
  /** Local date `YYYY-MM-DD`; null is today. */
  asOf: string | null;
  colour: Colouring;
  /** CQL2 text; empty is no filter. */
  filter: string;
  selection: Selection | null;
  /** Whose day, for managers. */
  user: string | null;
  /** What a screen keeps beside: the region's shape, the second date, the table's arrangement, the cell of the cycle, what a list of records is held to, the scenario, what is to be added and for whom. */
  extra: Record<string, string>;
}

const extras = ['shape', 'b', 'show', 'sort', 'cell', 'where', 'by', 'period', 'pipeline', 'who', 'area', 's', 'add', 'account', 'region'];

/** Reads an address; anything that is not understood falls back to its default. */
export function parse(url: URL, landing: Screen = 'map'): Address {
  const [first = '', second, third] = url.pathname.split('/').filter(Boolean);
  const query = url.searchParams;
  const screen = (screens as readonly string[]).includes(first) ? (first as Screen) : landing;
  const colour = query.get('color') ?? '';
  const asOf = query.get('as_of');
  return {
    screen,
    argument: screen === first && second ? decodeURIComponent(second) : null,
    item: screen === first && second && third ? decodeURIComponent(third) : null,
    camera: parseCamera(query.get('c')),
    asOf: asOf && isLocalDate(asOf) ? asOf : null,
    colour: isOwnField(colour) ? colour : (colourings as readonly string[]).includes(colour) ? (colour as Colouring) : 'territory_id',
    filter: query.get('f') ?? '',
    selection: parseSelection(query.get('sel')),
    user: query.get('user'),
    extra: Object.fromEntries(extras.filter((name) => query.has(name)).map((name) => [name, query.get(name) ?? ''])),
  };
}

/** Writes an address as path and query. */
export function format(view: Address): string {
  const query = new URLSearchParams();
  if (view.camera) query.set('c', formatCamera(view.camera));
  if (view.asOf) query.set('as_of', view.asOf);
  if (view.colour !== 'territory_id') query.set('color', view.colour);
  if (view.filter) query.set('f', view.filter);
  if (view.selection) query.set('sel', (view.selection.kind === 'account' ? 'a' : 't') + view.selection.id);
  if (view.user) query.set('user', view.user);
  for (const name of extras) {
    const value = view.extra[name];
    if (value) query.set(name, value);
  }
  const path = ['', view.screen, view.argument, view.argument && view.item].filter((part) => part !== null).map((part) => encodeURIComponent(part)).join('/');
  // Slashes and commas are legal in a query and keep the camera readable.
  const text = query.toString().replaceAll('%2F', '/').replaceAll('%2C', ',');
  return text ? `${path}?${text}` : path;
}

/** Camera as `zoom/latitude/longitude`, the order MapLibre's own hash uses. */
export function formatCamera(camera: Camera): string {
  return `${round(camera.zoom, 2)}/${round(camera.lat, 5)}/${round(camera.lng, 5)}`;
}

export function parseCamera(text: string | null): Camera | null {
  if (!text) return null;
  const [zoom, lat, lng, ...rest] = text.split('/').map(Number);
  if (rest.length > 0 || zoom === undefined || lat === undefined || lng === undefined) return null;
  if (![zoom, lat, lng].every(Number.isFinite)) return null;
  if (zoom < 0 || zoom > 24 || Math.abs(lat) > 90 || Math.abs(lng) > 180) return null;
  return { zoom, lng, lat };
}

export function parseSelection(text: string | null): Selection | null {
  if (!text || text.length < 2) return null;
  const kind = text[0] === 'a' ? 'account' : text[0] === 't' ? 'territory' : null;
  return kind ? { kind, id: text.slice(1) } : null;
}

/** True for a date that exists, written `YYYY-MM-DD`. */
export function isLocalDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
