// Der deutsche Katalog, aus einem Teil je Ansicht zusammengesetzt.
import { admin } from './de/admin';
import { channels } from './de/channels';
import { customers } from './de/customers';
import { cycle } from './de/cycle';
import { day } from './de/day';
import { fields } from './de/fields';
import { frame } from './de/frame';
import { imports } from './de/imports';
import { map } from './de/map';
import { marketing } from './de/marketing';
import { people } from './de/people';
import { records } from './de/records';
import { regions } from './de/regions';
import { sales } from './de/sales';
import { scenarios } from './de/scenarios';
import { service } from './de/service';
import { territories } from './de/territories';

export const de = { ...frame, ...map, ...territories, ...scenarios, ...customers, ...day, ...cycle, ...regions, ...imports, ...admin, ...fields, ...channels, ...people, ...records, ...marketing, ...sales, ...service };
