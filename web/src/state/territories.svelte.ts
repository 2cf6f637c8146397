// The territories as they stand at the shown date, for the map, the legend and the lists.
import { overview } from '../api/territories';
import type { Id, Territory, TerritoryOverview } from '../api/types';
import { Resource } from './resource.svelte';

class Territories extends Resource<TerritoryOverview> {
  get list(): Territory[] {
    return this.value?.territories ?? [];
  }

  find(id: Id | null | undefined): Territory | undefined {
    return id ? this.list.find((territory) => territory.id === id) : undefined;
  }

  async refresh(): Promise<void> {
    await this.load(overview);
  }
}

export const territories = new Territories();
