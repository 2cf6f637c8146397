// The English catalogue, put together from one part per screen.
import { frame } from './en/frame';

export const en = { ...frame };
