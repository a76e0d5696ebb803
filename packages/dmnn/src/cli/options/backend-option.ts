import { Option } from 'commander';
import { choiceOption } from './choice-option.js';

/** Backends by the names of `@dmnn/runtime`. */
export type BackendChoice = 'native-gpu' | 'native' | 'wasm' | 'cpu';

const choices: readonly BackendChoice[] = ['native-gpu', 'native', 'wasm', 'cpu'];

/** `--backend`: the one to compute with, or else the best that works. */
export function backendOption(whatElse: string): Option {
  return new Option(
    '--backend <name>',
    `compute with ${choices.join(', ')}, and with nothing else (default: ${whatElse})`,
  ).argParser(choiceOption('--backend', choices));
}
