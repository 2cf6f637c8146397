// Carrying a visit to another day with the pointer: the cell below says its price before the visit is let go.
import type { CycleStop } from '../../api/cycles';
import type { Id } from '../../api/types';
import { Problem } from '../../api/client';
import { feedback } from '../../state/feedback.svelte';
import { cycle } from './cycle.svelte';
import { findCell, takes } from './grid';

/** A price is asked for when the pointer has rested on a cell so long. */
const REST = 120; // milliseconds

/** Starts on pointerdown of a handle; ends with the drop, or nowhere. */
export function carry(event: PointerEvent, user: Id, day: string, stop: CycleStop): void {
  if (event.button !== 0) return;
  event.preventDefault();
  const handle = event.currentTarget as HTMLElement;
  handle.setPointerCapture(event.pointerId);
  const prices = new Map<string, AbortController>();
  let timer = 0;
  cycle.carried = { user, day, stop, over: null, price: null, x: event.clientX, y: event.clientY };

  const ask = async (over: { user: Id; day: string }) => {
    const controller = new AbortController();
    for (const other of prices.values()) other.abort();
    prices.set(`${over.user}:${over.day}`, controller);
    const same = () => cycle.carried?.over?.user === over.user && cycle.carried.over.day === over.day;
    if (cycle.carried && same()) cycle.carried = { ...cycle.carried, price: 'asking' };
    try {
      const price = await cycle.price({ user_id: user, location_id: stop.location_id, day, to_day: over.day, ...(over.user === user ? {} : { to_user_id: over.user }) }, controller.signal);
      if (cycle.carried && same()) cycle.carried = { ...cycle.carried, price };
    } catch (problem) {
      if (controller.signal.aborted) return;
      if (!(problem instanceof Problem)) throw problem;
      if (cycle.carried && same()) cycle.carried = { ...cycle.carried, price: problem };
    }
  };

  const move = (next: PointerEvent) => {
    if (!cycle.carried) return;
    const cell = document.elementsFromPoint(next.clientX, next.clientY).find((one): one is HTMLElement => one instanceof HTMLElement && one.dataset['day'] !== undefined && one.dataset['user'] !== undefined);
    const over = cell ? { user: cell.dataset['user'] ?? '', day: cell.dataset['day'] ?? '' } : null;
    const before = cycle.carried.over;
    const changed = over?.user !== before?.user || over?.day !== before?.day;
    cycle.carried = { ...cycle.carried, x: next.clientX, y: next.clientY, over, ...(changed ? { price: null } : {}) };
    if (!changed) return;
    clearTimeout(timer);
    const found = over && findCell(cycle.value, over.user, over.day);
    if (over && found && takes(found.cell) && !(over.user === user && over.day === day)) timer = window.setTimeout(() => void ask(over), REST);
  };
  const end = (done: boolean) => {
    clearTimeout(timer);
    for (const asked of prices.values()) asked.abort();
    removeEventListener('keydown', escape, true);
    handle.removeEventListener('pointermove', move);
    const { carried } = cycle;
    cycle.carried = null;
    const over = carried?.over;
    if (!done || !over || (over.user === user && over.day === day)) return;
    const found = findCell(cycle.value, over.user, over.day);
    if (!found || !takes(found.cell)) return;
    // Let go before the price has come: nothing moves unseen, the list with prices opens instead.
    if (!carried.price || carried.price === 'asking') cycle.moving = { user, day, stop };
    else if (carried.price instanceof Problem) feedback.failed(carried.price);
    else void cycle.move({ user_id: user, location_id: stop.location_id, day, to_day: over.day, ...(over.user === user ? {} : { to_user_id: over.user }) }, stop.name);
  };
  const escape = (key: KeyboardEvent) => {
    if (key.key !== 'Escape') return;
    key.preventDefault();
    key.stopPropagation();
    end(false);
  };
  handle.addEventListener('pointermove', move);
  handle.addEventListener('pointercancel', () => end(false), { once: true });
  handle.addEventListener('lostpointercapture', () => { if (cycle.carried) end(true); }, { once: true });
  addEventListener('keydown', escape, true);
}
