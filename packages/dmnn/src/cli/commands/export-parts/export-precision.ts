import type { Quantisation } from '@dmnn/engine';
import type { CommandIo } from '../../terminal/command-io.js';
import { usageError } from '../../terminal/usage-error.js';
import type { NamedNetwork } from '../../options/open-network.js';
import {
  lacksQuantisation,
  quantisationNextTo,
  readQuantizeImages,
} from '../../options/quantisation-file.js';
import type { ExportTarget } from './export-target.js';

/** What the numbers of a file are kept in. */
export type ExportPrecision = 'f32' | 'int8';

/** Values of `--precision`. */
export const exportPrecisions: readonly ExportPrecision[] = ['f32', 'int8'];

/** Options that `--precision` goes with, or does not. */
export interface PrecisionOptions {
  readonly precision?: ExportPrecision | undefined;
  readonly quantizeImages?: string | undefined;
  readonly for?: ExportTarget | undefined;
  readonly lanes?: unknown;
  readonly cpuLanes?: unknown;
}

/** @throws DmnnError `DMNN_USAGE` */
export function assertPrecisionOptions({ precision, quantizeImages, ...options }: PrecisionOptions): void {
  if (precision !== 'int8') {
    if (quantizeImages === undefined) return;
    throw usageError(`--quantize-images: expected --precision int8 with it, got ${precision ?? 'none'}.`);
  }
  for (const [option, value] of [
    ['--lanes', options.lanes],
    ['--cpu-lanes', options.cpuLanes],
  ] as const) {
    if (value === undefined) continue;
    throw usageError(
      `${option}: expected --precision f32 with it, got int8, for which there is no blocked layout. Leave it out: ONNX Runtime arranges maps in 8 bits itself.`,
    );
  }
  if (options.for !== 'web') return;
  throw usageError(
    '--precision: expected f32 with --for web, got int8, which was measured on processors only. Leave --for out: onnxruntime-web runs the portable file, too.',
  );
}

/**
 * The ranges that a file in 8 bits needs: observed on the images of a folder, or as `dmnn quantize` wrote them next to the
 * model.
 *
 * @returns undefined for float32
 * @throws DmnnError `DMNN_USAGE` if there are none; `DMNN_ENGINE` if images are to be observed and the engine is not installed
 */
export async function exportQuantisation(
  named: NamedNetwork,
  { precision, quantizeImages: folder }: PrecisionOptions,
  io: CommandIo,
): Promise<Quantisation | undefined> {
  if (precision !== 'int8') return undefined;
  if (folder === undefined) {
    const quantisation = await quantisationNextTo(named);
    if (quantisation) return quantisation;
    throw lacksQuantisation(named);
  }
  const { architecture, preparation } = named;
  if (!preparation) {
    throw usageError(
      `--quantize-images: expected a model that says how its images are prepared, got ${architecture.name}. Train or import one.`,
    );
  }
  const { imageSizePx } = architecture;
  const images = await readQuantizeImages(folder, { imageSizePx, preparation }, io);
  const { quantiseNetwork } = await import('@dmnn/engine');
  const { nativeCacheDirectory } = await import('@dmnn/runtime');
  return quantiseNetwork(named, images, { cacheDirectory: nativeCacheDirectory(io.env) });
}
