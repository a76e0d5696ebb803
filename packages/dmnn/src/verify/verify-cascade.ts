import { gatedBlocks, inferShapes } from '@dmnn/architecture';
import { type CascadeSettings, type StageAnswer, nextAnswer } from '@dmnn/confidence';
import { DmnnError, closeAfter } from '@dmnn/foundation';
import type { Inference } from '@dmnn/architecture';
import { DynamicSession, type OnnxRuntime } from '@dmnn/onnx';
import { type Cascade, type CascadePlace, type Model, cascadeStages } from '@dmnn/runs';
import { type Agreement, type ReferenceOutputs, agreementOf, isDecidedByRounding } from './agreement.js';
import { referenceOutputs } from './reference-outputs.js';
import { type ExportCheck, VERIFIED_IMAGES, type VerifyExportOptions, checkedHere } from './verify-export.js';
import { REPORT, type Verification, cannotRun } from './verify-file.js';

/** A cascade and how it is written. */
export interface WrittenCascade extends Cascade {
  /** The file that is checked. */
  readonly file: Uint8Array;
  /** The same cascade with other settings. */
  readonly write: (settings: CascadeSettings) => Uint8Array;
}

/** Largest difference of a confidence from its threshold at which rounding may decide where an image stops. */
const CONFIDENCE_TOLERANCE = 1e-5;

/**
 * Runs the file of a cascade, or of a network with exits, on seeded images, and compares it with masked execution: every
 * network runs on every image, and each is answered for where it should stop. Since these images may all stop early, the
 * same is done with a file whose thresholds are 1 and whose answer is the mean of all stages.
 *
 * @throws DmnnError `DMNN_EXPORT` if a file cannot be run or gives something else
 */
export async function verifyCascade(
  { parts, settings, file, write }: WrittenCascade,
  { onImage, imageSizePx, ...options }: VerifyExportOptions,
): Promise<ExportCheck> {
  return checkedHere(options, async (runtime) => {
    const [first] = parts as readonly [Model, ...Model[]];
    const images: { image: Float32Array; outputs: ReferenceOutputs[] }[] = [];
    const all = VERIFIED_IMAGES * parts.length;
    for (const [p, part] of parts.entries()) {
      const own = await referenceOutputs(part, {
        images: VERIFIED_IMAGES,
        imageSizePx: imageSizePx ?? first.architecture.imageSizePx,
        imageFor: (image) => renormalised(image, first, part),
        onImage: (image) => onImage?.(p * VERIFIED_IMAGES + image, all),
      });
      for (const [i, { image, reference }] of own.entries()) {
        images[i] ??= { image, outputs: [] };
        images[i].outputs.push(reference);
      }
    }
    const throughout = {
      ...settings,
      combine: 'mean',
      thresholds: settings.thresholds.map(() => 1),
    } as const;
    const found: Verification[] = [];
    for (const [each, of] of [
      [settings, file],
      [throughout, write(throughout)],
    ] as const) {
      const references = images.map(({ image, outputs }) => ({
        image,
        reference: stageReference(parts, each, outputs),
      }));
      found.push(await compared(of, references, runtime));
    }
    return {
      compared: found.reduce((sum, each) => sum + each.compared, 0),
      undecided: found.reduce((sum, each) => sum + each.undecided, 0),
      logitsDifference: Math.max(...found.map(({ logitsDifference }) => logitsDifference)),
    };
  });
}

/** What masked execution answers for an image. */
interface StageReference extends Omit<ReferenceOutputs, 'exitLogits'> {
  readonly stage: number;
  /** Whether rounding may decide where it stops, or a gate on the way. */
  readonly isUncertain: boolean;
}

function stageReference(
  parts: readonly Model[],
  { by, combine, temperatures, thresholds }: CascadeSettings,
  outputs: readonly ReferenceOutputs[],
): StageReference {
  const places = cascadeStages(parts);
  let answer: StageAnswer | undefined;
  let isClose = false;
  let stage = 0;
  for (; stage < places.length; stage++) {
    const { part, exit } = places[stage] as CascadePlace;
    const own = outputs[part] as ReferenceOutputs;
    const values = exit === undefined ? own.logits : (own.exitLogits[exit] as Float32Array);
    const logits = { values, classes: values.length };
    answer = nextAnswer(answer, logits, temperatures[stage] as number, { by, combine });
    const threshold = thresholds[stage];
    if (threshold === undefined) break;
    const confidence = answer.confidence[0] as number;
    if (Math.abs(confidence - threshold) <= CONFIDENCE_TOLERANCE) isClose = true;
    if (confidence >= threshold) break;
  }
  const place = places[stage] as CascadePlace;
  const reached = parts.flatMap(({ architecture }, p) =>
    gatedBlocks(architecture).map(
      (_, l) => p < place.part || (p === place.part && isBefore(parts, place, l)),
    ),
  );
  const logOdds = outputs.flatMap((each) => each.logOdds);
  const gates = outputs
    .flatMap((each) => each.gates)
    .map((row, l) => row.map((gate) => gate && reached[l] === true));
  const isUncertain =
    isClose ||
    logOdds.some((row, l) => reached[l] === true && row.some((_, n) => isDecidedByRounding(row, n)));
  const logits = Float32Array.from(answer?.probabilities ?? [], Math.log);
  return { stage, logits, gates, logOdds, isUncertain };
}

/** Whether a gated block comes before an exit of its network, or its head. */
function isBefore(parts: readonly Model[], { part, exit }: CascadePlace, gatedBlock: number): boolean {
  if (exit === undefined) return true;
  const { blocks, exits } = inferShapes((parts[part] as Model).architecture);
  const end = exits[exit]?.afterBlock ?? -1;
  return blocks.findIndex(({ blockIndex }) => blockIndex === gatedBlock) <= end;
}

async function compared(
  file: Uint8Array,
  images: readonly { readonly image: Float32Array; readonly reference: StageReference }[],
  runtime: OnnxRuntime,
): Promise<Verification> {
  const session = await DynamicSession.create(file, { runtime, form: 'as-written' }).catch(cannotRun);
  let [count, undecided, logitsDifference] = [0, 0, 0];
  await closeAfter(
    async () => {
      for (const [i, { image, reference }] of images.entries()) {
        const ours = await session.run(image).catch(cannotRun);
        const agreement = stageAgreement(ours, reference, session);
        if (agreement.kind === 'undecided' || (agreement.kind === 'differs' && reference.isUncertain)) {
          undecided += 1;
        } else if (agreement.kind === 'differs') {
          throw new DmnnError(
            'DMNN_EXPORT',
            `${session.description.name}: expected a file that gives what the networks give, got another result for image ${i}: ${agreement.what}. ${REPORT}`,
          );
        } else {
          count += 1;
          logitsDifference = Math.max(logitsDifference, agreement.logitsDifference);
        }
      }
    },
    () => session.close(),
  );
  return { compared: count, undecided, logitsDifference };
}

function stageAgreement(
  ours: Inference,
  reference: StageReference,
  { description: { cascade, subBlockMacs } }: DynamicSession,
): Agreement {
  if (ours.stage !== reference.stage) {
    const what = `it stops at stage ${ours.stage ?? 'none'} in the file and at ${reference.stage} in the networks`;
    return { kind: 'differs', what };
  }
  const macs = ours.gates
    .flatMap((row, l) => row.map((gate, n) => (gate ? (subBlockMacs[l]?.[n] ?? NaN) : 0)))
    .reduce((sum, each) => sum + each, cascade?.stages[reference.stage]?.alwaysMacs ?? NaN);
  if (ours.macs !== macs)
    return { kind: 'differs', what: `the file says ${ours.macs} MACs, what ran costs ${macs}` };
  return agreementOf(ours, reference);
}

/** An image normalised as for one network, as another takes it. */
function renormalised(image: Float32Array, from: Model, to: Model): Float32Array {
  const channels = from.architecture.inChannels;
  return image.map((value, i) => {
    const c = i % channels;
    const of = (numbers: readonly number[]) => numbers[c] as number;
    return (
      (value * of(from.channelDeviations) + of(from.channelMeans) - of(to.channelMeans)) /
      of(to.channelDeviations)
    );
  });
}
