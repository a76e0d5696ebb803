/** A setting that may change when a run is resumed, and why. */
export interface SteeringSetting {
  /** As `--set` takes it; settings within it are meant too. */
  readonly path: string;
  /** What it steers. */
  readonly steers: string;
}

/**
 * The settings that only steer: read again at each step or epoch. Neither what a checkpoint holds (variables, velocities,
 * heads, a teacher) depends on them, nor which images come when, nor random numbers.
 *
 * Everything else makes another run: `seed`, `model`, `batchSize`, `augmentation`, …
 */
export const steeringSettings: readonly SteeringSetting[] = [
  { path: 'epochs', steers: 'when training ends, and what schedules over all of training are shares of' },
  { path: 'learningRate', steers: 'the size of each step: a pure function of its number' },
  { path: 'fineTuning.learningRateFactors', steers: 'the size of the steps of each part' },
  { path: 'optimiser.weightDecay', steers: 'the weight of the decay in each step' },
  { path: 'labelSmoothing', steers: 'the classification loss of each step' },
  { path: 'exits.weights', steers: 'the weights of the losses of exits' },
  { path: 'exits.distillation.temperature', steers: 'the loss on the head’s logits' },
  { path: 'exits.distillation.weight', steers: 'the weight of that loss' },
  { path: 'gating.targetRate', steers: 'the target of the losses on rates' },
  { path: 'gating.targetOf', steers: 'what the target is a target for' },
  { path: 'gating.layerTargets', steers: 'the targets of blocks' },
  { path: 'gating.targetFallUntil', steers: 'the schedule of the target' },
  { path: 'gating.resourceWeight', steers: 'the weight of the losses on rates' },
  { path: 'gating.resourceRiseUntil', steers: 'the schedule of that weight' },
  { path: 'gating.bounds', steers: 'the loss that keeps rates within bounds' },
  { path: 'gating.category.weights', steers: 'the weights of the category losses' },
  { path: 'gating.temperature', steers: 'the schedule of the temperature' },
  { path: 'gating.noiseOffAfter', steers: 'when the noise on gates ends' },
  { path: 'gating.gatesOpenUntil', steers: 'when gates begin to decide' },
  { path: 'gating.gatesLearnUntil', steers: 'when gates stop learning' },
  { path: 'fineTuning.distillation.temperature', steers: 'the loss on the teacher’s logits' },
  { path: 'fineTuning.distillation.weight', steers: 'the weight of that loss' },
  { path: 'evaluation.everyEpochs', steers: 'which epochs are evaluated' },
  { path: 'evaluation.batchSize', steers: 'how many images are evaluated together' },
  { path: 'evaluation.execution', steers: 'how blocks are run in evaluation' },
  { path: 'checkpoints', steers: 'when checkpoints are written, and how many stay' },
  { path: 'log', steers: 'which steps have a line in the log' },
];

/**
 * Whether a setting only steers.
 *
 * @param path - of a setting or of a value within it: `learningRate.atEpochs.0`
 */
export function isSteering(path: string): boolean {
  return steeringSettings.some((one) => path === one.path || path.startsWith(`${one.path}.`));
}
