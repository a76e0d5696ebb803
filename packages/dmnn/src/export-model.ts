import type { Architecture, ImagePreparation } from '@dmnn/architecture';
import type { CascadeSettings } from '@dmnn/confidence';
import { type ExportOptions, exportCascade, exportOnnx } from '@dmnn/onnx';
import { type Cascade, type OpenedNetworkData, partNames } from '@dmnn/runs';
import type { NetworkData } from '@dmnn/weights';
import { preparationOf } from './classify/image-preparation.js';

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
  return exportOnnx(
    { architecture, weights },
    {
      ...options,
      classNames,
      preparation: preparation && sizedPreparation(preparation, architecture, options.imageSizePx),
    },
  );
}

/**
 * Exports a cascade, or a network with exits, to one ONNX file, with class names, and images prepared as for its first
 * network.
 *
 * @param settings - in place of the cascade's own
 */
export function exportOpenedCascade(
  { parts, settings: own }: Cascade<OpenedNetworkData>,
  options: Omit<ExportModelOptions, 'verify' | 'onRemark'>,
  settings: CascadeSettings = own,
): Uint8Array {
  const [first] = parts;
  const names = partNames(parts);
  const named = parts.map((part, at) => ({ ...part, name: names[at] }));
  return exportCascade(named, settings, {
    ...options,
    classNames: parts.find(({ classNames }) => classNames)?.classNames,
    preparation: first && sizedPreparation(preparationOf(first), first.architecture, options.imageSizePx),
  });
}

/** At another size the crop shows the same share of the image. */
function sizedPreparation(
  preparation: ImagePreparation,
  architecture: Architecture,
  imageSizePx: number = architecture.imageSizePx,
): ImagePreparation {
  const shorterSidePx = Math.round((preparation.shorterSidePx * imageSizePx) / architecture.imageSizePx);
  return { ...preparation, shorterSidePx };
}
