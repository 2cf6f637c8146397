// What fields records have: labels in both languages, kinds, choices. Declared once on the server.
import { types } from '../api/records';
import type { FieldDeclaration, TypeDeclaration } from '../api/types';
import { language, tOr } from '../i18n/index.svelte';
import { Resource } from './resource.svelte';
import { nameBy } from './said';

class Declarations extends Resource<TypeDeclaration[]> {
  ensure(): void {
    if (!this.value && !this.busy) void this.load(types);
  }

  type(name: string): TypeDeclaration | undefined {
    return this.value?.find((type) => type.name === name);
  }

  /** The type whose records are found at `/api/v1/{plural}`. */
  byPlural(plural: string): TypeDeclaration | undefined {
    return this.value?.find((type) => type.plural === plural);
  }

  field(type: string, name: string): FieldDeclaration | undefined {
    return this.type(type)?.fields.find((field) => field.name === name);
  }

  /** A field's label in the language shown; its name until the declarations are there. */
  label(type: string, name: string): string {
    return this.field(type, name)?.label[language()] ?? name.replaceAll('_', ' ');
  }

  typeLabel(name: string): string {
    return this.type(name)?.label[language()] ?? name.replaceAll('_', ' ');
  }
}

export const declarations = new Declarations();
nameBy({
  type: (text) => declarations.value?.find((type) => type.label.en === text)?.label[language()] ?? text,
  // A field's own label, of whichever kind of record has it.
  fields: (text) => text.split(', ').map((name) => declarations.value?.flatMap((type) => type.fields).find((field) => field.name === name)?.label[language()] ?? name).join(', '),
  thing: (text) => {
    const fits = (declarations.value ?? []).filter((type) => text === type.label.en || text.startsWith(`${type.label.en} `));
    const known = fits.sort((a, b) => b.label.en.length - a.label.en.length)[0];
    return known ? known.label[language()] + text.slice(known.label.en.length) : text;
  },
  status: (text) => (declarations.value?.flatMap((type) => type.fields).find((field) => field.name === 'status' && text in field.words)?.words[text]?.[language()] ?? text).toLowerCase(),
});

/** A choice's word in the language shown: the declared one, else the catalogue's, else the stored word. */
export function fieldWord(field: FieldDeclaration, value: string): string {
  return field.words[value]?.[language()] ?? choiceWord(field.name, value);
}

/** A choice's word in the language shown, from the catalogue; the stored word where it has none. */
export function choiceWord(field: string, value: string): string {
  return tOr(`${field}.${value}`, value);
}
