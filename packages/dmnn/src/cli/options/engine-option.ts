import { Option } from 'commander';
import type { PrecisionChoice } from '@dmnn/engine';
import type { BackendChoice } from '../terminal/start-backend.js';
import { usageError } from '../terminal/usage-error.js';
import { choiceOption } from './common-options.js';

const engineChoices = ['compiled', 'onnx', 'tfjs'] as const;

/** What runs a network. */
export type EngineChoice = (typeof engineChoices)[number];

const precisionChoices = ['auto', 'f32', 'bf16', 'int8'] as const satisfies readonly PrecisionChoice[];

/** What the command line says of what is to run a network. */
export interface RunsOn {
  readonly backend?: BackendChoice | undefined;
  readonly engine?: EngineChoice | undefined;
  readonly precision?: PrecisionChoice | undefined;
}

/** `--engine`: what runs the network, without fallback. */
export function engineOption(
  otherwise = 'the first of them that works; tfjs with --backend',
  what = 'what runs the network',
): Option {
  return new Option(
    '--engine <name>',
    `${what}, without fallback: compiled (for this machine: dmnn backend install --engine), onnx (ONNX Runtime), tfjs (default: ${otherwise})`,
  ).argParser(choiceOption('--engine', engineChoices));
}

/** `--precision`: what the compiled engine computes in. */
export function precisionOption(preset: PrecisionChoice): Option {
  return new Option(
    '--precision <name>',
    `of the compiled engine: f32, bf16 (where the processor has instructions for it), int8 (after dmnn quantize), or auto, the fastest that keeps the answers (default: ${preset})`,
  ).argParser(choiceOption('--precision', precisionChoices));
}

/** Whether only the compiled engine computes in it. */
export function isCompiledOnly(precision: PrecisionChoice | undefined): boolean {
  return precision !== undefined && precision !== 'f32' && precision !== 'auto';
}

/** Refuses options of one engine with another. @throws DmnnError `DMNN_USAGE` */
export function assertEngineOptions({ backend, engine, precision }: RunsOn): void {
  if (backend !== undefined && engine !== undefined && engine !== 'tfjs')
    throw usageError(`--backend: expected none with --engine ${engine}, got ${backend}.`);
  if (!isCompiledOnly(precision)) return;
  const other = backend === undefined ? engine : 'tfjs';
  if (other === undefined || other === 'compiled') return;
  const option = backend === undefined ? `--engine ${other}` : `--backend ${backend}`;
  throw usageError(
    `--precision: expected f32 or auto with ${option}, which computes in float32, got ${String(precision)}.`,
  );
}

/** What a command needs of an engine, beyond the likeliest gates. */
export type EngineNeed = keyof typeof onnxLacks;

/** Why ONNX Runtime does not give it. The compiled engine and TensorFlow.js give all. */
export const onnxLacks = {
  'gate probabilities': 'ONNX files do not output gate probabilities',
  'logits of exits': 'ONNX files do not output the logits of exits',
  'moving thresholds': 'the threshold of the gates in an ONNX file does not move from image to image',
} as const;

/**
 * Refuses an engine that lacks what a command needs.
 *
 * @param by - what needs it, for the message: `--budgets`
 * @throws DmnnError `DMNN_USAGE`
 */
export function assertEngineGives(engine: EngineChoice | undefined, need: EngineNeed, by: string): void {
  if (engine !== 'onnx') return;
  throw usageError(`--engine: expected compiled or tfjs with ${by}, got onnx: ${onnxLacks[need]}.`);
}
