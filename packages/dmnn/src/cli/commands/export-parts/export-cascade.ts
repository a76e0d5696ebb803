import type { Architecture } from '@dmnn/architecture';
import type { CascadeSettings } from '@dmnn/confidence';
import { type ExportModelOptions, exportOpenedCascade } from '../../../export-model.js';
import type { ExportCheck, VerifyExportOptions } from '../../../verify/verify-export.js';
import { preparationOf } from '../../../classify/image-preparation.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { usageError } from '../../terminal/usage-error.js';
import { type ExportTarget, targetText } from './export-target.js';

/** Options that do not go with a cascade. */
export interface CascadeExportOptions {
  readonly for?: ExportTarget | undefined;
  readonly budget?: number | undefined;
  readonly pattern?: string | undefined;
  readonly frozenGates?: string | undefined;
  readonly precision?: 'f32' | 'int8' | undefined;
}

/** A cascade's file, and what checks it. */
export interface ExportedCascade {
  readonly file: Uint8Array;
  readonly architectures: readonly Architecture[];
  readonly check: (options: VerifyExportOptions) => Promise<ExportCheck>;
}

/** @throws DmnnError `DMNN_USAGE` for options that would make it another cascade than the one whose thresholds were chosen */
export function assertCascadeOptions(options: CascadeExportOptions): void {
  for (const [option, value] of [
    ['--budget', options.budget],
    ['--pattern', options.pattern],
    ['--frozen-gates', options.frozenGates],
  ] as const) {
    if (value === undefined) continue;
    throw usageError(
      `${option}: expected none with a cascade, whose thresholds were chosen with the gates deciding, got ${value}.`,
    );
  }
  if (options.precision === 'int8') {
    throw usageError(
      '--precision: expected f32 with a cascade, or a network with exits, got int8. Export its networks alone for int8.',
    );
  }
  if (options.for !== 'openvino') return;
  throw usageError(
    `--for: expected onnxruntime or web with a cascade, got openvino, for which nothing that decides is written: ${targetText('openvino', true)}. Leave it out: OpenVINO runs the portable file, too.`,
  );
}

/** Opens and exports a saved cascade. @throws what `openCascade` and `exportCascade` throw */
export async function exportCascadeFolder(
  folder: string,
  settings: ExportModelOptions,
  io: CommandIo,
): Promise<ExportedCascade> {
  const { openCascade } = await import('@dmnn/runs');
  const cascade = await openCascade(folder);
  const [first, ...others] = cascade.parts;
  for (const other of others) {
    const [own, its] = [first, other].map((part) => part && preparationOf(part).shorterSidePx);
    if (own === its) continue;
    io.err(
      `${other.architecture.name}: images are prepared as for ${first?.architecture.name ?? ''}, their shorter side ${own ?? 0} px, not ${its ?? 0} px`,
    );
  }
  const write = (other?: CascadeSettings) => exportOpenedCascade(cascade, settings, other);
  const file = write();
  return {
    file,
    architectures: cascade.parts.map(({ architecture }) => architecture),
    check: async (options) => {
      const { verifyCascade } = await import('../../../verify/verify-cascade.js');
      return verifyCascade({ ...cascade, file, write }, options);
    },
  };
}
