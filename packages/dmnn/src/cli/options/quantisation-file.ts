import { join } from 'node:path';
import type { ImagePreparation } from '@dmnn/architecture';
import type { Quantisation } from '@dmnn/engine';
import { type DmnnError, isDmnnError, printable } from '@dmnn/foundation';
import { readRegularFile, shellWord, systemCode } from '@dmnn/foundation/node';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { NetworkData } from '@dmnn/weights';
import type { CommandIo } from '../terminal/command-io.js';
import { usageError } from '../terminal/usage-error.js';

/** What `dmnn quantize` writes next to a run or a model. */
export const QUANTISATION_FILE = 'quantisation.json';

/** The file of a run's or a model's quantisation. */
export function quantisationFile(folder: string): string {
  return join(folder, QUANTISATION_FILE);
}

/**
 * The quantisation next to a run or a model; undefined if there is none.
 *
 * @throws JsonError, DmnnError `DMNN_ENGINE` if the file is damaged; FileError if it cannot be read
 */
async function readQuantisation(folder: string): Promise<Quantisation | undefined> {
  const { parseQuantisation } = await import('@dmnn/engine');
  const file = quantisationFile(folder);
  try {
    return parseQuantisation(await readRegularFile(file, QUANTISATION_FILE), printable(file, Infinity));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The quantisation next to a network that was opened from a folder; undefined if there is no folder, or none in it, or if it is
 * at a setting, at which what is next to it was not quantised.
 */
export async function quantisationNextTo(network: NetworkData): Promise<Quantisation | undefined> {
  const folder = folderOf(network);
  return folder === undefined || isAtSetting(network) ? undefined : readQuantisation(folder);
}

/**
 * The same, to open a network in 8 bits or in what is fastest: there, one of other weights is passed over, and that is said.
 *
 * @throws as `quantisationNextTo`
 */
export async function quantisationFor(
  network: NetworkData,
  precision: 'int8' | 'auto',
  io: Pick<CommandIo, 'err'>,
): Promise<Quantisation | undefined> {
  const quantisation = await quantisationNextTo(network);
  if (!quantisation || precision === 'int8') return quantisation;
  const { assertQuantisationFits } = await import('@dmnn/engine');
  try {
    assertQuantisationFits(quantisation, network);
    return quantisation;
  } catch (error) {
    if (!isDmnnError(error, 'DMNN_ENGINE')) throw error;
    const file = printable(quantisationFile(folderOf(network) ?? ''), Infinity);
    io.err(`${file} is passed over: ${error.message}`);
    return undefined;
  }
}

/** Whether a network is at a width or other gates than those of its folder. */
function isAtSetting(network: NetworkData): boolean {
  return 'setting' in network && network.setting !== undefined;
}

/** The error for a network without quantisation, where 8 bits were asked for. */
export function lacksQuantisation(network: NetworkData): DmnnError {
  const folder = folderOf(network);
  const name = folder === undefined ? network.architecture.name : printable(folder, Infinity);
  return usageError(
    `--precision: expected a quantised network with int8, got ${name} without ${QUANTISATION_FILE}. Run: dmnn quantize ${folder === undefined ? 'RUN' : shellWord(folder)} --data …`,
  );
}

function folderOf(network: NetworkData): string | undefined {
  return 'source' in network ? (network as OpenedNetworkData).source.folder : undefined;
}

/**
 * The images of a folder, as the network sees them. Files that cannot be read are named and passed over.
 *
 * @throws DmnnError `DMNN_USAGE` if the folder holds no image that can be read; DataError if it cannot be opened
 */
export async function readQuantizeImages(
  folder: string,
  network: { readonly imageSizePx: number; readonly preparation: ImagePreparation },
  io: Pick<CommandIo, 'err'>,
): Promise<Float32Array[]> {
  const { readImage } = await import('../../classify/image-preparation.js');
  const { findImageFiles, passedOverText } = await import('@dmnn/data/internal');
  const { files, passedOver } = await findImageFiles(folder);
  const images: Float32Array[] = [];
  for (const file of files) {
    try {
      images.push(await readImage(file, network));
    } catch (error) {
      io.err(`--quantize-images: passed over: ${printable((error as Error).message, Infinity)}`);
    }
  }
  const name = printable(folder, Infinity);
  if (images.length === 0) {
    throw usageError(
      `--quantize-images: expected a folder with images, got ${name}, which holds none that can be read${passedOverText(passedOver)}.`,
    );
  }
  io.err(`${name}: quantised on ${images.length} of ${files.length} images${passedOverText(passedOver)}`);
  return images;
}
