// Der deutsche Katalog, aus einem Teil je Ansicht zusammengesetzt.
import { admin } from './de/admin';
import { customers } from './de/customers';
import { cycle } from './de/cycle';
import { day } from './de/day';
import { frame } from './de/frame';
import { imports } from './de/imports';
import { map } from './de/map';
import { regions } from './de/regions';
import { scenarios } from './de/scenarios';

export const de = { ...frame, ...map, ...scenarios, ...customers, ...day, ...cycle, ...regions, ...imports, ...admin };
