import {
  PhotographDecoder,
  type PhotographDataset,
  type SquarePhotographs,
  imagenetStatistics,
  squarePhotographs,
} from '@dmnn/data';

/** JPEGs of 8×8 pixels by Pillow 13: Image.new('L', (8, 8), 60) and 200, quality 75. They differ in their last bytes. */
const start =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/' +
  'wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEI' +
  'I0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ip' +
  'qrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AP';
const jpegs = ['O6/9k=', 'SK/9k='].map((end) => Buffer.from(start + end, 'base64'));

/** Dark and bright photographs in four classes, two categories; those of `damaged` are cut short. */
export function tinyPhotographs(
  split: 'train' | 'test',
  size: number,
  damaged: readonly number[] = [],
): SquarePhotographs {
  const dataset: PhotographDataset = {
    ...imagenetStatistics,
    ...{ name: 'photographs', split, size, classes: 4, categories: 2 },
    classNames: ['a', 'b', 'c', 'd'],
    categoryNames: ['dark', 'bright'],
    label: (index) => index % 4,
    category: (index) => index % 2,
    file: (index) => `${split}/${index}.jpg`,
    read: (index) => {
      const bytes = jpegs[index % 2] as Buffer;
      return Promise.resolve(damaged.includes(index) ? bytes.subarray(0, 50) : bytes);
    },
  };
  return squarePhotographs(dataset, { sizePx: 8, decoder: new PhotographDecoder({ workers: 0 }) });
}
