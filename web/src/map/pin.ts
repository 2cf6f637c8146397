// The pin under the hand: an element of the page over the map, so that it can be dragged.
import { pinPath, pinSize } from './images';

const svg = 'http://www.w3.org/2000/svg';

/** A pin with room for one number; `text` inside it says which. */
export function pinElement(): HTMLElement {
  const element = document.createElement('div');
  element.className = 'map-pin';
  const drawing = document.createElementNS(svg, 'svg');
  const { width, height, head } = pinSize;
  for (const [name, value] of [['width', width], ['height', height], ['viewBox', `0 0 ${width} ${height}`], ['aria-hidden', 'true']] as const) drawing.setAttribute(name, String(value));
  const outline = document.createElementNS(svg, 'path');
  outline.setAttribute('d', pinPath);
  const number = document.createElementNS(svg, 'text');
  for (const [name, value] of [['x', head], ['y', head], ['text-anchor', 'middle'], ['dominant-baseline', 'central']] as const) number.setAttribute(name, String(value));
  drawing.append(outline, number);
  element.append(drawing);
  return element;
}
