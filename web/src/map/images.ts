// Signs of the due states, drawn once per theme: a shape with each colour, so that colour never speaks alone.
import type { DueState } from '../api/types';
import { dueSize } from './colouring';
import { token, type Tokens } from './tokens';

const SCALE = 3;

/** Traces the outline of a due state's shape of the given radius around the middle. */
export function traceDue(path: CanvasRenderingContext2D, state: DueState, middle: number, radius: number): void {
  path.beginPath();
  switch (state) {
    case 'overdue':
      path.moveTo(middle, middle - radius * 1.15);
      path.lineTo(middle + radius * 1.15, middle);
      path.lineTo(middle, middle + radius * 1.15);
      path.lineTo(middle - radius * 1.15, middle);
      break;
    case 'due':
      path.moveTo(middle, middle - radius * 1.05);
      path.lineTo(middle + radius * 1.1, middle + radius * 0.9);
      path.lineTo(middle - radius * 1.1, middle + radius * 0.9);
      break;
    case 'appointment':
      path.rect(middle - radius * 0.9, middle - radius * 0.9, radius * 1.8, radius * 1.8);
      break;
    default:
      path.arc(middle, middle, radius, 0, Math.PI * 2);
  }
  path.closePath();
}

/** One sign as pixels, with a surface-coloured rim so that it stands off the map. */
export function dueImage(state: DueState, tokens: Tokens): { image: ImageData; pixelRatio: number } {
  const radius = dueSize[state];
  const side = (radius + 4) * 2 * SCALE;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const path = canvas.getContext('2d');
  if (!path) throw new Error('this browser gives no 2d canvas to draw the signs of due states on');
  const middle = side / 2;
  const colour = token(tokens, `due-${state}`);
  traceDue(path, state, middle, radius * SCALE);
  path.lineJoin = 'round';
  path.lineWidth = 3 * SCALE;
  path.strokeStyle = token(tokens, 'surface');
  path.stroke();
  path.fillStyle = state === 'none' ? token(tokens, 'surface') : colour;
  path.fill();
  if (state === 'none') {
    path.lineWidth = 2 * SCALE;
    path.strokeStyle = colour;
    path.stroke();
  }
  if (state === 'overdue' || state === 'done') {
    path.strokeStyle = token(tokens, 'surface');
    path.lineWidth = 1.6 * SCALE;
    path.lineCap = 'round';
    path.beginPath();
    if (state === 'overdue') {
      path.moveTo(middle, middle - 4.5 * SCALE);
      path.lineTo(middle, middle + 0.8 * SCALE);
      path.moveTo(middle, middle + 4.2 * SCALE);
      path.lineTo(middle, middle + 4.3 * SCALE);
    } else {
      path.moveTo(middle - 3.5 * SCALE, middle + 0.2 * SCALE);
      path.lineTo(middle - 0.8 * SCALE, middle + 3 * SCALE);
      path.lineTo(middle + 3.8 * SCALE, middle - 3 * SCALE);
    }
    path.stroke();
  }
  return { image: path.getImageData(0, 0, side, side), pixelRatio: SCALE };
}

/** Cross-hatch for overlaps, one tile of it. */
export function hatchImage(colour: string): { image: ImageData; pixelRatio: number } {
  const side = 24;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const path = canvas.getContext('2d');
  if (!path) throw new Error('this browser gives no 2d canvas to draw the hatch on');
  path.strokeStyle = colour;
  path.lineWidth = 3;
  path.beginPath();
  for (const [x0, y0, x1, y1] of [[-2, 26, 26, -2], [-2, -2, 26, 26], [-2, 2, 2, -2], [22, 26, 26, 22], [-2, 22, 2, 26], [22, -2, 26, 2]] as const) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  path.stroke();
  return { image: path.getImageData(0, 0, side, side), pixelRatio: 2 };
}

/** A house for the ends of the day. */
export function homeImage(tokens: Tokens): { image: ImageData; pixelRatio: number } {
  const side = 28 * SCALE;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const path = canvas.getContext('2d');
  if (!path) throw new Error('this browser gives no 2d canvas to draw the house on');
  path.scale(SCALE, SCALE);
  path.beginPath();
  path.arc(14, 14, 12, 0, Math.PI * 2);
  path.fillStyle = token(tokens, 'surface');
  path.fill();
  path.strokeStyle = token(tokens, 'ink');
  path.lineWidth = 2;
  path.stroke();
  path.lineJoin = 'round';
  path.stroke(new Path2D('M8.5 14 14 9l5.5 5M10 13v6h8v-6'));
  return { image: path.getImageData(0, 0, side, side), pixelRatio: SCALE };
}

/** The outline of a pin in a box of 28 by 36: its head is around (14, 14), its point at (14, 35). */
export const pinPath = 'M14 35C10 28 1 22.5 1 14a13 13 0 1 1 26 0c0 8.500-9 14-13 21Z';
export const pinSize = { width: 28, height: 36, head: 14, point: 35 } as const;

/** A pin that waits for its number. */
export function pinImage(tokens: Tokens): { image: ImageData; pixelRatio: number } {
  const canvas = document.createElement('canvas');
  canvas.width = pinSize.width * SCALE;
  canvas.height = pinSize.height * SCALE;
  const path = canvas.getContext('2d');
  if (!path) throw new Error('this browser gives no 2d canvas to draw the pin on');
  path.scale(SCALE, SCALE);
  const outline = new Path2D(pinPath);
  path.fillStyle = token(tokens, 'ink');
  path.fill(outline);
  path.lineJoin = 'round';
  path.lineWidth = 1.6;
  path.strokeStyle = token(tokens, 'surface');
  path.stroke(outline);
  return { image: path.getImageData(0, 0, canvas.width, canvas.height), pixelRatio: SCALE };
}
