/** Scores of texts that the caller brings: for /v1/score and for reranking. */
import type { Prompt } from '../../schemas/backend.ts';
import type { WinnowError } from '../../schemas/errors.ts';
import type { StepRule } from '../../schemas/step.ts';
import type { Ledger } from '../budget/ledger.ts';
import type { Score } from '../operation.ts';
import { judgeTokens } from '../requests/judge-tokens.ts';
import { capLimits } from '../requests/limits.ts';
import { type About, refuseUnableRewards } from '../requests/rewards.ts';
import { brought, nothingScored, scoreAll } from '../requests/scoring.ts';
import type { AppContext, Services } from './environment.ts';
import { departure } from './environment.ts';
import { driveAlone } from './run-task.ts';

interface TextsToScore extends About {
  readonly prompt: Prompt;
  readonly texts: readonly string[];
  readonly names: readonly string[];
  /** Where the texts' steps end. */
  readonly step: StepRule;
}

/** Scores texts through the interpreter, within the request's time. Throws the backend's failure where nothing was scored. */
export async function scoreTexts(
  context: AppContext,
  services: Services,
  { prompt, texts, names, step, ...about }: TextsToScore,
): Promise<{ scores: Record<string, Score>[]; ledger: Ledger; failure: WinnowError | undefined }> {
  refuseUnableRewards(names, about);
  judgeTokens(names, texts.length, about); // the caps bound them; more texts than one compares are refused
  const { options, lookup, subject } = about;
  const { value, state, ledger } = await driveAlone(context, services, scoreAll(prompt, brought(texts, step), names), {
    name: 'score',
    limits: capLimits(services.config.caps),
    signal: departure(context).signal,
    lookup,
    rewardOptions: options,
    subject,
  });
  if (state.failure && nothingScored(value)) throw state.failure;
  return { scores: value, ledger, failure: state.failure };
}
