import type { ImageAnswer, ReachedStage, StagedOutputs } from './answer-image.js';

/** A stage that an image went through, and its cost. */
export interface CostedStage extends ReachedStage {
  /** Multiply–accumulates of an image that stops here: of all that ran until then. */
  readonly macs: number;
}

/** A cascade's answer for one image, in the form in which a network gives its own. */
export interface CascadeInference {
  /** `[class]`: natural logarithms of the probabilities that answer. */
  readonly logits: Float32Array;
  /** `[l][n]`: of all networks, one after the other; closed where the image did not get. */
  readonly gates: readonly (readonly boolean[])[];
  readonly macs: number;
  /** The stage that answered, from 0. */
  readonly stage: number;
  readonly confidence: number;
  /** `[class]`: what answers. */
  readonly probabilities: Float64Array;
  /** All stages that the image went through; the last one answered. */
  readonly stages: readonly CostedStage[];
}

/** What a network of a cascade gave for one image. */
export interface GatedOutputs extends StagedOutputs {
  /** `[l][n]`: the sub-blocks that ran. */
  readonly gates: readonly (readonly boolean[])[];
}

/**
 * Adds up what the networks of a cascade did for one image.
 *
 * @param answer - of `answerImage`
 * @param stageMacs - what each stage of a network cost that ran: the multiply–accumulates of that network until there
 * @param subBlocks - `[part][l]`: sub-blocks of each gated block
 * @example
 * ```ts
 * import { answerImage, cascadeInference } from '@dmnn/confidence';
 *
 * const small = { exits: 0, run: async () => ({ logits: [0, 3], gates: [], macs: 40 }) };
 * const large = { exits: 0, run: async () => ({ logits: [0, 3], gates: [[true, false]], macs: 120 }) };
 * const settings = { by: 'probability', combine: 'mean', temperatures: [1, 1], thresholds: [0.8] } as const;
 * const answer = await answerImage([small, large], settings);
 * const { macs, gates } = cascadeInference(answer, ({ macs: own }) => [own], [[], [2]]);
 * console.log(macs, gates); // => 40 [ [ false, false ] ]
 * ```
 */
export function cascadeInference<Outputs extends GatedOutputs>(
  { stage, stages, outputs }: ImageAnswer<Outputs>,
  stageMacs: (outputs: Outputs, part: number) => readonly number[],
  subBlocks: readonly (readonly number[])[],
): CascadeInference {
  let before = 0; // of the networks that have ended
  const macs = outputs.flatMap((output, part) => {
    const own = stageMacs(output, part).map((each) => before + each);
    before = own.at(-1) ?? before;
    return own;
  });
  const reached = stages.map((each, at): CostedStage => ({ ...each, macs: macs[at] as number }));
  const last = reached[stage] as CostedStage;
  return {
    logits: Float32Array.from(last.probabilities, Math.log),
    gates: subBlocks.flatMap(
      (counts, part) => outputs[part]?.gates ?? counts.map((count) => new Array<boolean>(count).fill(false)),
    ),
    ...{ macs: last.macs, stage, confidence: last.confidence, probabilities: last.probabilities },
    stages: reached,
  };
}
