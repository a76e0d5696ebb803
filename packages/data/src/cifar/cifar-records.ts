import { cifar100CategoryOfClass, cifar100Classes, cifar100Superclasses } from '@dmnn/categories';
import { type CifarRecords, IMAGE_BYTES, assertRecordFileSize, interleave } from './cifar-images.js';
import { DataError } from '../data-error.js';

/** Bytes of a record of the CIFAR-100 binary version: coarse label, fine label, red, green and blue planes. */
const RECORD_BYTES = 2 + IMAGE_BYTES;

const REMEDY =
  'The file is damaged or not the CIFAR-100 binary version: unpack cifar-100-binary.tar.gz again.';

/**
 * Splits a file of the CIFAR-100 binary version into labels and images, and checks the number of records, the range
 * of every label, that every coarse label is the superclass of its fine label, and that all classes have the same
 * number of images.
 *
 * @param bytes - the whole file.
 * @param file - its path, for messages.
 * @param records - the expected number of records.
 * @throws DataError naming file, record, byte, expected and got.
 */
export function readCifarRecords(bytes: Uint8Array, file: string, records: number): CifarRecords {
  assertRecordFileSize(bytes.length, { file, records, recordBytes: RECORD_BYTES, remedy: REMEDY });
  const labels = new Uint8Array(records);
  const pixels = new Uint8Array(records * IMAGE_BYTES);
  const perClass = new Uint32Array(cifar100Classes.length);
  for (let record = 0; record < records; record++) {
    const start = record * RECORD_BYTES;
    const fine = checkedLabel(bytes, file, record);
    labels[record] = fine;
    perClass[fine] = (perClass[fine] as number) + 1;
    interleave(bytes, start + 2, pixels, record * IMAGE_BYTES);
  }
  const share = records / perClass.length;
  const uneven = Number.isInteger(share) ? perClass.findIndex((count) => count !== share) : -1;
  if (uneven >= 0) {
    throw new DataError({
      file,
      expected: `${share} images of every class`,
      got: `${perClass[uneven] as number} of class ${uneven} (${cifar100Classes[uneven] as string})`,
      remedy: REMEDY,
    });
  }
  return { labels, pixels };
}

function checkedLabel(bytes: Uint8Array, file: string, record: number): number {
  const start = record * RECORD_BYTES;
  const coarse = bytes[start] as number;
  const fine = bytes[start + 1] as number;
  const wrong = (byteOffset: number, expected: string, got: number | string): DataError =>
    new DataError({ file, record, byteOffset, expected, got: String(got), remedy: REMEDY });
  if (coarse >= cifar100Superclasses.length) throw wrong(start, 'a coarse label from 0 to 19', coarse);
  if (fine >= cifar100Classes.length) throw wrong(start + 1, 'a fine label from 0 to 99', fine);
  const category = cifar100CategoryOfClass(fine);
  if (coarse !== category) {
    const named = (label: number): string => `${label} (${cifar100Superclasses[label] as string})`;
    const expected = `coarse label ${named(category)}, the superclass of fine label ${fine} (${cifar100Classes[fine] as string})`;
    throw wrong(start, expected, named(coarse));
  }
  return fine;
}
