import type { BackendModel, GenerateLine, GenerateRequest, Prompt, ScoreRequest, ScoreResponse } from '../../schemas/backend.ts';
import type { RunLine, RunRequest } from '../../schemas/backend-run.ts';
import type { EmbedRequest, EmbedResponse } from '../../schemas/embed.ts';
import type { EquivalenceRequest, EquivalenceResponse } from '../../schemas/equivalence.ts';
import type { LogprobsRequest, LogprobsResponse } from '../../schemas/logprobs.ts';
import type { TensorsRequest, TensorsResponse } from '../../schemas/tensors.ts';

/**
 * What every backend must do. A request that it refuses, or that it cannot be reached for, is a WinnowError; a generation
 * that breaks off in the middle throws after the lines that came. Aborting the signal ends the work there as well.
 */
export interface BackendPort {
  /** One call for all prefixes of a round; candidates as they finish, `done` last. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateLine>;
  /** One score a candidate, in the order given. */
  score(request: ScoreRequest, signal: AbortSignal): Promise<ScoreResponse>;
  /** What a policy says of texts that are given; absent where it cannot. */
  logprobs?(request: LogprobsRequest, signal: AbortSignal): Promise<LogprobsResponse>;
  /** Texts as vectors; absent where it cannot. */
  embed?(request: EmbedRequest, signal: AbortSignal): Promise<EmbedResponse>;
  /** Tensors through a graph; absent where it cannot. */
  tensors?(request: TensorsRequest, signal: AbortSignal): Promise<TensorsResponse>;
  /** Pairs of formulas by computer algebra; absent where it cannot. */
  equivalence?(request: EquivalenceRequest, signal: AbortSignal): Promise<EquivalenceResponse>;
  /** A whole strategy next to its models: lines as results come, `end` last; absent where it cannot. */
  run?(request: RunRequest, signal: AbortSignal): AsyncIterable<RunLine>;
  /**
   * Whether it can go on with a text that it began. Absent is always; where it cannot, a candidate is granted all its tokens
   * at once, and one that is cut stays cut.
   */
  continues?(prompt: Prompt): boolean;
  models(signal: AbortSignal): Promise<readonly BackendModel[]>;
  /** Whether it would serve a request now. */
  ready(signal: AbortSignal): Promise<boolean>;
}
