import { Option } from 'commander';
import type { BackendChoice } from '../terminal/start-backend.js';
import { usageError } from '../terminal/usage-error.js';
import { choiceOption } from './common-options.js';

const engineChoices = ['compiled', 'onnx', 'tfjs'] as const;

/** What runs a network. */
export type EngineChoice = (typeof engineChoices)[number];

/** `--engine`: what runs the network, without fallback. */
export function engineOption(): Option {
  return new Option(
    '--engine <name>',
    'what runs the network, without fallback: compiled (for this machine: dmnn backend install --engine), onnx (ONNX Runtime), tfjs (default: the first of them that works; tfjs with --backend)',
  ).argParser(choiceOption('--engine', engineChoices));
}

/** Refuses a backend of TensorFlow.js with another engine. @throws DmnnError `DMNN_USAGE` */
export function assertEngineTakesBackend({
  backend,
  engine,
}: {
  readonly backend?: BackendChoice | undefined;
  readonly engine?: EngineChoice | undefined;
}): void {
  if (backend === undefined || engine === undefined || engine === 'tfjs') return;
  throw usageError(`--backend: expected none with --engine ${engine}, got ${backend}.`);
}
