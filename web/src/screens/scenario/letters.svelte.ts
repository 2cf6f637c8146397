// Which publications a rep has read about, kept in this browser, so that the notice shows until the page was opened.
import * as api from '../../api/scenarios';
import type { MoveLetter } from '../../api/scenarios';
import { Resource } from '../../state/resource.svelte';

const STORAGE = 'bailiwick.letters';
const mark = (letter: MoveLetter): string => `${letter.scenario_id}:${letter.state}`;

function stored(): string[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(STORAGE) ?? '[]');
    return Array.isArray(read) ? read.map(String) : [];
  } catch {
    // Storage switched off or damaged: nothing was read.
    return [];
  }
}

class Letters {
  readonly found = new Resource<MoveLetter[]>();
  #read = $state.raw<ReadonlySet<string>>(new Set(stored()));

  async load(): Promise<void> {
    await this.found.load((signal) => api.moves(null, signal));
  }

  get unread(): MoveLetter[] {
    return (this.found.value ?? []).filter((one) => !this.#read.has(mark(one)) && one.lost_count + one.gained_count > 0);
  }

  read(all: MoveLetter[]): void {
    if (all.every((one) => this.#read.has(mark(one)))) return;
    this.#read = new Set([...this.#read, ...all.map(mark)]);
    try {
      localStorage.setItem(STORAGE, JSON.stringify([...this.#read]));
    } catch {
      // Storage switched off: read until the page is closed.
    }
  }
}

export const letters = new Letters();
