import type { ImagePreparation } from '@dmnn/architecture';
import { type ExportOptions, exportOnnx } from '@dmnn/onnx';
import type { NetworkData } from '@dmnn/weights';

/** How a file is laid out; what it says of images comes from the model. */
export type ExportModelOptions = Omit<ExportOptions, 'classNames' | 'preparation'>;

/** A network and what is known of its images. */
interface ExportedNetwork extends NetworkData {
  readonly preparation?: ImagePreparation | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** An ONNX file of a network, with class names and how images are prepared for the size that is exported. */
export function exportNetwork(
  { architecture, weights, classNames, preparation }: ExportedNetwork,
  options: ExportModelOptions,
): Uint8Array {
  const { imageSizePx = architecture.imageSizePx } = options;
  return exportOnnx(
    { architecture, weights },
    {
      ...options,
      classNames,
      preparation: preparation && {
        ...preparation,
        // at another size the same share of the image is seen
        shorterSidePx: Math.round((preparation.shorterSidePx * imageSizePx) / architecture.imageSizePx),
      },
    },
  );
}
