import { describeConventions, paperConventions } from '@dmnn/flops';
import { type ModelListing, listModels } from '../../list-models.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { countText } from '../../text/count-text.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { tableText } from '../../text/table-text.js';
import { jsonOption } from '../options/common-options.js';

/** Options of `dmnn models`. */
interface ModelsOptions {
  readonly json?: boolean | undefined;
}

/** Lists the zoo with parameters and multiply–accumulates. */
function listZoo(options: ModelsOptions, io: CommandIo): ExitCode {
  const listings = listModels();
  if (options.json) {
    io.out(JSON.stringify(listings, null, 2));
    return DONE;
  }
  io.out(
    tableText(
      [
        { head: 'model' },
        { head: 'image', align: 'right' },
        { head: 'parameters', align: 'right' },
        { head: 'MACs', align: 'right' },
        { head: 'fixed', align: 'right' },
        { head: 'gated', align: 'right' },
        { head: 'controllers', align: 'right' },
      ],
      listings.map(listingCells),
    ),
  );
  io.out(`\n${describeConventions(paperConventions)}; MACs of one image with all gates open.`);
  io.out(
    'Other depths, widths and numbers of sub-blocks follow the same naming pattern: dmnn summary dmnn50-n6.',
  );
  return DONE;
}

function listingCells(listing: ModelListing): string[] {
  const { name, imageSizePx, parameters, macs, fixedMacs, gatedMacs, controllerMacs } = listing;
  const gated = gatedMacs > 0;
  return [
    name,
    `${imageSizePx} px`,
    countText(parameters),
    countText(macs),
    countText(fixedMacs),
    gated ? countText(gatedMacs) : '',
    gated ? countText(controllerMacs) : '',
  ];
}

/** `dmnn models` */
export const modelsCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command.addOption(jsonOption());
  },
  request: (options: ModelsOptions) => options,
  run: listZoo,
});
