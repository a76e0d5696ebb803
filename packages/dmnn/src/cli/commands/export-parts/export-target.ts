import type { ExportModelOptions } from '../../../export-model.js';
import { usageError } from '../../terminal/usage-error.js';

/** Where `--for` says that a file will run. */
export type ExportTarget = 'onnxruntime' | 'openvino' | 'web';

/** Values of `--for`. */
export const exportTargets: readonly ExportTarget[] = ['onnxruntime', 'openvino', 'web'];

/** Multiple to which hidden channels are padded for a target: WebAssembly computes four numbers at once. */
const padding: Readonly<Partial<Record<ExportTarget, number>>> = { web: 4 };

/** What is decided for a target, unless an option says otherwise. */
export function targetDefaults(target: ExportTarget | undefined): Pick<ExportModelOptions, 'padChannelsTo'> {
  return { padChannelsTo: target && padding[target] };
}

/** One line for the report: in which form the file is, and why. */
export function targetText(target: ExportTarget, isFrozen: boolean): string {
  switch (target) {
    case 'onnxruntime':
      return 'any ONNX Runtime: the portable form. DynamicSession brings it into the layout of its processor when it opens it; for other programs on a machine like this one, --cpu-lanes is faster';
    case 'web':
      return 'onnxruntime-web: the portable form, hidden channels padded to the four lanes of WebAssembly';
    case 'openvino':
      return isFrozen
        ? 'OpenVINO: gates are frozen, since no file that decides was faster there than the undivided network (DMNN-50 n2, 0.54 of the MACs: 1.15 to 1.46 of its time in five forms, frozen 0.66)'
        : 'OpenVINO: the network decides nothing, so nothing is frozen';
  }
}

/** Options that a target excludes or asks for. */
interface TargetOptions {
  readonly for?: ExportTarget | undefined;
  readonly lanes?: unknown;
  readonly cpuLanes?: unknown;
  readonly budget?: number | undefined;
  readonly pattern?: unknown;
  readonly frozenGates?: unknown;
  readonly data?: string | undefined;
}

/** @throws DmnnError `DMNN_USAGE` */
export function assertTargetOptions({ for: target, budget, data, ...options }: TargetOptions): void {
  if (target !== undefined && target !== 'onnxruntime') {
    for (const [option, value] of [
      ['--lanes', options.lanes],
      ['--cpu-lanes', options.cpuLanes],
    ] as const) {
      if (value !== undefined)
        throw usageError(`${option}: expected --for onnxruntime, whose layout it is, got --for ${target}.`);
    }
  }
  const frozen = options.pattern ?? options.frozenGates;
  if (budget !== undefined && frozen !== undefined)
    throw usageError('--budget: expected it or a pattern of gates (--pattern, --frozen-gates), got both.');
  if (data !== undefined && budget === undefined)
    throw usageError('--data: expected with --budget, for whose pattern its images are used.');
}
