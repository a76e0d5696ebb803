import type { Place } from './series.js';
import { textWidth } from './text-width.js';

/** A label beside a marker. */
export interface PlacedLabel {
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** From a marker's centre to its label. */
const DISTANCE_PX = 9;

/**
 * Finds room for a label beside each marker: right of it, left, above or below, further away if need be; the first that
 * lies within the bounds and touches no marker and no label before it.
 *
 * @param markers - all that labels must keep clear of; `label` is empty where there is none to place
 */
export function placeLabels(
  markers: readonly { readonly at: Place; readonly label: string }[],
  sizePx: number,
  bounds: Box,
): PlacedLabel[] {
  const taken: Box[] = markers.map(({ at: [x, y] }) => ({
    left: x - 5,
    right: x + 5,
    top: y - 5,
    bottom: y + 5,
  }));
  return markers.map(({ at, label }) => {
    const width = textWidth(label, sizePx);
    const choices = [1, 2, 3].flatMap((times) => candidates(at, times * DISTANCE_PX, sizePx));
    const free = choices.find((choice) => {
      const box = boxOf(choice, width, sizePx);
      return isWithin(box, bounds) && !taken.some((other) => overlap(box, other));
    });
    const chosen = free ?? choices[0] ?? { x: 0, y: 0, anchor: 'start' };
    if (label !== '') taken.push(boxOf(chosen, width, sizePx));
    return chosen;
  });
}

function candidates([x, y]: Place, distance: number, sizePx: number): PlacedLabel[] {
  const middle = y + 0.35 * sizePx;
  return [
    { x: x + distance, y: middle, anchor: 'start' },
    { x: x - distance, y: middle, anchor: 'end' },
    { x, y: y - distance, anchor: 'middle' },
    { x, y: y + distance + 0.7 * sizePx, anchor: 'middle' },
    { x: x + distance, y: middle - distance, anchor: 'start' },
    { x: x + distance, y: middle + distance, anchor: 'start' },
    { x: x - distance, y: middle - distance, anchor: 'end' },
    { x: x - distance, y: middle + distance, anchor: 'end' },
  ];
}

function boxOf({ x, y, anchor }: PlacedLabel, width: number, sizePx: number): Box {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - 0.8 * sizePx, bottom: y + 0.25 * sizePx };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function isWithin(a: Box, b: Box): boolean {
  return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
}
