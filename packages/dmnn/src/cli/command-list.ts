import type { SetUpCommand } from './terminal/define-command.js';

/** A command as the help of all lists it; its module is loaded only to run it or to explain it. */
export interface ListedCommand {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<SetUpCommand>;
}

/** All commands, in the order of the help: what the zoo is, training and its uses, this machine. */
export const commandList: readonly ListedCommand[] = [
  {
    name: 'models',
    description: 'list the zoo with parameters and multiply-accumulates',
    load: async () => (await import('./commands/models.js')).modelsCommand,
  },
  {
    name: 'summary',
    description: 'print one model layer by layer, sub-block by sub-block',
    load: async () => (await import('./commands/summary.js')).summaryCommand,
  },
  {
    name: 'tables',
    description: "print the paper's tables: its numbers, ours, and why they differ",
    load: async () => (await import('./commands/tables.js')).tablesCommand,
  },
  {
    name: 'reproduce',
    description: "train a row of the paper's tables, and put what it measured beside the paper's numbers",
    load: async () => (await import('./commands/reproduce.js')).reproduceCommand,
  },
  {
    name: 'train',
    description: 'train a network by a recipe, into a run folder',
    load: async () => (await import('./commands/train.js')).trainCommand,
  },
  {
    name: 'eval',
    description:
      'evaluate the network of a run, or an imported one: error, mean cost, time per image, execution rates',
    load: async () => (await import('./commands/eval.js')).evalCommand,
  },
  {
    name: 'import',
    description:
      'make a model folder from trained weights: safetensors of torchvision, timm or your own PyTorch network',
    load: async () => (await import('./commands/import.js')).importCommand,
  },
  {
    name: 'report',
    description: 'write one HTML page about runs: curves, accuracy against cost, easy and hard images, rates',
    load: async () => (await import('./commands/report.js')).reportCommand,
  },
  {
    name: 'predict',
    description:
      'classify images: what each shows, how much of the network ran for each, and how long it took',
    load: async () => (await import('./commands/predict.js')).predictCommand,
  },
  {
    name: 'explain',
    description: 'show which sub-blocks ran for an image, how probable that was, and what it cost',
    load: async () => (await import('./commands/explain.js')).explainCommand,
  },
  {
    name: 'export',
    description: 'write a model as one ONNX file that skips what its gates close, for any ONNX Runtime',
    load: async () => (await import('./commands/export.js')).exportCommand,
  },
  {
    name: 'bench',
    description: 'measure time against multiply-accumulates on this machine: theory, measured, ratio',
    load: async () => (await import('./commands/bench.js')).benchCommand,
  },
  {
    name: 'doctor',
    description: 'say what this machine can run, and why not the rest',
    load: async () => (await import('./commands/doctor.js')).doctorCommand,
  },
  {
    name: 'backend',
    description: 'build or remove the native backend',
    load: async () => (await import('./commands/backend.js')).backendCommand,
  },
  {
    name: 'demo',
    description: 'train a small static network and its dynamic version, and compare them: minutes',
    load: async () => (await import('./commands/demo.js')).demoCommand,
  },
];
