/**
 * Images in memory, with the members of `InMemoryDataset` of `@dmnn/data`, because this package imports none of ours.
 */
export interface TinyDataset {
  readonly name: string;
  readonly split: 'train' | 'test';
  readonly size: number;
  readonly imageSizePx: number;
  readonly channels: 3;
  readonly classes: number;
  readonly categories: number;
  readonly classNames: readonly string[];
  readonly categoryNames: readonly string[];
  readonly channelMeans: readonly [number, number, number];
  readonly channelDeviations: readonly [number, number, number];
  readonly label: (index: number) => number;
  readonly category: (index: number) => number;
  readonly pixels: (index: number) => Uint8Array;
}

/**
 * Images of 8×8 pixels in 4 classes and 2 categories, distinguished by the bright quarter; computed from the index
 * alone. Small enough for a hundred steps on the cpu backend in seconds.
 */
export function tinyDataset(split: 'train' | 'test', size: number): TinyDataset {
  return {
    name: 'tiny',
    split,
    size,
    imageSizePx: 8,
    channels: 3,
    classes: 4,
    categories: 2,
    classNames: ['north-west', 'north-east', 'south-west', 'south-east'],
    categoryNames: ['north', 'south'],
    channelMeans: [0.4, 0.4, 0.4],
    channelDeviations: [0.25, 0.25, 0.25],
    label: (index) => index % 4,
    category: (index) => (index % 4 < 2 ? 0 : 1),
    pixels: (index) => {
      const salt = split === 'train' ? 1 : 7;
      return Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => {
        const [row, column] = [Math.floor(i / 24), Math.floor(i / 3) % 8];
        const quarter = (row < 4 ? 0 : 2) + (column < 4 ? 0 : 1);
        const noise = ((index + salt) * 7919 + i * 104729) % 97;
        return noise + (quarter === index % 4 ? 140 : 40);
      });
    },
  };
}
