// The place and the minutes a reach is asked for.
class Reach {
  minutes = $state(15);
  place = $state.raw<{ lng: number; lat: number; label: string } | null>(null);

  from(lng: number, lat: number, label = ''): void {
    this.place = { lng, lat, label };
  }
}

export const reach = new Reach();
