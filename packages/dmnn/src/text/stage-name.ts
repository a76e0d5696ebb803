/** What a stage of a cascade is called: `cifar-resnet20`, or `exit 0 of cifar-resnet20`. */
export function stageName(network: string, exit: number | undefined): string {
  return exit === undefined ? network : `exit ${exit} of ${network}`;
}
