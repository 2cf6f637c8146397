// Drawing on the map: a polygon, a lasso, or the vertices of an existing area. One mode at a time.
import type { Map as MapLibre } from 'maplibre-gl';
import type { Polygon } from 'geojson';
import {
  TerraDraw, TerraDrawFreehandMode, TerraDrawModeUndoRedo, TerraDrawPolygonMode, TerraDrawSelectMode, TerraDrawSessionUndoRedo,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import type { Area } from '../api/types';
import { polygons, selfCrossing } from './geometry';
import { token, type Tokens } from './tokens';

export type DrawMode = 'polygon' | 'lasso' | 'edit';

export interface Drawing {
  mode: DrawMode;
  /** The area to start from, for `edit`. */
  area?: Area;
  /** Called while drawing, from the third vertex on; `crossing` names where the line crosses itself. */
  changed: (area: Area, crossing: [number, number] | null) => void;
  finished: (area: Area) => void;
  cancelled: () => void;
}

type Hex = `#${string}`;

export class Drawer {
  #draw: TerraDraw | null = null;
  #drawing: Drawing | null = null;
  #timer = 0;

  constructor(readonly map: MapLibre) {}

  get active(): boolean { return this.#drawing !== null; }

  /** Enters a mode; whatever was being drawn is left without a trace. */
  enter(drawing: Drawing, tokens: Tokens): void {
    this.exit();
    this.#drawing = drawing;
    const draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map: this.map }),
      modes: modes(tokens),
      undoRedo: { modeLevel: new TerraDrawModeUndoRedo(), sessionLevel: new TerraDrawSessionUndoRedo() },
    });
    this.#draw = draw;
    draw.start();
    draw.on('change', (_ids, type) => {
      if (type !== 'styling') this.#report();
    });
    draw.on('finish', (_id, context) => {
      if (drawing.mode === 'edit') this.#report();
      else if (context.action === 'draw') this.finish();
    });
    if (drawing.mode === 'edit' && drawing.area) this.#edit(drawing.area);
    // A finger moves the map: with it a lasso is laid tap by tap.
    else draw.setMode(drawing.mode === 'lasso' && !window.matchMedia('(pointer: coarse)').matches ? 'freehand' : 'polygon');
  }

  /** Puts an area on the map with handles at its corners. */
  #edit(area: Area): void {
    const draw = this.#draw;
    if (!draw) return;
    draw.clear();
    const added = draw.addFeatures(polygons(area).map((rings) => ({
      type: 'Feature' as const,
      properties: { mode: 'polygon' },
      // Nine decimals are what the drawing keeps; more are refused.
      geometry: { type: 'Polygon' as const, coordinates: rings.map((ring) => ring.map(([lng = 0, lat = 0]) => [Number(lng.toFixed(9)), Number(lat.toFixed(9))])) },
    })));
    draw.setMode('select');
    const first = added.find((one) => one.valid && one.id !== undefined)?.id;
    if (first !== undefined) draw.selectFeature(first);
  }

  /** Takes back the last vertex, or the last move of one. */
  undoVertex(): boolean {
    if (!this.#draw?.canUndo()) return false;
    this.#draw.undo();
    return true;
  }

  /**
   * Ends drawing with what there is; nothing happens while there is no area yet. A lasso may cross itself;
   * a border that does is not taken, but goes on as corners to be moved.
   */
  finish(): void {
    const drawing = this.#drawing;
    const area = this.#area(true);
    if (!drawing || !area) return;
    const crossing = drawing.mode === 'lasso' ? null : crossingOf(area);
    if (!crossing) {
      this.exit();
      drawing.finished(area);
      return;
    }
    drawing.changed(area, crossing);
    if (drawing.mode === 'polygon') this.#edit(area);
  }

  cancel(): void {
    const drawing = this.#drawing;
    this.exit();
    drawing?.cancelled();
  }

  exit(): void {
    clearTimeout(this.#timer);
    this.#draw?.stop();
    this.#draw = null;
    this.#drawing = null;
  }

  #report(): void {
    // At most ten times a second: each report asks the server for both sides.
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      const area = this.#area();
      if (area && this.#drawing) this.#drawing.changed(area, this.#drawing.mode === 'lasso' ? null : crossingOf(area));
    }, 100);
  }

  /** What is drawn; with `final` without the corner that still follows the pointer. */
  #area(final = false): Area | null {
    const drawn = (this.#draw?.getSnapshot() ?? [])
      .filter((one) => one.geometry.type === 'Polygon' && ['polygon', 'freehand'].includes(String(one.properties['mode'])))
      .map((one) => (final && one.properties['currentlyDrawing'] && one.properties['mode'] === 'polygon'
        ? (one.geometry as Polygon).coordinates.map((ring) => [...ring.slice(0, -2), ...ring.slice(-1)])
        : (one.geometry as Polygon).coordinates).map(withoutRepeats).filter((ring) => ring.length >= 4))
      .filter((rings) => rings.length > 0);
    const first = drawn[0];
    if (!first) return null;
    return drawn.length === 1 ? { type: 'Polygon', coordinates: first } : { type: 'MultiPolygon', coordinates: drawn };
  }
}

/** Drops neighbours at the same place, which a polygon under the pen has. */
function withoutRepeats(ring: number[][]): number[][] {
  return ring.filter((at, i) => i === 0 || at[0] !== ring[i - 1]?.[0] || at[1] !== ring[i - 1]?.[1]);
}

function crossingOf(area: Area): [number, number] | null {
  for (const ring of polygons(area).flat()) {
    const at = selfCrossing(ring);
    if (at) return [at[0] ?? 0, at[1] ?? 0];
  }
  return null;
}

function modes(tokens: Tokens) {
  const accent = token(tokens, 'accent') as Hex;
  const surface = token(tokens, 'surface') as Hex;
  const area = { fillColor: accent, fillOpacity: 0.15, outlineColor: accent, outlineWidth: 2.5 };
  const vertex = { closingPointColor: surface, closingPointOutlineColor: accent, closingPointOutlineWidth: 2, closingPointWidth: 6 };
  return [
    new TerraDrawPolygonMode({
      pointerDistance: 16,
      snapping: { toCoordinate: true },
      keyEvents: { cancel: null, finish: null },
      styles: { ...area, ...vertex },
    }),
    new TerraDrawFreehandMode({
      minDistance: 12, autoClose: false, drawInteraction: 'click-move-or-drag', keyEvents: { cancel: null, finish: null }, styles: { ...area, ...vertex },
    }),
    new TerraDrawSelectMode({
      keyEvents: { deselect: null, delete: 'Delete', rotate: null, scale: null },
      allowManualDeselection: false,
      flags: { polygon: { feature: { draggable: false, coordinates: { draggable: true, midpoints: true, deletable: true, snappable: true } } } },
      styles: {
        selectedPolygonColor: accent, selectedPolygonFillOpacity: 0.15, selectedPolygonOutlineColor: accent, selectedPolygonOutlineWidth: 2.5,
        selectionPointColor: surface, selectionPointOutlineColor: accent, selectionPointOutlineWidth: 2.5, selectionPointWidth: 7,
        midPointColor: accent, midPointOutlineColor: surface, midPointOutlineWidth: 1, midPointWidth: 4,
      },
    }),
  ];
}
