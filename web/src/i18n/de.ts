// Der deutsche Katalog, aus einem Teil je Ansicht zusammengesetzt.
import { frame } from './de/frame';

export const de = { ...frame };
