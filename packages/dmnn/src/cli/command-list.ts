import type { SetUpCommand } from './terminal/define-command.js';

/** A command as the top-level help lists it; its module is loaded only to run it or to print its help. */
export interface ListedCommand {
  readonly name: string;
  readonly description: string;
  /** Whether it has commands of its own. */
  readonly hasCommands?: true;
  readonly load: () => Promise<SetUpCommand>;
}

/** All commands, in the order of the help text: the model zoo, training and its uses, this machine. */
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
    description: "train a row of the paper's tables and compare the measured numbers with the paper's",
    load: async () => (await import('./commands/reproduce.js')).reproduceCommand,
  },
  {
    name: 'recipes',
    description: 'list the recipes that train takes, or print one',
    load: async () => (await import('./commands/recipes.js')).recipesCommand,
  },
  {
    name: 'train',
    description: 'train a network by a recipe, into a run folder',
    load: async () => (await import('./commands/train.js')).trainCommand,
  },
  {
    name: 'eval',
    description: 'evaluate a trained or imported network: error, mean cost, time per image, execution rates',
    load: async () => (await import('./commands/eval.js')).evalCommand,
  },
  {
    name: 'import',
    description:
      'import trained weights (safetensors of torchvision, timm or your own PyTorch network) into a model folder',
    load: async () => (await import('./commands/import.js')).importCommand,
  },
  {
    name: 'report',
    description:
      'write an HTML report of runs: curves, accuracy against cost, easy and hard images, execution rates',
    load: async () => (await import('./commands/report.js')).reportCommand,
  },
  {
    name: 'predict',
    description: 'classify images: likeliest classes, share of the network that ran, and time for each image',
    load: async () => (await import('./commands/predict.js')).predictCommand,
  },
  {
    name: 'explain',
    description: 'show which sub-blocks ran for an image, their opening probabilities, and the cost',
    load: async () => (await import('./commands/explain.js')).explainCommand,
  },
  {
    name: 'export',
    description: 'export a model to one ONNX file that skips closed sub-blocks, for any ONNX Runtime',
    load: async () => (await import('./commands/export.js')).exportCommand,
  },
  {
    name: 'quantize',
    description:
      'find the ranges that int8 needs on images of yours, and say what it costs in error and gates',
    load: async () => (await import('./commands/quantize.js')).quantizeCommand,
  },
  {
    name: 'bench',
    description: 'compare measured time with multiply-accumulates on this machine',
    load: async () => (await import('./commands/bench.js')).benchCommand,
  },
  {
    name: 'doctor',
    description: 'show which backends work on this machine, whether the engine does, and why others do not',
    load: async () => (await import('./commands/doctor.js')).doctorCommand,
  },
  {
    name: 'backend',
    description: 'build or remove the native backend and the engine',
    hasCommands: true,
    load: async () => (await import('./commands/backend.js')).backendCommand,
  },
  {
    name: 'demo',
    description: 'train a cascade and static networks of its cost, and compare them (takes minutes)',
    load: async () => (await import('./commands/demo.js')).demoCommand,
  },
];
