// The map itself: the only place that holds the map library's object. Screens speak to it in our own words.
import * as maplibregl from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';
import type { Feature, Geometry } from 'geojson';
import type { DueState } from '../api/types';
import type { Camera } from '../state/url';
import { dueStates } from './colouring';
import { Drawer, type Drawing } from './draw';
import type { Box } from './geometry';
import { dueImage, hatchImage, homeImage, pinImage } from './images';
import { pinElement } from './pin';
import type { Painting } from './own-layers';
import { layers, style, type Drawn } from './style';
import { readTokens, token } from './tokens';

maplibregl.setWorkerUrl(workerUrl);

export interface PointHit {
  lng: number; lat: number;
  /** How many places the point stands for; with `stack` all are at this very spot. */
  count: number; stack: boolean;
  location: string | null; name: string; due: DueState | null;
}
export interface Hit { lng: number; lat: number; point: PointHit | null; territory: string | null; mark: string | null; stop: string | null }

export interface Handlers {
  moved: (camera: Camera, bounds: Box) => void;
  clicked: (hit: Hit, event: { shift: boolean; alt: boolean }) => void;
  hovered: (hit: Hit | null, at: { x: number; y: number }) => void;
  pinned: (lng: number, lat: number) => void;
  ready: () => void;
  /** Tiles did not come: there is no session any more (401), or no server (0). */
  refused: (status: number) => void;
}

/** How a customer's point is to look: the slot of the territory that would have it (0: nobody), moved, or under the pointer in a list. */
export interface Mark { slot?: number; moved?: boolean; lit?: boolean }
export type Marked = ReadonlyMap<string, Mark>;

/** Pixels at each side of the map. */
export interface Padding { top: number; right: number; bottom: number; left: number }
const sides = ['top', 'right', 'bottom', 'left'] as const;

export interface Start { container: HTMLElement; bounds: Box; camera: Camera | null; customers: string; mapHash: string; painting: Omit<Painting, 'tokens'> }

/** So much of a zoom level less is worth it not to lie below the legend. */
const COSTS_LITTLE = 0.3;
const calm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

export class Engine {
  readonly map: maplibregl.Map;
  readonly #drawer: Drawer;
  #painting: Painting;
  #painted = new Map<string, string>();
  #customers: string;
  #pin: maplibregl.Marker | null = null;
  #hoveredTerritory: string | null = null;
  #marked: Marked = new Map();
  /** Sources some of whose tiles did not come. */
  readonly #missing = new Set<string>();
  #waitingMarks: Marked | null = null;
  #waiting = new Map<Drawn, Feature<Geometry>[]>();
  #ready = false;
  /** Where the camera is on its way to: gone on with when the free part of the map changes meanwhile. */
  #goal: (() => void) | null = null;
  /** Somebody has said what to look at. */
  #placed: boolean;

  constructor(start: Start, private readonly handlers: Handlers) {
    this.#painting = { ...start.painting, tokens: readTokens(start.painting.dark) };
    this.#customers = start.customers;
    this.#placed = start.camera !== null;
    this.map = new maplibregl.Map({
      container: start.container,
      style: style(this.#painting, location.origin, start.customers, start.mapHash),
      ...(start.camera
        ? { center: [start.camera.lng, start.camera.lat] as [number, number], zoom: start.camera.zoom }
        : { bounds: start.bounds, fitBoundsOptions: { padding: 24 } }),
      attributionControl: false, maxPitch: 0, dragRotate: false, touchPitch: false, maxZoom: 20,
      pixelRatio: Math.min(2, window.devicePixelRatio), fadeDuration: calm() ? 0 : 150, locale: {},
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.#drawer = new Drawer(this.map);
    this.#addImages(false);
    for (const layer of layers(this.#painting)) this.#painted.set(layer.id, JSON.stringify(layer));
    this.#listen(start.bounds);
  }

  // --- camera ---------------------------------------------------------------------------------

  get camera(): Camera {
    const { lng, lat } = this.map.getCenter();
    return { zoom: this.map.getZoom(), lng, lat };
  }

  get bounds(): Box {
    return this.map.getBounds().toArray().flat() as Box;
  }

  /**
   * The free part of the map, so that "centre" means what a person sees as the middle. The ground stays where it is
   * on the page; only before the first picture the camera's place is kept instead, for it came with the address.
   */
  setPadding(padding: Padding): void {
    const before = this.map.getPadding();
    if (sides.every((side) => (before[side] ?? 0) === padding[side])) return;
    if (!this.#ready) {
      this.map.setPadding(padding);
      return;
    }
    const goal = this.#goal;
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    this.map.jumpTo({ center: this.map.unproject([(padding.left + width - padding.right) / 2, (padding.top + height - padding.bottom) / 2]), padding });
    if (goal) this.#go(goal);
  }

  show(camera: Camera): void {
    const to = { center: [camera.lng, camera.lat] as [number, number], zoom: camera.zoom };
    this.#go(() => {
      const there = this.map.project(to.center);
      const { clientWidth: width, clientHeight: height } = this.map.getContainer();
      const far = there.x < -width || there.x > 2 * width || there.y < -height || there.y > 2 * height;
      if (far || calm()) this.map.jumpTo(to);
      else this.map.easeTo({ ...to, duration: 300 });
    });
  }

  /** Shows all of an area, beside what stands in the corner at the left (`corner` pixels wide) where that costs little. */
  fit(area: Box, padding: Padding, corner = 0): void {
    const [west, south, east, north] = area;
    const bounds: [[number, number], [number, number]] = [[west, south], [east, north]];
    // The page may have been divided anew a moment ago, and the map learns of it late.
    this.map.resize();
    this.#go(() => {
      const beside = { ...padding, left: Math.max(padding.left, corner) };
      const [whole, narrow] = [padding, beside].map((one) => this.map.cameraForBounds(bounds, { padding: one, maxZoom: 16 })?.zoom ?? 0);
      const chosen = corner > 0 && (narrow ?? 0) > (whole ?? 0) - COSTS_LITTLE ? beside : padding;
      this.map.fitBounds(bounds, { padding: chosen, maxZoom: 16, duration: calm() ? 0 : 300 });
    });
  }

  /** Brings an area into the free part of the map, by no more than is needed; nothing happens when all of it is seen. */
  reveal(area: Box, margin: Padding): void {
    if (this.#goal) return;
    const [west, south, east, north] = area;
    const corners = [this.map.project([west, north]), this.map.project([east, south])];
    const [low, high] = corners;
    if (!low || !high) return;
    const covered = this.map.getPadding();
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    const free = {
      left: (covered.left ?? 0) + margin.left, right: width - (covered.right ?? 0) - margin.right,
      top: (covered.top ?? 0) + margin.top, bottom: height - (covered.bottom ?? 0) - margin.bottom,
    };
    if (high.x - low.x > free.right - free.left || high.y - low.y > free.bottom - free.top) {
      this.#go(() => this.map.fitBounds([[west, south], [east, north]], { padding: margin, maxZoom: this.map.getZoom(), duration: calm() ? 0 : 300 }));
      return;
    }
    this.#pan(outside(low.x, high.x, free.left, free.right), outside(low.y, high.y, free.top, free.bottom));
  }

  /** Moves the ground so that what stands around a place is not below something that lies over the map. */
  uncover(lng: number, lat: number, around: { x: number; y: number }, cover: () => DOMRect | undefined): void {
    if (this.#goal) {
      this.map.once('moveend', () => requestAnimationFrame(() => this.uncover(lng, lat, around, cover)));
      return;
    }
    const over = cover();
    if (!over) return;
    const frame = this.map.getContainer().getBoundingClientRect();
    const at = this.map.project([lng, lat]);
    const right = over.right - frame.left - (at.x - around.x);
    const up = at.y + around.y - (over.top - frame.top);
    const below = over.bottom - frame.top - (at.y - around.y);
    const left = at.x + around.x - (over.left - frame.left);
    if (right <= 0 || up <= 0 || below <= 0 || left <= 0) return;
    if (right < up) this.#pan(-right, 0);
    else this.#pan(0, up);
  }

  #pan(x: number, y: number): void {
    if (x === 0 && y === 0) return;
    const at = this.map.project(this.map.getCenter());
    const center = this.map.unproject([at.x + x, at.y + y]);
    this.#go(() => this.map.easeTo({ center, duration: calm() ? 0 : 300 }));
  }

  #go(act: () => void): void {
    this.#goal = act;
    this.#placed = true;
    act();
    if (!this.map.isMoving()) this.#goal = null;
  }

  zoomBy(steps: number): void {
    this.map.zoomTo(this.map.getZoom() + steps, { duration: calm() ? 0 : 180 });
  }

  // --- painting -------------------------------------------------------------------------------

  /** Repaints what differs: colours, visibility, text. Tiles stay where they are. */
  paint(change: Partial<Omit<Painting, 'tokens'>>): void {
    const repaint = change.dark !== undefined && change.dark !== this.#painting.dark;
    this.#painting = { ...this.#painting, ...change };
    if (repaint) {
      this.#painting.tokens = readTokens(this.#painting.dark);
      this.#addImages(true);
    }
    if (!this.#ready) return;
    this.#busy();
    for (const layer of layers(this.#painting)) {
      const text = JSON.stringify(layer);
      const before = this.#painted.get(layer.id);
      if (before === text) continue;
      this.#painted.set(layer.id, text);
      const old = before ? (JSON.parse(before) as typeof layer) : layer;
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        if (differs(value, old.paint, name)) this.map.setPaintProperty(layer.id, name as never, value as never);
      }
      for (const [name, value] of Object.entries(layer.layout ?? {})) {
        if (differs(value, old.layout, name)) this.map.setLayoutProperty(layer.id, name as never, value as never);
      }
    }
  }

  /** Points the customer tiles at another address: other filter, date or data version. */
  setCustomers(address: string): void {
    if (address === this.#customers) return;
    this.#customers = address;
    this.#busy();
    (this.map.getSource('customers') as maplibregl.VectorTileSource | undefined)?.setTiles([address]);
  }

  /** Replaces what one of our small sources draws. */
  draw(source: Drawn, features: Feature<Geometry>[]): void {
    if (!this.#ready) {
      this.#waiting.set(source, features);
      return;
    }
    this.#busy();
    (this.map.getSource(source) as maplibregl.GeoJSONSource).setData({ type: 'FeatureCollection', features });
  }

  /** Gives customers' points another look than their tile says; what is not named looks as it did. */
  mark(marks: Marked): void {
    if (!this.#ready) {
      this.#waitingMarks = marks;
      return;
    }
    this.#busy();
    const at = (id: string) => ({ source: 'customers', sourceLayer: 'customers', id });
    for (const id of this.#marked.keys()) if (!marks.has(id)) this.map.removeFeatureState(at(id));
    for (const [id, mark] of marks) {
      const before = this.#marked.get(id);
      if (before && before.slot === mark.slot && before.moved === mark.moved && before.lit === mark.lit) continue;
      this.map.setFeatureState(at(id), { slot: mark.slot ?? -1, moved: mark.moved ?? false, lit: mark.lit ?? false });
    }
    this.#marked = new Map(marks);
  }

  // --- drawing --------------------------------------------------------------------------------

  startDrawing(drawing: Drawing): void {
    this.map.doubleClickZoom.disable();
    this.#drawer.enter(drawing, this.#painting.tokens);
  }

  stopDrawing(): void {
    this.#drawer.exit();
    this.map.doubleClickZoom.enable();
  }

  finishDrawing(): void { this.#drawer.finish(); }
  undoVertex(): boolean { return this.#drawer.undoVertex(); }
  get drawing(): boolean { return this.#drawer.active; }

  // --- pin ------------------------------------------------------------------------------------

  /** Shows one pin that can be dragged, with the number that it stands for; null takes it away. */
  setPin(at: { lng: number; lat: number; label: string } | null): void {
    if (!at) {
      this.#pin?.remove();
      this.#pin = null;
      return;
    }
    if (!this.#pin) {
      this.#pin = new maplibregl.Marker({ draggable: true, element: pinElement(), anchor: 'bottom' });
      this.#pin.on('dragend', () => {
        const now = this.#pin?.getLngLat();
        if (now) this.handlers.pinned(now.lng, now.lat);
      });
      this.#pin.setLngLat([at.lng, at.lat]).addTo(this.map);
    } else this.#pin.setLngLat([at.lng, at.lat]);
    const number = this.#pin.getElement().querySelector('text');
    if (number) number.textContent = at.label || '•';
  }

  // --- asking what is where -------------------------------------------------------------------

  /** A click at the middle of the free part: what Enter does while the map has the focus. */
  clickAtCentre(): void {
    const at = this.map.project(this.map.getCenter());
    this.map.fire(new maplibregl.MapMouseEvent('click', this.map, new MouseEvent('click', { clientX: at.x, clientY: at.y }), { point: at, lngLat: this.map.getCenter() }));
  }

  /** The nearest single customer on screen in a direction (unit vector, y down), if any. */
  nearestTowards(x: number, y: number): PointHit | null {
    const from = this.map.project(this.map.getCenter());
    let best: { cost: number; hit: PointHit } | null = null;
    for (const found of this.map.queryRenderedFeatures({ layers: ['points', 'points-due', 'clusters'] })) {
      if (found.geometry.type !== 'Point') continue;
      const [lng = 0, lat = 0] = found.geometry.coordinates;
      const at = this.map.project([lng, lat]);
      const along = (at.x - from.x) * x + (at.y - from.y) * y;
      const aside = Math.abs((at.x - from.x) * y - (at.y - from.y) * x);
      if (along < 4 || aside > along * 1.5) continue;
      const cost = along + aside * 2;
      if (!best || cost < best.cost) best = { cost, hit: pointHit(found, lng, lat) };
    }
    return best?.hit ?? null;
  }

  #hit(point: maplibregl.Point, lngLat: maplibregl.LngLat): Hit {
    const around: [maplibregl.PointLike, maplibregl.PointLike] = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    const found = this.map.queryRenderedFeatures(around, { layers: ['points', 'points-due', 'clusters', 'stop-disc', 'mark-disc', 'candidate', 'gaps'] });
    const customer = found.find((one) => ['points', 'points-due', 'clusters'].includes(one.layer.id));
    const stop = found.find((one) => one.layer.id === 'stop-disc');
    const mark = found.find((one) => one.layer.id === 'candidate' || one.layer.id === 'mark-disc');
    const territory = this.map.queryRenderedFeatures(point, { layers: ['territory-fill'] })[0];
    const [lng, lat] = customer?.geometry.type === 'Point' ? (customer.geometry.coordinates as [number, number]) : [lngLat.lng, lngLat.lat];
    return {
      lng: lngLat.lng, lat: lngLat.lat,
      point: customer ? pointHit(customer, lng, lat) : null,
      territory: text(territory?.properties['id']), mark: text(mark?.properties['id']), stop: text(stop?.properties['id']),
    };
  }

  /** Asks anew for tiles that did not come while there was no server or no session. */
  retry(): void {
    for (const id of this.#missing) {
      const source = this.map.getSource(id) as maplibregl.VectorTileSource | undefined;
      if (source) source.setTiles(source.tiles);
    }
    this.#missing.clear();
  }

  #listen(bounds: Box): void {
    const { map } = this;
    map.on('error', (event) => {
      const { error, sourceId } = event as { error: { status?: number }; sourceId?: string };
      if (error.status !== 0 && error.status !== 401) return console.error(error);
      if (sourceId) this.#missing.add(sourceId);
      this.handlers.refused(error.status);
    });
    map.on('load', () => {
      this.#ready = true;
      // Whoever came without a place sees all of the map, in the part of it that is free.
      if (!this.#placed) this.fit(bounds, even(24));
      for (const [source, features] of this.#waiting) this.draw(source, features);
      this.#waiting.clear();
      if (this.#waitingMarks) this.mark(this.#waitingMarks);
      this.#waitingMarks = null;
      this.paint({});
      this.handlers.ready();
    });
    // The page and its tests learn from this attribute that everything in view is painted.
    map.on('idle', () => map.getContainer().setAttribute('data-idle', 'true'));
    map.on('dataloading', () => map.getContainer().removeAttribute('data-idle'));
    map.on('movestart', (event) => {
      map.getContainer().removeAttribute('data-idle');
      // A hand on the map is stronger than where it was sent.
      if (event.originalEvent) this.#goal = null;
    });
    map.on('moveend', () => {
      if (!map.isMoving()) this.#goal = null;
      this.handlers.moved(this.camera, this.bounds);
    });
    map.on('click', (event) => {
      if (this.drawing) return;
      this.handlers.clicked(this.#hit(event.point, event.lngLat), { shift: event.originalEvent.shiftKey, alt: event.originalEvent.altKey });
    });
    map.on('mousemove', (event) => {
      if (this.drawing || event.originalEvent.buttons !== 0) return;
      const hit = this.#hit(event.point, event.lngLat);
      map.getCanvas().style.cursor = hit.point || hit.stop || hit.mark ? 'pointer' : '';
      this.#hoverTerritory(hit.point ? null : hit.territory);
      this.handlers.hovered(hit, event.point);
    });
    map.on('mouseout', () => {
      this.#hoverTerritory(null);
      this.handlers.hovered(null, { x: 0, y: 0 });
    });
  }

  /** Something is about to be painted: not idle before that is done. */
  #busy(): void {
    this.map.getContainer().removeAttribute('data-idle');
    this.map.triggerRepaint();
  }

  #hoverTerritory(id: string | null): void {
    if (id === this.#hoveredTerritory) return;
    if (this.#hoveredTerritory) this.map.removeFeatureState({ source: 'territories', id: this.#hoveredTerritory });
    if (id) this.map.setFeatureState({ source: 'territories', id }, { hover: true });
    this.#hoveredTerritory = id;
  }

  #addImages(replace: boolean): void {
    const put = (name: string, { image, pixelRatio }: { image: ImageData; pixelRatio: number }) => {
      if (replace && this.map.hasImage(name)) this.map.updateImage(name, image);
      else this.map.addImage(name, image, { pixelRatio });
    };
    const add = () => {
      for (const state of dueStates) put(`due-${state}`, dueImage(state, this.#painting.tokens));
      put('home', homeImage(this.#painting.tokens));
      put('pin', pinImage(this.#painting.tokens));
      put('hatch', hatchImage(token(this.#painting.tokens, 'danger')));
      put('locked', hatchImage(token(this.#painting.tokens, 'ink-2')));
    };
    if (replace) add();
    else this.map.once('styledata', add);
  }
}

const even = (margin: number): Padding => ({ top: margin, right: margin, bottom: margin, left: margin });

/** By how much a stretch must move to lie between two bounds; positive when it lies beyond the upper one. */
function outside(low: number, high: number, from: number, to: number): number {
  if (low < from) return low - from;
  return high > to ? high - to : 0;
}

function differs(value: unknown, group: unknown, name: string): boolean {
  return JSON.stringify(value) !== JSON.stringify((group as Record<string, unknown> | undefined)?.[name]);
}

function text(value: unknown): string | null {
  return value === undefined || value === null || value === '' ? null : String(value);
}

function pointHit(found: maplibregl.MapGeoJSONFeature, lng: number, lat: number): PointHit {
  const { properties } = found;
  return {
    lng, lat, count: Number(properties['count'] ?? 1), stack: properties['stack'] === true,
    location: text(properties['id']), name: String(properties['name'] ?? ''), due: text(properties['due_state']) as DueState | null,
  };
}
