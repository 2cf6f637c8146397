// How a region's shape is chosen: drawn, a territory, a municipality, or a reach.
import type { Area } from '../../api/types';
import { stage } from '../../map/stage.svelte';
import { region } from './region.svelte';

export type PickTool = 'draw' | 'corners' | 'territory' | 'boundary' | 'reach' | 'paste';

class Picker {
  tool = $state<PickTool | null>(null);
  minutes = $state(15);
  place = $state.raw<{ lng: number; lat: number } | null>(null);

  take(tool: PickTool, area: Area | null = null): void {
    if (this.tool === tool && tool !== 'corners') return this.drop();
    this.drop();
    this.tool = tool;
    if (tool === 'draw') {
      stage.draw('shape', []);
      stage.startDrawing({
        mode: 'polygon',
        changed: (drawn, crossing) => { if (!crossing) region.askFor(drawn); },
        finished: (drawn) => this.#finish(drawn),
        cancelled: () => this.drop(),
      });
    } else if (tool === 'corners' && area) {
      stage.draw('shape', []);
      stage.startDrawing({
        mode: 'edit', area,
        changed: (drawn, crossing) => { if (!crossing) region.askFor(drawn); },
        finished: (drawn) => this.#finish(drawn),
        cancelled: () => this.drop(),
      });
    }
  }

  reachFrom(lng: number, lat: number): void {
    this.place = { lng, lat };
    region.setShape({ reach: { lng, lat, minutes: this.minutes } });
  }

  setMinutes(minutes: number): void {
    this.minutes = minutes;
    if (this.place) this.reachFrom(this.place.lng, this.place.lat);
  }

  /** Lays the tool down; a shape that was not finished is forgotten. */
  drop(): void {
    const drawing = stage.drawing;
    stage.stopDrawing();
    this.tool = null;
    this.place = null;
    if (drawing) region.ask();
  }

  #finish(area: Area): void {
    this.tool = null;
    region.setShape({ geometry: area });
  }
}

export const picker = new Picker();
