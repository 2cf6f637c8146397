// Der deutsche Katalog, aus einem Teil je Ansicht zusammengesetzt.
import { frame } from './de/frame';
import { map } from './de/map';

export const de = { ...frame, ...map };
