// Where one is: the address bar as reactive state. Choosing pushes history, panning replaces it.
import { setAsOf } from '../api/client';
import { format, parse, type Address, type Camera, type Screen, type Selection } from './url';

class View {
  #address = $state.raw<Address>(parse(new URL(location.href)));
  /** The same, not reactive: what a screen does while it leaves reads its state as it was before, and would go back there. */
  #here = this.#address;
  // Each part for itself: whoever reads one is not to start over with every step of the camera.
  #screen = $derived(this.#address.screen);
  #argument = $derived(this.#address.argument);
  #item = $derived(this.#address.item);
  #camera = $derived(this.#address.camera);
  #asOf = $derived(this.#address.asOf);
  #colour = $derived(this.#address.colour);
  #filter = $derived(this.#address.filter);
  #selection = $derived(this.#address.selection);
  #user = $derived(this.#address.user);
  #extra = $derived(this.#address.extra);

  constructor() {
    setAsOf(this.#address.asOf);
    addEventListener('popstate', () => this.#take(parse(new URL(location.href))));
  }

  get screen(): Screen { return this.#screen; }
  get argument(): string | null { return this.#argument; }
  get item(): string | null { return this.#item; }
  get camera(): Camera | null { return this.#camera; }
  get asOf(): string | null { return this.#asOf; }
  get colour(): Address['colour'] { return this.#colour; }
  get filter(): string { return this.#filter; }
  get selection(): Selection | null { return this.#selection; }
  get user(): string | null { return this.#user; }
  get path(): string { return format(this.#address); }
  get extras(): Record<string, string> { return this.#extra; }
  extra(name: string): string { return this.#extra[name] ?? ''; }

  /** The account in the drawer or on the full page, if any. */
  get account(): string | null {
    return this.#selection?.kind === 'account' ? this.#selection.id : null;
  }

  /** Shows something else and adds it to the browser's history. */
  go(change: Partial<Address>): void {
    const next = this.#with(change);
    if (format(next) === format(this.#here)) return;
    history.pushState(null, '', format(next));
    this.#take(next);
  }

  /** Another screen; the date, filter and camera stay. */
  open(screen: Screen, argument: string | null = null): void {
    this.go({ screen, argument, selection: argument && screen === 'customers' ? null : this.#here.selection, extra: {} });
  }

  /** Closes whatever the address shows of one thing: its page, its item or its drawer. */
  leave(id: string): void {
    const here = this.#here;
    if (here.item === id) this.go({ item: null });
    else if (here.argument === id) this.go({ argument: null });
    else if (here.selection?.id === id) this.go({ selection: null });
  }

  /** Keeps one of the screen's own values in the address. */
  keep(name: string, value: string | null): void {
    const extra = { ...this.#here.extra };
    if (value) extra[name] = value;
    else delete extra[name];
    this.go({ extra });
  }

  /** Changes the address without adding to the history. */
  replace(change: Partial<Address>): void {
    const next = this.#with(change);
    if (format(next) === format(this.#here)) return;
    history.replaceState(null, '', format(next));
    this.#take(next);
  }

  /** Forgets a filter that was a screen's own; wherever one is now, another one stays. */
  dropFilter(own: string): void {
    if (own && this.#here.filter === own) this.replace({ filter: '' });
  }

  /** Another argument leaves its item behind, unless one is named. */
  #with(change: Partial<Address>): Address {
    const elsewhere = 'screen' in change || 'argument' in change;
    return { ...this.#here, ...(elsewhere ? { item: null } : {}), ...change };
  }

  #take(next: Address): void {
    setAsOf(next.asOf);
    this.#here = next;
    this.#address = next;
  }
}

export const view = new View();
