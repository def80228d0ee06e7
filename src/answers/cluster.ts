/** Candidates of one answer. */
export interface Cluster {
  /** The canonical key that they share. */
  readonly answer: string;
  /** Positions in the list that was clustered, ascending. */
  readonly members: readonly number[];
}

/** Groups equal keys, in order of their first members. A failed extraction (null) is in no cluster (methods A.2). */
export function cluster(answers: readonly (string | null)[]): Cluster[] {
  const members = new Map<string, number[]>();
  for (const [position, answer] of answers.entries()) {
    if (answer === null) continue;
    const equal = members.get(answer);
    if (equal) equal.push(position);
    else members.set(answer, [position]);
  }
  return Array.from(members, ([answer, positions]) => ({ answer, members: positions }));
}
