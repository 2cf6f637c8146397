// Who can be given something: the users one may see.
import { list } from '../api/records';
import { Resource } from './resource.svelte';

export interface Person { id: string; name: string; role: string; active: boolean }

class People extends Resource<Person[]> {
  get reps(): Person[] {
    return (this.value ?? []).filter((person) => person.active && (person.role === 'rep' || person.role === 'manager'));
  }

  name(id: string | null | undefined): string | undefined {
    return this.value?.find((person) => person.id === id)?.name;
  }

  /** Loads once; a second call does nothing. */
  ensure(): void {
    if (this.value || this.busy) return;
    void this.load(async (signal) => {
      const { records } = await list('users', { limit: 200, sort: 'name' }, signal);
      return records.map(({ id, fields }) => ({ id, name: String(fields['name'] ?? ''), role: String(fields['role'] ?? ''), active: fields['active'] !== false }));
    });
  }
}

export const people = new People();
