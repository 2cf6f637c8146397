// The English catalogue, put together from one part per screen.
import { frame } from './en/frame';
import { map } from './en/map';

export const en = { ...frame, ...map };
