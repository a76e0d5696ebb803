import type { ImagePreparation } from '@dmnn/architecture';
import { type ExportOptions, exportOnnx } from '@dmnn/onnx';
import type { NetworkData } from '@dmnn/weights';

/** Layout of the exported file; class names and image preparation come from the model. */
export interface ExportModelOptions extends Omit<ExportOptions, 'classNames' | 'preparation'> {
  /**
   * Whether the file is run on seeded images and compared with the network, where onnxruntime-node is installed.
   *
   * @defaultValue true
   */
  readonly verify?: boolean | undefined;
  /** Called with why the file could not be verified: no ONNX Runtime, or written for other processors. */
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** A network, its class names and how its images are prepared. */
interface ExportedNetwork extends NetworkData {
  readonly preparation?: ImagePreparation | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** Exports a network to ONNX, with class names and image preparation adapted to the exported size. */
export function exportNetwork(
  { architecture, weights, classNames, preparation }: ExportedNetwork,
  options: Omit<ExportModelOptions, 'verify' | 'onRemark'>,
): Uint8Array {
  const { imageSizePx = architecture.imageSizePx } = options;
  return exportOnnx(
    { architecture, weights },
    {
      ...options,
      classNames,
      preparation: preparation && {
        ...preparation,
        // at another size the crop shows the same share of the image
        shorterSidePx: Math.round((preparation.shorterSidePx * imageSizePx) / architecture.imageSizePx),
      },
    },
  );
}
