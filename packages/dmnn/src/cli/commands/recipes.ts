import type { Recipe } from '@dmnn/runs';
import { tableText } from '../../text/table-text.js';
import { jsonOption } from '../options/common-options.js';
import { readRecipe } from '../options/recipe-argument.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';

/** Options of `dmnn recipes`. */
interface RecipesOptions {
  readonly json?: boolean | undefined;
}

interface RecipesRequest extends RecipesOptions {
  /** One to print whole; undefined: all, in short. */
  readonly recipe: string | undefined;
}

/** Lists the recipes that come with dmnn, or prints one. */
async function printRecipes({ recipe, json = false }: RecipesRequest, io: CommandIo): Promise<ExitCode> {
  if (recipe !== undefined) {
    io.out(JSON.stringify(await readRecipe(recipe, []), null, 2));
    return DONE;
  }
  const { recipeNamed, recipeNames } = await import('@dmnn/runs');
  const recipes = recipeNames().map((name) => recipeNamed(name));
  io.out(json ? JSON.stringify(recipes.map(recipeJson), null, 2) : recipesText(recipes));
  return DONE;
}

function recipeJson({ name, description, data, model, epochs }: Recipe): object {
  return { name, description, data, model: model.name, epochs };
}

function recipesText(recipes: readonly Recipe[]): string {
  return [
    tableText(
      [{ head: 'recipe' }, { head: 'data' }, { head: 'epochs', align: 'right' }, { head: 'what it trains' }],
      recipes.map(({ name, data, epochs, description }) => [name, data, String(epochs), description]),
    ),
    '\nTrain by one: dmnn train --recipe demo-dynamic --out runs/demo',
    'All settings of one: dmnn recipes demo-dynamic. Change them with --set, or save them as a .json file and edit it.',
  ].join('\n');
}

/** `dmnn recipes` */
export const recipesCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('[recipe]', 'print this recipe whole, as JSON: its name, or a .json file (default: list all)')
      .addOption(jsonOption());
  },
  request: (recipe: string | undefined, options: RecipesOptions) => ({ recipe, ...options }),
  run: printRecipes,
});
