// Which colour means what: from a chosen field and its values to colours, for the map and for the legend alike.
import type { DueState } from '../api/types';
import { isOwnField, type Colouring, type OwnField } from '../state/url';

/** Most urgent first; the order of meaning is also the order of size. */
export const dueStates: DueState[] = ['overdue', 'due', 'later', 'none', 'appointment', 'done'];
export const dueSize: Record<DueState, number> = { overdue: 10, due: 9, later: 8, none: 6, appointment: 9, done: 8 };

const classSlots: Record<string, number> = { A: 1, B: 2, C: 3 };
const typeSlots: Record<string, number> = { customer: 1, prospect: 2, partner: 5, supplier: 7, competitor: 6, household: 8, donor: 4 };

export interface TerritoryColour { id: string; colour: number }

/** A slot of the palette as its token's name; anything outside 1–12 wraps round. */
export function slotToken(slot: number): string {
  return `slot-${((((Math.round(slot) || 1) - 1) % 12) + 12) % 12 + 1}`;
}

/** The token a value is drawn in; `null` values and unknown ones are neutral. `own` are the values of an added field, in order. */
export function colourToken(by: Colouring, value: string | null, territories: TerritoryColour[], own: string[] = []): string {
  if (value === null || value === '') return 'due-none';
  if (isOwnField(by)) return own.includes(value) ? slotToken(own.indexOf(value) + 1) : 'due-none';
  switch (by) {
    case 'territory_id': {
      const found = territories.find((territory) => territory.id === value);
      return found ? slotToken(found.colour) : 'due-none';
    }
    case 'class':
      return classSlots[value] ? slotToken(classSlots[value]) : 'due-none';
    case 'type':
      return typeSlots[value] ? slotToken(typeSlots[value]) : 'due-none';
    case 'due_state':
      return (dueStates as string[]).includes(value) ? `due-${value}` : 'due-none';
  }
}

/** Every value a field can have on the map, with its token; territories are those that exist. */
export function stops(by: Colouring, territories: TerritoryColour[], own: string[] = []): [string, string][] {
  const values = isOwnField(by) ? own
    : by === 'territory_id' ? territories.map((territory) => territory.id)
    : by === 'class' ? Object.keys(classSlots)
    : by === 'type' ? Object.keys(typeSlots)
    : dueStates;
  return values.map((value) => [value, colourToken(by, value, territories, own)]);
}

/** The names of the properties in the customer tiles that may hold the field: numbers that were added stand there as their class. */
export const tileProperties = (by: Colouring): string[] => (isOwnField(by) ? [by, `${by}:class`] : [by]);

/** Values of an added field in the order of their colours: classes of numbers from low to high, all else as it is counted. */
export function ownOrder(values: string[]): string[] {
  const low = (value: string) => (value.startsWith('<') ? -1 : Number.parseFloat(value));
  return values.every((value) => /^(< 0|\d.*)$/.test(value)) ? values.toSorted((a, b) => low(a) - low(b)) : values;
}

/** The colouring by an added field that the legend shows, with its values. */
export interface OwnValues { by: OwnField; values: string[] }
