/** Candidates of one answer. */
export interface Cluster {
  /** The canonical key that they share. */
  readonly answer: string;
  /** Positions in the list that was clustered, ascending. */
  readonly members: readonly number[];
}

/** Groups equal keys, in order of their first members. A failed extraction (null) is in no cluster (methods A.2). */
export function cluster(answers: readonly (string | null)[]): Cluster[] {
  const groups = Map.groupBy(answers.keys(), (position) => answers[position]!);
  return Array.from(groups).flatMap(([answer, members]) => (answer === null ? [] : [{ answer, members }]));
}
