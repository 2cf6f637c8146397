// The lines of a quote or an order while they are edited: what is typed, what it comes to, and saving it.
import { untrack } from 'svelte';
import { Problem } from '../../api/client';
import { change } from '../../api/records';
import { askPrices } from '../../api/sales';
import type { Id, Stored } from '../../api/types';
import { decimalSign, minorDigits } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { scaled, unscaled } from '../../lib/decimal';
import { feedback } from '../../state/feedback.svelte';
import { translated } from '../../state/said';
import { links } from '../records/links.svelte';
import type { RecordState } from '../records/record.svelte';
import { currencyOf } from '../records/values';
import { fromStored, toStored, totals, type Line, type Totals } from './lines';

/** One line as it is typed. */
export interface Draft {
  key: number; product_id: Id | null; text: string; quantity: string; unit: string; price: string; discount: string; tax: string;
  /** Where the price comes from; empty when it was typed. */
  why: string;
}
export type Part = 'text' | 'quantity' | 'price' | 'discount' | 'tax';

let keys = 0;

export class DocumentState {
  lines = $state<Draft[]>([]);
  discount = $state('');
  busy = $state(false);
  /** Faults by line and part as the server found them, until the next keystroke. */
  faults = $state.raw<Map<string, string>>(new Map());
  /** What somebody else saved meanwhile. */
  theirs = $state.raw<Stored | null>(null);
  /** What is kept, to tell what was changed. */
  #kept = $state('');
  #version = 0;

  constructor(readonly record: RecordState) {}

  get stored(): Stored | undefined { return this.record.value; }
  get currency(): string { return this.stored ? currencyOf(this.stored, (type, id) => links.record(type, id)) : ''; }
  /** Only drafts are still written on. */
  get open(): boolean { return this.stored?.fields['status'] === 'draft'; }
  get dirty(): boolean { return this.open && this.#kept !== '' && this.#words() !== this.#kept; }

  /** Takes what is stored, unless something is being typed. */
  take(force = false): void {
    const stored = this.stored;
    if (!stored) return;
    untrack(() => {
      if (this.dirty && !force) {
        if (stored.version !== this.#version && this.#wordsOf(stored) !== this.#kept) this.theirs = stored;
        return;
      }
      this.lines = fromStored(stored.fields['lines']).map((line) => this.#draft(line));
      const discount = Number(stored.fields['discount'] ?? 0);
      this.discount = discount ? unscaled(discount, 2, decimalSign()) : '';
      this.theirs = null;
      this.faults = new Map();
      this.#version = stored.version;
      this.#kept = this.#words();
    });
  }

  /** Keeps what is typed when one goes elsewhere without saving; closing the page asks first. */
  guard(): () => void {
    const closing = (event: BeforeUnloadEvent) => {
      if (this.dirty) event.preventDefault();
    };
    addEventListener('beforeunload', closing);
    return () => {
      removeEventListener('beforeunload', closing);
      if (!this.record.gone) void untrack(() => this.save());
    };
  }

  /** Goes on with what is typed, over what somebody else saved. */
  insist(): void {
    if (this.theirs) this.#version = this.theirs.version;
    this.theirs = null;
  }

  add(): void {
    this.lines.push({ key: keys++, product_id: null, text: '', quantity: '1', unit: '', price: '', discount: '', tax: '', why: '' });
  }

  remove(key: number): void {
    this.lines = this.lines.filter((line) => line.key !== key);
  }

  /** Up or down by one. */
  shift(key: number, by: number): void {
    const at = this.lines.findIndex((line) => line.key === key);
    const [line] = this.lines.splice(at, 1);
    if (line) this.lines.splice(Math.max(0, Math.min(this.lines.length, at + by)), 0, line);
  }

  /** Fills a line from a product: what it is called, and its price for this customer and quantity. */
  async choose(line: Draft, product: Stored): Promise<void> {
    line.product_id = product.id;
    line.text = String(product.fields['name'] ?? '');
    line.unit = String(product.fields['unit'] ?? '');
    const tax = product.fields['tax_rate'];
    if (typeof tax === 'number') line.tax = unscaled(tax, 2, decimalSign());
    await this.price(line);
  }

  /** Asks what a product costs this customer in this quantity. */
  async price(line: Draft): Promise<void> {
    const account = this.stored?.fields['account_id'];
    const quantity = scaled(line.quantity, 3, decimalSign());
    if (!line.product_id || typeof account !== 'string' || typeof quantity !== 'number' || quantity <= 0) return;
    try {
      const [answer] = await askPrices(account, [{ product_id: line.product_id, quantity: quantity / 1_000 }]);
      if (!answer) return;
      line.why = answer.why;
      if (answer.unit_price === null) return;
      // A price in another currency than the document's would be another amount.
      if (answer.currency !== this.currency) {
        line.why = t('doc.otherCurrency', { currency: answer.currency, mine: this.currency });
        return;
      }
      line.price = unscaled(answer.unit_price, minorDigits(this.currency), decimalSign(), true);
      line.tax = unscaled(answer.tax_rate, 2, decimalSign());
      if (answer.unit && !line.unit) line.unit = answer.unit;
    } catch (problem) {
      feedback.failed(problem);
    }
  }

  /** What is wrong with a part of a line, in words. */
  fault(line: Draft, index: number, part: Part): string | undefined {
    const told = this.faults.get(`${index}/${part}`);
    if (told) return told;
    if (part === 'text') return undefined;
    return this.#units(line, part) === undefined ? t('cust.notANumber', { text: line[part] }) : undefined;
  }

  get discountFault(): string | undefined {
    const value = this.#rate(this.discount);
    return value === undefined ? t('doc.noRate', { text: this.discount }) : undefined;
  }

  /** The lines as numbers; null where something is no number. */
  get read(): (Line | null)[] {
    return this.lines.map((line) => {
      const quantity = this.#units(line, 'quantity');
      const price = this.#units(line, 'price');
      const discount = this.#units(line, 'discount');
      const tax = this.#units(line, 'tax');
      if (quantity === undefined || price === undefined || discount === undefined || tax === undefined) return null;
      return { product_id: line.product_id, text: line.text.trim(), quantity: quantity ?? 0, unit: line.unit.trim() || null, unit_price: price ?? 0, discount: discount ?? 0, tax_rate: tax ?? 0 };
    });
  }

  /** What it comes to as it is typed; null while it cannot be said. */
  get totals(): Totals | null {
    const lines = this.read;
    const discount = this.#rate(this.discount);
    if (discount === undefined || lines.includes(null)) return null;
    return totals(lines as Line[], discount ?? 0);
  }

  /** Saves what was typed; true when all is kept. */
  async save(quiet = false): Promise<boolean> {
    const stored = this.stored;
    if (!stored || !this.dirty) return true;
    const lines = this.read;
    const discount = this.#rate(this.discount);
    if (lines.includes(null) || discount === undefined) {
      feedback.failed(new Error(t('doc.mistyped')));
      return false;
    }
    this.busy = true;
    this.faults = new Map();
    try {
      const written = await change(this.record.type.plural, stored.id, this.#version, { lines: lines.length > 0 ? toStored(lines as Line[]) : null, discount });
      if (!quiet) feedback.done(t('rec.saved', { title: this.record.title }), written.change_set);
      links.put(written.record);
      this.record.take(written.record);
      this.take(true);
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 412) {
        await this.record.refresh();
        this.theirs = this.stored ?? null;
      } else {
        const names: Record<string, Part> = { text: 'text', quantity: 'quantity', unit_price: 'price', discount: 'discount', tax_rate: 'tax' };
        this.faults = new Map(problem.faults.flatMap((fault) => {
          const found = /\/lines\/(\d+)\/(\w+)$/.exec(fault.pointer);
          const part = names[found?.[2] ?? ''];
          return found?.[1] && part ? [[`${found[1]}/${part}`, translated(fault.message)] as const] : [];
        }));
        feedback.failed(problem);
      }
      return false;
    } finally {
      this.busy = false;
    }
  }

  #draft(line: Line): Draft {
    const sign = decimalSign();
    return {
      key: keys++, product_id: line.product_id, text: line.text, quantity: unscaled(line.quantity, 3, sign), unit: line.unit ?? '',
      price: unscaled(line.unit_price, minorDigits(this.currency), sign, true), discount: line.discount ? unscaled(line.discount, 2, sign) : '',
      tax: unscaled(line.tax_rate, 2, sign), why: '',
    };
  }

  #units(line: Draft, part: Exclude<Part, 'text'>): number | null | undefined {
    if (part === 'quantity') return scaled(line.quantity, 3, decimalSign());
    if (part === 'price') {
      const value = scaled(line.price, minorDigits(this.currency), decimalSign());
      return typeof value === 'number' && value < 0 ? undefined : value;
    }
    return this.#rate(line[part]);
  }

  /** Percent with two decimals, from 0 to 100. */
  #rate(text: string): number | null | undefined {
    const value = scaled(text, 2, decimalSign());
    return typeof value === 'number' && (value < 0 || value > 10_000) ? undefined : value;
  }

  #words(): string {
    const typed = (text: string, digits: number) => scaled(text, digits, decimalSign()) ?? text.trim();
    return JSON.stringify([this.lines.map((line) => [line.product_id, line.text.trim(), typed(line.quantity, 3), line.unit.trim(), typed(line.price, 6), typed(line.discount, 2) || 0, typed(line.tax, 2) || 0]), typed(this.discount, 2) || 0]);
  }

  #wordsOf(stored: Stored): string {
    const sign = decimalSign();
    const of = (line: Line) => [line.product_id, line.text, line.quantity, line.unit ?? '', scaled(unscaled(line.unit_price, minorDigits(this.currency), sign), 6, sign), line.discount, line.tax_rate];
    return JSON.stringify([fromStored(stored.fields['lines']).map(of), Number(stored.fields['discount'] ?? 0)]);
  }
}
