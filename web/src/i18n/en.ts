// The English catalogue, put together from one part per screen.
import { admin } from './en/admin';
import { channels } from './en/channels';
import { customers } from './en/customers';
import { cycle } from './en/cycle';
import { day } from './en/day';
import { fields } from './en/fields';
import { frame } from './en/frame';
import { imports } from './en/imports';
import { map } from './en/map';
import { marketing } from './en/marketing';
import { people } from './en/people';
import { records } from './en/records';
import { regions } from './en/regions';
import { sales } from './en/sales';
import { scenarios } from './en/scenarios';
import { service } from './en/service';
import { territories } from './en/territories';

export const en = { ...frame, ...map, ...territories, ...scenarios, ...customers, ...day, ...cycle, ...regions, ...imports, ...admin, ...fields, ...channels, ...people, ...records, ...marketing, ...sales, ...service };
