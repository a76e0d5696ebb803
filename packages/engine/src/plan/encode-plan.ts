import { type Activation, type PaddingSides, activations, isClip } from '@dmnn/architecture';
import type { EnginePlan, FilterJoin, PlanStep } from './engine-plan.js';

/** First number of every encoded plan; `native/plan.cc` has the same. */
const MAGIC = 0x6e6d6470;
const VERSION = 8;

const kinds: readonly PlanStep['kind'][] = [
  'convolution',
  'max-pool',
  'mean',
  'linear',
  'decide',
  'branch',
  'widen',
  'copy',
  'add',
  'activate',
  'observe',
  'exit',
  'cell',
];
const joins: readonly FilterJoin[] = ['outputs', 'groups', 'inputs'];

/** A plan as the numbers that the native core reads; its tensors travel apart. */
export function encodePlan(plan: EnginePlan): Int32Array {
  const words = [MAGIC, VERSION, plan.maps.length];
  for (const { channels, sizePx, slot, quantised } of plan.maps) {
    const kept = quantised === undefined ? 0 : quantised.signed ? 2 : 1;
    words.push(channels, sizePx, slot, kept, ...floatWords(quantised?.scale ?? 1));
  }
  words.push(plan.vectors.length, ...plan.vectors, plan.tensors.length);
  words.push(plan.gateCounts.length, ...plan.gateCounts, plan.logits, plan.sites.length);
  pushSteps(words, plan.steps);
  return Int32Array.from(words);
}

function pushSteps(words: number[], steps: readonly PlanStep[]): void {
  words.push(steps.length);
  for (const step of steps) pushStep(words, step);
}

function pushStep(words: number[], step: PlanStep): void {
  words.push(kinds.indexOf(step.kind));
  switch (step.kind) {
    case 'convolution': {
      const { weights, biases, join, kernelSize, inChannels, outChannels, groups } = step.filter;
      words.push(
        step.from,
        step.to,
        weights.length,
        joins.indexOf(join),
        kernelSize,
        inChannels,
        outChannels,
      );
      words.push(groups, ...weights, ...biases, step.stride, ...paddingWords(step.padding));
      words.push(...(step.added === undefined ? [0] : [1, step.added]));
      words.push(...activationWords(step.activation));
      return;
    }
    case 'max-pool':
      words.push(step.from, step.to, step.kernelSize, step.stride, ...paddingWords(step.padding));
      return;
    case 'mean':
    case 'copy':
    case 'add':
      words.push(step.from, step.to);
      return;
    case 'linear':
      words.push(step.from, step.to, step.weight);
      words.push(...(step.bias === undefined ? [0] : [1, step.bias]));
      words.push(...activationWords(step.activation), Number(step.adds), Number(step.bfloat16));
      return;
    case 'decide':
      words.push(step.from, step.gates);
      return;
    case 'branch':
      words.push(step.gates, step.first, Math.log2(step.cases.length));
      for (const steps of step.cases) pushSteps(words, steps);
      return;
    case 'widen':
      words.push(step.from, step.to, step.stride);
      return;
    case 'activate':
      words.push(step.from, step.to, ...(step.bias === undefined ? [0] : [1, step.bias]));
      words.push(...activationWords(step.activation));
      return;
    case 'observe':
      words.push(step.from, step.firstChannel, step.channels, step.site);
      return;
    case 'exit':
      words.push(step.logits);
      pushSteps(words, step.steps);
      return;
    case 'cell':
      words.push(step.from, step.cell, step.hidden, Number(step.isFirst));
      return;
    default:
      step satisfies never;
  }
}

function paddingWords({ top, bottom, left, right }: PaddingSides): number[] {
  return [top, bottom, left, right];
}

/** Kind, and the two bounds of a clip as the bits of float32. */
function activationWords(activation: Activation): number[] {
  const [least, largest] = activations[activation].range;
  const unbounded = least === -Infinity && largest === Infinity;
  const kind = unbounded ? 0 : isClip(activation) ? 1 : curves.indexOf(activation) + 2;
  return [kind, ...floatWords(least, largest)];
}

/** The bits of float32. */
function floatWords(...values: number[]): Int32Array {
  return new Int32Array(Float32Array.from(values).buffer);
}

const curves: readonly Activation[] = ['hard-swish'];
