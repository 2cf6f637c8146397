// Addresses and reach, from the map pack.
import type { Feature, FeatureCollection, Point } from 'geojson';
import { get } from './client';

export interface PlaceProperties {
  label: string; level: string; confidence: number; street?: string; house_number?: string; postcode?: string; city?: string; why?: string;
}
export type Places = FeatureCollection<Point, PlaceProperties>;

const undated = (signal?: AbortSignal) => ({ dated: false, signal });

export const geocode = (q: string, limit: number, signal?: AbortSignal) => get<Places>('/geocode', { query: { q, limit }, ...undated(signal) });
export const reverse = (lng: number, lat: number, signal?: AbortSignal) => get<Places>('/reverse', { query: { lng, lat }, ...undated(signal) });
export const autocomplete = (q: string, near: [number, number] | null, signal?: AbortSignal) =>
  get<Places>('/autocomplete', { query: { q, lng: near?.[0], lat: near?.[1] }, ...undated(signal) });
export const isochrone = (lng: number, lat: number, minutes: number, signal?: AbortSignal) =>
  get<Feature>('/isochrone', { query: { lng, lat, minutes }, ...undated(signal) });
