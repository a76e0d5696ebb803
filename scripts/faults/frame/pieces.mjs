// Small files to damage, and how files are damaged.
import { readFileSync, writeFileSync } from 'node:fs';

/** @param {string} name @returns {any} a fixture of the data package */
export function dataFixture(name) {
  return JSON.parse(
    readFileSync(new URL(`../../../packages/data/src/fixtures/${name}.json`, import.meta.url), 'utf8'),
  );
}

/** Photographs as JPEG files. @returns {Buffer[]} */
export function photographs() {
  const files = /** @type {{ file: string, name: string }[]} */ (dataFixture('image-files'));
  return files
    .map(({ file }) => Buffer.from(file, 'base64'))
    .filter((bytes) => bytes[0] === 0xff && bytes[1] === 0xd8);
}

/**
 * A safetensors file.
 *
 * @param {unknown} header a value, or the text of the header
 * @param {Uint8Array} data
 * @param {number | bigint} [length] of the header, as the file says
 */
export function safetensors(header, data = new Uint8Array(), length) {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([size, text, data]);
}

/** @param {string} path @param {number} bytes */
export function truncateTo(path, bytes) {
  writeFileSync(path, readFileSync(path).subarray(0, bytes));
}

/** @param {string} path @param {number} bit */
export function flipBit(path, bit) {
  const bytes = readFileSync(path);
  bytes[bit >> 3] ^= 1 << (bit & 7);
  writeFileSync(path, bytes);
}

/** @param {string} path @param {(value: any) => any} change */
export function changeJson(path, change) {
  const value = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify(change(value) ?? value, null, 2));
}

/** Arguments that train on photographs. @param {...string} more */
export const onPhotographs = (...more) => [
  ...['train', '--recipe', 'imagenet-dmnn-mobilenetv2-n2', '--data', 'imagenet=data', '--out', 'run'],
  ...['--backend', 'wasm', '--set', 'model.name=dmnn-mobilenetv2-0.25-n2', '--set', 'imageSizePx=32'],
  ...['--set', 'batchSize=4', '--set', 'epochs=1', ...more],
];

/** Two classes of four images in both splits. @param {import('./place.mjs').Place} place */
export function writePhotographs(place) {
  for (const split of ['train', 'val'])
    for (const [i, wnid] of ['n01440764', 'n02672831'].entries())
      for (let n = 0; n < 4; n++)
        place.write(`data/${split}/${wnid}/${n}.JPEG`, photographs()[(4 * i + n) % 7]);
}
