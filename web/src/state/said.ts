// What the server says in English, in the language shown. What it works out for a reader comes in their language already.
import { found, labels, sentences } from '../i18n/de/said';
import { planned } from '../i18n/de/planned';
import { language } from '../i18n/index.svelte';
import { translator, type Words } from '../lib/said';

let words: Words = { type: (text) => text, fields: (text) => text, thing: (text) => text, status: (text) => text };
/** Names the kinds of records and fields that stand in sentences; until then they stay as they are. */
export function nameBy(known: Words): void {
  words = known;
}

const asNow: Words = { type: (text) => words.type(text), fields: (text) => words.fields(text), thing: (text) => words.thing(text), status: (text) => words.status(text) };
const german = { sentence: translator(sentences, found, asNow), label: translator(labels, [], asNow), reason: translator(planned, [], asNow) };

/** A sentence of the server, such as a refusal, a reason or what an address search found. */
export const translated = (text: string): string => (language() === 'de' ? german.sentence(text) : text);

/** The name of a change, as the history has it. */
export const changeLabel = (text: string): string => (language() === 'de' ? german.label(text) : text);

/** A reason that a plan keeps, in whoever's language it was planned. */
export const reasonSaid = (text: string): string => (language() === 'de' ? german.reason(text) : text);
