// Der deutsche Katalog, aus einem Teil je Ansicht zusammengesetzt.
import { frame } from './de/frame';
import { customers } from './de/customers';
import { map } from './de/map';

export const de = { ...frame, ...map, ...customers };
