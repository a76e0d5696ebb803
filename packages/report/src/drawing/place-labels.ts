import { svgText } from './svg-text.js';
import type { Element } from './tree.js';
import type { Place } from './series.js';
import { textWidth } from './text-width.js';

/** A label next to a marker. */
export interface PlacedLabel {
  readonly x: number;
  /** The baseline's y coordinate. */
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly text: string;
}

/** A marker and its candidate labels. */
export interface LabelledMarker {
  readonly at: Place;
  /** Candidate texts, the preferred one first, then shorter ones for tight places. */
  readonly texts: readonly string[];
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Distance from a marker's centre to its label. */
const DISTANCE_PX = 9;

/**
 * Places a label next to each marker: right of it, left, above or below, further away if necessary. The first place
 * that is within the bounds and overlaps neither a marker nor an earlier label wins.
 *
 * @param markers - all markers that labels must not overlap, the most important first; no texts means no label
 * @returns a label per marker, `null` if no text fits: an unreadable or ambiguous label is worse than none
 */
export function placeLabels(
  markers: readonly LabelledMarker[],
  sizePx: number,
  bounds: Box,
): (PlacedLabel | null)[] {
  const taken: Box[] = markers.map(({ at: [x, y] }) => ({
    left: x - 5,
    right: x + 5,
    top: y - 5,
    bottom: y + 5,
  }));
  return markers.map(({ at, texts }) => {
    for (const text of texts) {
      const width = textWidth(text, sizePx);
      const free = candidates(at, sizePx).find((choice) => {
        const box = boxOf(choice, width, sizePx);
        return isWithin(box, bounds) && !taken.some((other) => overlap(box, other));
      });
      if (!free) continue;
      taken.push(boxOf(free, width, sizePx));
      return { ...free, text };
    }
    return null;
  });
}

type LabelPlace = Omit<PlacedLabel, 'text'>;

/** Candidate places around a marker, the nearest first. */
function candidates(at: Place, sizePx: number): LabelPlace[] {
  return [1, 2, 3].flatMap((times) => candidatesAt(at, times * DISTANCE_PX, sizePx));
}

function candidatesAt([x, y]: Place, distance: number, sizePx: number): LabelPlace[] {
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

function boxOf({ x, y, anchor }: LabelPlace, width: number, sizePx: number): Box {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - 0.8 * sizePx, bottom: y + 0.25 * sizePx };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function isWithin(a: Box, b: Box): boolean {
  return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
}

/** Labels as texts, those for which there was a place. */
export function labelTexts(labels: readonly (PlacedLabel | null)[], sizePx: number): Element[] {
  return labels.flatMap((label) =>
    label ? [svgText(label.x, label.y, label.text, { anchor: label.anchor, sizePx, hasHalo: true })] : [],
  );
}
