// The English catalogue, put together from one part per screen.
import { frame } from './en/frame';
import { customers } from './en/customers';
import { map } from './en/map';

export const en = { ...frame, ...map, ...customers };
