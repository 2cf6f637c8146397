// Picking municipalities, by name or by a press on the map; several make one shape.
import { boundaries, boundary } from '../../api/territories';
import type { Area, Boundary } from '../../api/types';
import { feature, inArea, together } from '../../map/geometry';
import { stage } from '../../map/stage.svelte';
import { attempt } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';

/** How many outlines are loaded at once so that they can be pressed on the map. */
const OUTLINES = 60;

class Picking {
  query = $state('');
  picked = $state.raw<Set<string>>(new Set());
  #shapes = $state.raw<Map<string, Area>>(new Map());
  readonly found = new Resource<Boundary[]>();
  changed: (area: Area | null) => void = () => {};

  search(): void {
    const q = this.query.trim();
    void this.found.load(async (signal) => {
      const list = await boundaries(q, signal);
      void this.#outlines(list.slice(0, OUTLINES), signal);
      return list;
    });
  }

  async toggle(id: string): Promise<void> {
    if (!(await this.#shape(id))) return;
    const picked = new Set(this.picked);
    if (picked.has(id)) picked.delete(id);
    else picked.add(id);
    this.picked = picked;
    this.#report();
  }

  /** A press on the map: the smallest loaded outline that holds the place. */
  click(lng: number, lat: number): boolean {
    const order = this.found.value ?? [];
    const hit = [...order].sort((a, b) => (b.admin_level ?? 0) - (a.admin_level ?? 0)).find((one) => {
      const shape = this.#shapes.get(one.id);
      return shape && inArea(lng, lat, shape);
    });
    if (hit) void this.toggle(hit.id);
    return true;
  }

  clear(): void {
    this.picked = new Set();
    this.query = '';
    this.found.clear();
  }

  async #outlines(list: Boundary[], signal: AbortSignal): Promise<void> {
    for (const one of list) {
      if (signal.aborted) return;
      await this.#shape(one.id);
    }
    this.draw();
  }

  async #shape(id: string): Promise<Area | undefined> {
    const known = this.#shapes.get(id);
    if (known) return known;
    const found = await attempt(() => boundary(id));
    const geometry = found?.geometry;
    if (geometry?.type !== 'Polygon' && geometry?.type !== 'MultiPolygon') return undefined;
    this.#shapes = new Map(this.#shapes).set(id, geometry);
    return geometry;
  }

  #report(): void {
    const areas = [...this.picked].flatMap((id) => this.#shapes.get(id) ?? []);
    this.changed(areas.length > 0 ? together(areas) : null);
    this.draw();
  }

  /** Outlines of all that can be pressed, as lines only; the picked ones are filled by the shape itself. */
  draw(): void {
    const listed = (this.found.value ?? []).flatMap((one) => this.#shapes.get(one.id) ?? []);
    stage.draw('shape', [
      ...listed.map((area) => feature({ type: 'MultiLineString', coordinates: together([area]).coordinates.flat() }, {})),
      ...[...this.picked].flatMap((id) => this.#shapes.get(id) ?? []).map((area) => feature(area, {})),
    ]);
  }
}

export const picking = new Picking();
