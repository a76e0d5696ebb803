import type { Architecture } from './architecture.js';

/**
 * What a network computes besides its weights, as one text: units, strides, padding, ε, activations, shortcuts, controllers, head
 * and exits. Names, the size of images and what it was divided from are not in it, nor is the order of keys.
 */
export function computedText({ inChannels, stem, stages, head, exits = [] }: Architecture): string {
  return JSON.stringify({ inChannels, stem, stages, head, exits }, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
