// The map as the screens see it, before and after its code has arrived: who draws what, and who hears the clicks.
import type { OwnValues } from './colouring';
import type { Feature, Geometry, Point } from 'geojson';
import { tick } from 'svelte';
import { layout } from '../frame/layout.svelte';
import type { Camera, Colouring } from '../state/url';
import type { Drawing } from './draw';
import type { Engine, Hit, Marked } from './engine';
import type { ShownTerritory } from './features';
import type { Box } from './geometry';
import type { Drawn } from './style';

/** A screen's claim on the map while it is shown; `clicked` gives true when it took the click. */
export interface Mode {
  showCustomers: boolean;
  showTerritories: boolean;
  /** What the screen colours customers by, whatever the address says. */
  colour?: Colouring;
  clicked?: (hit: Hit, keys: { shift: boolean; alt: boolean }) => boolean;
  pinned?: (lng: number, lat: number) => void;
}

/** Territories as they would be, drawn in place of those that hold. */
export interface Branch {
  territories: ShownTerritory[];
  names: Feature<Point>[];
  /** Borders that would be other ones, as they are now. */
  before: Feature<Geometry>[];
  /** Places of each territory, for the legend; under `''` those of none. */
  places: ReadonlyMap<string, number>;
}

const plain: Mode = { showCustomers: true, showTerritories: true };

class Stage {
  /** The added field that the legend shows, with its values in the order of their colours. */
  own = $state.raw<OwnValues | null>(null);
  engine = $state.raw<Engine | null>(null);
  bounds = $state.raw<Box | null>(null);
  camera = $state.raw<Camera | null>(null);
  mode = $state.raw<Mode>(plain);
  drawing = $state(false);
  hover = $state.raw<{ hit: Hit; x: number; y: number } | null>(null);
  branch = $state.raw<Branch | null>(null);
  #features = new Map<Drawn, Feature<Geometry>[]>();
  #marks: Marked = new Map();
  #waitingFit: Box | null = null;
  #drawnUntil = 0;

  /** A press that ended a drawing is not also a press on what lies below. */
  get justDrawn(): boolean {
    return this.drawing || Date.now() - this.#drawnUntil < 400;
  }

  /** Takes the map over; the returned function gives it back and wipes what was drawn. */
  enter(mode: Mode): () => void {
    this.mode = mode;
    return () => {
      if (this.mode === mode) this.mode = plain;
      this.stopDrawing();
      this.engine?.setPin(null);
      this.mark(new Map());
      for (const source of ['shape', 'before', 'issues', 'weeks', 'route', 'stops', 'marks'] as const) this.draw(source, []);
    };
  }

  attach(engine: Engine): void {
    this.engine = engine;
    for (const [source, features] of this.#features) engine.draw(source, features);
    engine.mark(this.#marks);
    if (this.#waitingFit) this.fit(this.#waitingFit);
  }

  draw(source: Drawn, features: Feature<Geometry>[]): void {
    this.#features.set(source, features);
    this.engine?.draw(source, features);
  }

  /** Gives customers' points another look than their tile says. */
  mark(marks: Marked): void {
    this.#marks = marks;
    this.engine?.mark(marks);
  }

  /** Moves the camera so that the box is seen, at once or when the map has arrived. */
  fit(area: Box | null, margin = 48): void {
    if (!area) return;
    if (!this.engine) this.#waitingFit = area;
    // What opens along with it covers a part of the map first. The buttons at a phone's edge would hide what is fitted there.
    else void tick().then(() => this.engine?.fit(area, {
      top: Math.max(margin, layout.tools + margin / 2), right: layout.phone ? Math.max(margin, 76) : margin, bottom: margin, left: margin,
    }, layout.phone || !layout.legend ? 0 : layout.legend.offsetLeft + layout.legend.offsetWidth + 12));
  }

  /** Makes all of an area seen if it is not: once what has just opened over the map is there, and by no more than needed. */
  async reveal(area: Box | null): Promise<void> {
    await tick();
    if (area) this.engine?.reveal(area, layout.phone ? { top: this.drawing ? 136 : 76, right: 64, bottom: 16, left: 16 } : { top: this.drawing ? 128 : 64, right: 16, bottom: this.drawing ? 76 : 24, left: 16 });
  }

  /** Keeps a name on the map from lying below the legend. */
  async uncover(lng: number, lat: number): Promise<void> {
    await tick();
    // Half of what a name with a second line takes at most.
    this.engine?.uncover(lng, lat, { x: 92, y: 26 }, () => layout.legend?.getBoundingClientRect());
  }

  show(lng: number, lat: number, zoom = 15): void {
    void tick().then(() => this.engine?.show({ lng, lat, zoom: Math.max(zoom, this.camera?.zoom ?? 0) }));
  }

  startDrawing(drawing: Drawing): void {
    this.drawing = true;
    this.engine?.startDrawing({
      ...drawing,
      finished: (area) => {
        this.stopDrawing();
        drawing.finished(area);
      },
      cancelled: () => {
        this.stopDrawing();
        drawing.cancelled();
      },
    });
  }

  stopDrawing(): void {
    if (this.drawing) this.#drawnUntil = Date.now();
    this.drawing = false;
    this.engine?.stopDrawing();
  }
}

export const stage = new Stage();
