// Calls that came in while one works, until each is wrapped up or put away.
import { change, read } from '../api/records';
import type { IncomingCall } from '../api/service';

/** More at a time are nobody's to answer: the oldest gives way. */
const MOST = 3;

export interface Call { id: number; call: IncomingCall }

class Calls {
  list = $state.raw<Call[]>([]);
  #next = 1;

  add(call: IncomingCall): void {
    this.list = [{ id: this.#next++, call }, ...this.list].slice(0, MOST);
  }

  drop(id: number): void {
    this.list = this.list.filter((one) => one.id !== id);
  }
}

export const calls = new Calls();

/** Keeps what a call was about; with it the call is done. */
export async function wrapUp(activity: string, note: string) {
  const { version } = await read('activities', activity);
  return change('activities', activity, version, { body: note, status: 'done' });
}
