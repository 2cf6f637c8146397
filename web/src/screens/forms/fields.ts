// What a web form may ask for, and what a new one begins with.
import { t, tOr } from '../../i18n/index.svelte';
import { declarations } from '../../state/declarations.svelte';

export type Target = 'lead' | 'case';
/** One field of a form, as the server keeps it; without a label the declared one is shown. */
export interface Asked { name: string; label?: string; required?: boolean }

const ofLead = ['name', 'given_name', 'family_name', 'company', 'title', 'email', 'phone', 'website', 'industry', 'employees', 'street', 'house_number', 'postal_code', 'city', 'message'];
const ofCase = ['name', 'email', 'phone', 'kind', 'subject', 'description'];

/** Every field a form for `target` may ask for, own fields of a lead among them. */
export function mayAsk(target: Target): string[] {
  if (target === 'case') return ofCase;
  const own = (declarations.type('lead')?.fields ?? []).filter((field) => field.custom).map((field) => `custom.${field.name}`);
  return [...ofLead, ...own];
}

export const begins: Record<Target, Asked[]> = {
  lead: [{ name: 'name', required: true }, { name: 'company' }, { name: 'email', required: true }, { name: 'phone' }, { name: 'message' }],
  case: [{ name: 'name', required: true }, { name: 'email', required: true }, { name: 'subject', required: true }, { name: 'description' }],
};

/** What a field is called where the form says nothing else. */
export function called(target: Target, name: string): string {
  if (target === 'case' && ['name', 'email', 'phone'].includes(name)) return tOr(`wf.asker.${name}`, name);
  return declarations.label(target, name.replace(/^custom\./, ''));
}

/** The fields of a stored form; what cannot be read is none. */
export function askedOf(stored: unknown): Asked[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('name' in one)) return [];
    const { name, label, required } = one as { name: unknown; label?: unknown; required?: unknown };
    return [{ name: String(name), ...(typeof label === 'string' && label ? { label } : {}), ...(required === true ? { required: true } : {}) }];
  });
}

/** Where a form is found by everybody. */
export const linkOf = (key: string): string => `${location.origin}/forms/${key}`;

/** The same as a frame in another site's page; attributes are escaped as HTML wants it. */
export function frameOf(key: string, title: string): string {
  const safe = title.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${linkOf(key)}" title="${safe}" style="width:100%;height:720px;border:0" loading="lazy"></iframe>`;
}

/** How a form's own words are known in a list of forms. */
export const becomes = (target: string): string => t(target === 'case' ? 'wf.becomesCase' : 'wf.becomesLead');
