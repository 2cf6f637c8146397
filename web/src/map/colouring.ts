// Which colour means what: from a chosen field and its values to colours, for the map and for the legend alike.
import type { DueState } from '../api/types';
import type { Colouring } from '../state/url';

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

/** The token a value is drawn in; `null` values and unknown ones are neutral. */
export function colourToken(by: Colouring, value: string | null, territories: TerritoryColour[]): string {
  if (value === null || value === '') return 'due-none';
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
export function stops(by: Colouring, territories: TerritoryColour[]): [string, string][] {
  const values = by === 'territory_id' ? territories.map((territory) => territory.id)
    : by === 'class' ? Object.keys(classSlots)
    : by === 'type' ? Object.keys(typeSlots)
    : dueStates;
  return values.map((value) => [value, colourToken(by, value, territories)]);
}

/** The name of the property in the customer tiles that holds the field. */
export const tileProperty: Record<Colouring, string> = { territory_id: 'territory_id', class: 'class', type: 'type', due_state: 'due_state' };
