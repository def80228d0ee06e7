import type { Command } from './command.ts';
import { draw } from './draw.ts';
import { evaluate } from './eval.ts';
import { models } from './models.ts';
import { pull } from './pull.ts';
import { useOpenAi } from './use-openai.ts';

/** The only list of commands; `npx winnow help` is made from it. */
export const commands: readonly Command[] = [pull, models, useOpenAi, evaluate, draw];
