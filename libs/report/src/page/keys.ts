import type { Stroke } from '../figure';
import { markup, type Markup } from './markup';

/** Points of a line as paths around 0, in turn; the page's script draws the same. */
export const POINT_SHAPES = [
  'M-4 0A4 4 0 1 1 4 0A4 4 0 1 1 -4 0Z',
  'M-3.5 -3.5H3.5V3.5H-3.5Z',
  'M0 -4.6L4.4 3.4H-4.4Z',
  'M0 -5L5 0L0 5L-5 0Z',
];

/** What a legend shows of a line: how it is drawn, with the shape of its points; or of a bar. */
export function keyOf(
  { colour, stroke }: { colour: string; stroke?: Stroke },
  shape: number | 'bar' | null,
): Markup {
  const hollow = stroke ? ' hollow' : '';
  const path = shape === 'bar' ? 'M-8 -5H8V5H-8Z' : POINT_SHAPES[(shape ?? 0) % POINT_SHAPES.length];
  const line =
    shape === 'bar' ? null : markup`<line class="stroke-${colour} ${stroke ?? 'solid'}" x1="-13" x2="13"/>`;
  const point = shape === null ? null : markup`<path class="mark-${colour}${hollow}" d="${path ?? ''}"/>`;
  return markup`<svg class="key" viewBox="-14 -6 28 12" aria-hidden="true">${line}${point}</svg>`;
}
