import { DmnnError, closeAfter } from '@dmnn/foundation';
import { DynamicSession, type OnnxRuntime } from '@dmnn/onnx';
import { agreementOf } from './agreement.js';
import type { ReferenceImage } from './reference-outputs.js';

/** What to do about a file that is wrong. */
export const REPORT =
  'Please report it with the command; --no-verify (verify: false in code) leaves out this check.';

/** What running a file showed. */
export interface Verification {
  /** Images on which file and network were compared. */
  readonly compared: number;
  /** Images on which a gate's log-odds were too close to 0, or a confidence to its threshold, so that rounding decides it. */
  readonly undecided: number;
  /** Largest difference of a logit over the compared images, as a share of the largest; 0 if none was compared. */
  readonly logitsDifference: number;
}

/**
 * Runs an exported file on images and compares it with the network.
 *
 * @param images - from `referenceOutputs` of the network that was exported, with the same image size and gates
 * In 8 bits gates and logits may be others; how far logits are apart is in the result.
 *
 * @throws DmnnError `DMNN_EXPORT` if the file cannot be run, gates differ, logits differ by more than 1e-4 of the
 * largest, or the cost that the file gives is not that of its gates
 */
export async function verifyFile(
  file: Uint8Array,
  images: readonly ReferenceImage[],
  runtime: OnnxRuntime,
): Promise<Verification> {
  const session = await DynamicSession.create(file, { runtime, form: 'as-written' }).catch(cannotRun);
  let [compared, undecided, logitsDifference] = [0, 0, 0];
  await closeAfter(
    async () => {
      for (const [i, { image, reference }] of images.entries()) {
        const ours = await session.run(image).catch(cannotRun);
        const { alwaysMacs, subBlockMacs, name, precision } = session.description;
        const macs = ours.gates
          .flatMap((row, l) => row.map((gate, n) => (gate ? (subBlockMacs[l]?.[n] ?? NaN) : 0)))
          .reduce((sum, each) => sum + each, alwaysMacs);
        const agreement =
          ours.macs === macs
            ? agreementOf(ours, reference, 'file', precision)
            : ({
                kind: 'differs',
                what: `the file says ${ours.macs} MACs, its open gates cost ${macs}`,
              } as const);
        if (agreement.kind === 'differs') {
          throw new DmnnError(
            'DMNN_EXPORT',
            `${name}: expected a file that gives what the network gives, got another result for image ${i}: ${agreement.what}. ${REPORT}`,
          );
        }
        if (agreement.kind === 'undecided') undecided += 1;
        else {
          compared += 1;
          logitsDifference = Math.max(logitsDifference, agreement.logitsDifference);
        }
      }
    },
    () => session.close(),
  );
  return { compared, undecided, logitsDifference };
}

/** Throws for a file that cannot be run. */
export function cannotRun(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new DmnnError('DMNN_EXPORT', `expected a file that ONNX Runtime runs, but: ${reason} ${REPORT}`, {
    cause,
  });
}
