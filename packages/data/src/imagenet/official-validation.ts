/** Whether images are named as in ImageNet's validation archive, which has no classes. */
export function isOfficialValidation(names: readonly string[]): boolean {
  return names.some((name) => /ILSVRC2012_val_\d{8}/.test(name));
}

/** How ImageNet's validation images get classes. */
export const OFFICIAL_VALIDATION: string =
  'The official validation images are not in class folders. Their classes are in the development kit: put ' +
  'ILSVRC2012_img_val.tar and ILSVRC2012_devkit_t12.tar.gz into one folder PATH and run ' +
  "python3 -c \"import torchvision; torchvision.datasets.ImageNet('PATH', split='val')\", which writes PATH/val/WNID/*.JPEG.";
