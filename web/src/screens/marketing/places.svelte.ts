// How a place for a segment is chosen: a click on the map or an address for a drive, or a drawn shape.
import type { Area } from '../../api/types';
import { stage } from '../../map/stage.svelte';

class Places {
  /** What waits for a click on the map. */
  reaching = $state(false);
  drawing = $state(false);
  #taken: ((lng: number, lat: number) => void) | null = null;

  reach(taken: (lng: number, lat: number) => void): void {
    this.drop();
    this.reaching = true;
    this.#taken = taken;
  }

  draw(finished: (area: Area) => void): void {
    this.drop();
    this.drawing = true;
    stage.startDrawing({
      mode: 'polygon', changed: () => undefined,
      finished: (area) => {
        this.drop();
        finished(area);
      },
      cancelled: () => this.drop(),
    });
  }

  /** A click on the map; true when it was waited for. */
  clicked(lng: number, lat: number): boolean {
    if (!this.reaching) return false;
    this.#taken?.(lng, lat);
    return true;
  }

  drop(): void {
    if (this.drawing) stage.stopDrawing();
    this.reaching = false;
    this.drawing = false;
    this.#taken = null;
  }
}

export const places = new Places();
