import { AgreementCounter } from '../quantisation/agreement-counter.js';
import { PERCENTILE, calibrateOn } from './calibrate.js';
import { holdOut } from '../quantisation/hold-out.js';
import type { Quantisation } from '../quantisation/quantisation.js';
import { engineError } from '../errors/engine-error.js';
import { gatesOf } from './gate-masks.js';
import type { NativeCore, NativeEngine } from './native-core.js';
import type { NetworkDescription } from './network-description.js';
import type { OpenedPrecisions } from './opened-precisions.js';
import { type Candidate, type ChosenPrecision, type PrecisionChoice, fastestPrecision } from './precision.js';
import { hasBfloat16, hasProductsOfBytes } from './processor.js';

/** What is asked for, checked. */
export interface PrecisionRequest {
  readonly precision: PrecisionChoice;
  readonly quantisation: Quantisation | undefined;
  readonly calibrationImages: readonly Float32Array[] | undefined;
}

const NO_BFLOAT16 = 'this processor has no instructions for bfloat16';
const NO_INT8 = 'this processor has no instructions for products of 8-bit numbers';

/**
 * Takes the precision that is asked for, or float32 where the processor cannot compute in it; for `auto` the fastest
 * that keeps float32's answers.
 *
 * @param opened - has the networks that were needed to find out, to be closed by the caller
 * @throws DmnnError `DMNN_ENGINE`
 */
export async function chosenPrecision(
  core: NativeCore,
  opened: OpenedPrecisions,
  description: NetworkDescription,
  { precision, quantisation, calibrationImages }: PrecisionRequest,
): Promise<ChosenPrecision> {
  const { instructionSet } = core.processor();
  if (precision === 'f32') return { precision, reason: 'as asked' };
  if (precision === 'bf16') {
    return hasBfloat16(instructionSet)
      ? { precision, reason: 'as asked' }
      : { precision: 'f32', reason: NO_BFLOAT16 };
  }
  const { workers, imageSizePx } = opened.settings;
  const calibrate = async (images: readonly Float32Array[]) => {
    opened.quantiseBy(
      await calibrateOn(core, opened.network, images, { percentile: PERCENTILE, workers, imageSizePx }),
    );
  };
  if (quantisation) opened.quantiseBy(quantisation);
  if (precision === 'int8') {
    if (!hasProductsOfBytes(instructionSet)) return { precision: 'f32', reason: NO_INT8 };
    if (calibrationImages) await calibrate(calibrationImages);
    return { precision, reason: 'as asked' };
  }

  const isAsked = quantisation !== undefined || calibrationImages !== undefined;
  const isCompared = quantisation === undefined || quantisation.heldOut !== undefined;
  const takesInt8 = isAsked && isCompared && hasProductsOfBytes(instructionSet);
  const names = [
    ...(hasBfloat16(instructionSet) ? (['bf16'] as const) : []),
    ...(takesInt8 ? (['int8'] as const) : []),
  ];
  const remarks = [
    ...(hasBfloat16(instructionSet) ? [] : [NO_BFLOAT16]),
    ...(isAsked && !isCompared ? ['int8 is left out, since its quantisation was compared with float32 on no images'] : []), // prettier-ignore
    ...(isAsked && !hasProductsOfBytes(instructionSet) ? [NO_INT8] : []),
  ];
  let candidates: Candidate[] = names.map((name) => ({
    precision: name,
    kept: keptBy(quantisation, name),
  }));
  if (calibrationImages && takesInt8) {
    const { observed, heldOut } = holdOut(calibrationImages);
    if (heldOut.length === 0) {
      throw engineError(
        'calibrationImages: expected at least two with precision auto, one of them to hold out, got one',
        'Pass a few hundred images of the kind that the network will see, or precision int8.',
      );
    }
    await calibrate(observed);
    candidates = await compared(core, opened, description, names, heldOut);
  }
  if (candidates.length === 0) return { precision: 'f32', reason: remarks.join('; ') };
  const found = await fastestPrecision(candidates, (taken) => {
    const native = opened.in(taken);
    const grey = () => new Float32Array(description.inChannels * description.imageSizePx ** 2).fill(0.5);
    const image = calibrationImages?.[0] ?? grey();
    return { run: () => core.run(native, image, false, undefined, undefined) };
  });
  return { ...found, reason: [found.reason, ...remarks].join('; ') };
}

/** What a quantisation says of a precision. */
function keptBy(
  quantisation: Quantisation | undefined,
  precision: Candidate['precision'],
): Candidate['kept'] {
  const agreement = quantisation?.heldOut?.[precision];
  return quantisation?.heldOut && agreement ? { images: quantisation.heldOut.images, agreement } : undefined;
}

/** Runs the images in float32 and in other precisions. */
async function compared(
  core: NativeCore,
  opened: OpenedPrecisions,
  { subBlocks }: NetworkDescription,
  precisions: readonly Candidate['precision'][],
  images: readonly Float32Array[],
): Promise<Candidate[]> {
  const counters = new Map(precisions.map((precision) => [precision, new AgreementCounter()]));
  const inferred = async (native: NativeEngine, image: Float32Array) => {
    const { logits, masks } = await core.run(native, image, false, undefined, undefined);
    return { logits, gates: gatesOf(masks, subBlocks) };
  };
  for (const image of images) {
    const reference = await inferred(opened.in('f32'), image);
    for (const [precision, counter] of counters) {
      counter.add(reference, await inferred(opened.in(precision), image));
    }
  }
  return [...counters].map(([precision, { images: count, agreement }]) => ({
    precision,
    kept: { images: count, agreement },
  }));
}
