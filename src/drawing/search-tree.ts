/**
 * A search as a picture: the prompt at the left, a column a step, what was kept, pruned and chosen told by colour, by line and
 * in words; the way to the answer is drawn strong. Readable on a light and on a dark page.
 */
import { type HierarchyPointNode, tree as layOut, stratify } from 'd3-hierarchy';
import { nodeState, type Tree, type TreeNode } from '../../schemas/tree.ts';
import { element, picture, said, text } from './svg.ts';

/** Above it a picture says nothing any more, and a page hangs. */
const MOST_NODES = 5000;
const ROW = 22;
const COLUMN = 230;
const MARGIN = 24;
const HEAD = 34;
const LABEL_LENGTH = 26;

type Placed = HierarchyPointNode<TreeNode>;

/**
 * Draws the nodes of a run, parents first.
 *
 * @param title  what was searched, in one line
 * @throws RangeError where there are none, more than 5,000, or one whose parent is missing
 */
export function drawTree(nodes: Tree, title: string): string {
  if (nodes.length === 0) throw new RangeError('There are no nodes to draw.');
  if (nodes.length > MOST_NODES) throw new RangeError(`${nodes.length} nodes are too many to draw; ${MOST_NODES} are not.`);
  const placed = place(nodes);
  const all = placed.descendants();
  const least = Math.min(...all.map(({ x }) => x));
  const most = Math.max(...all.map(({ x }) => x));
  const width = MARGIN + COLUMN * (placed.height + 1);
  const height = HEAD + MARGIN + most - least + ROW;
  const way = new Set(all.filter(({ data }) => data.state === 'chosen').flatMap((node) => node.ancestors().map(({ id }) => id)));
  const moved = { transform: `translate(${MARGIN} ${HEAD + ROW / 2 - least})` };
  return picture(
    { width, height, title, description: described(nodes), style: STYLE },
    text({ x: MARGIN, y: 22, class: 'head' }, `${title}: ${counted(nodes)}`),
    element(
      'g',
      moved,
      ...placed
        .links()
        .map(({ source, target }) => link(source, target, way.has(target.id) ? 'link way' : `link ${target.data.state}`)),
      ...all.map((node) => drawNode(node)),
    ),
  );
}

function place(nodes: Tree): Placed {
  try {
    const hierarchy = stratify<TreeNode>()
      .id(({ id }) => id)
      .parentId(({ parent }) => parent)([...nodes]);
    return layOut<TreeNode>()
      .nodeSize([ROW, COLUMN])
      .separation(() => 1)(hierarchy);
  } catch (error) {
    throw new RangeError(`The nodes are no tree: ${(error as Error).message}.`);
  }
}

/** A curve that leaves and arrives level. */
function link(source: Placed, target: Placed, kind: string): string {
  const middle = source.y + (target.y - source.y) / 2;
  const bend = [source.y, source.x, middle, source.x, middle, target.x, target.y, target.x].map((at) => Math.round(at * 10) / 10);
  const [fromX, fromY, ...rest] = bend;
  return element('path', { class: kind, d: `M${fromX} ${fromY}C${rest.join(' ')}` });
}

function drawNode({ data, x, y }: Placed): string {
  return element(
    'g',
    { transform: `translate(${Math.round(y)} ${Math.round(x)})`, class: `node ${data.state}` },
    said('title', whole(data)),
    element('circle', { r: data.state === 'chosen' ? 6 : 4 }),
    text({ x: 9, y: 4 }, label(data)),
  );
}

/** What fits beside a node: its text in one line, and its number. */
function label(node: TreeNode): string {
  if (node.parent === null) return 'prompt';
  const oneLine = node.text.replace(/\s+/g, ' ').trim();
  const characters = [...(oneLine === '' ? `(${node.id.includes('@') ? 'cut' : 'nothing'})` : oneLine)];
  const short = characters.length > LABEL_LENGTH ? `${characters.slice(0, LABEL_LENGTH - 1).join('')}…` : characters.join('');
  return [short, number(node)].filter((part) => part !== '').join(' · ');
}

function number({ value, visits, scores }: TreeNode): string {
  if (value !== undefined) return `${value.toFixed(2)}${visits === undefined ? '' : ` ×${visits}`}`;
  const [score] = Object.values(scores);
  return score === undefined ? '' : score === null ? 'no score' : score.toFixed(2);
}

/** All of a node, shown where the pointer rests. */
function whole({ id, state, finish, reason, tokens, scores, visits, value, text: written }: TreeNode): string {
  const facts = [
    `${id}: ${state}${reason === undefined ? '' : ` (${reason})`}`,
    ...(finish === undefined ? [] : [`ended by ${finish}, ${tokens} tokens`]),
    ...Object.entries(scores).map(([name, score]) => `${name} ${score ?? 'failed'}`),
    ...(visits === undefined ? [] : [`${visits} visits`]),
    ...(value === undefined ? [] : [`value ${value}`]),
  ];
  return written === '' ? facts.join('\n') : `${facts.join('\n')}\n\n${written}`;
}

const counted = (nodes: Tree): string => {
  const tokens = nodes.reduce((sum, node) => sum + node.tokens, 0);
  return `${nodes.length - 1} nodes, ${tokens} tokens`;
};

const described = (nodes: Tree): string => {
  const below = nodes.slice(1);
  const each = nodeState.options.flatMap((state) => {
    const count = below.filter((node) => node.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return `${counted(nodes)}: ${each.join(', ') || 'none'}. The way to the answer is drawn strong.`;
};

const STYLE = `
.page{fill:#fff}.head{font-size:13px;font-weight:600;fill:#1f2328}
.link{fill:none;stroke:#8c959f;stroke-width:1}.link.pruned,.link.failed{stroke-dasharray:3 3;stroke:#c4cad0}.link.way{stroke:#1a7f37;stroke-width:2.5}
.node text{font-size:11px;fill:#1f2328}.node.pruned text,.node.failed text{fill:#818b98}
.node circle{fill:#8c959f}.node.kept circle{fill:#0969da}.node.finished circle{fill:#1a7f37}.node.chosen circle{fill:#1a7f37;stroke:#116329;stroke-width:2}
.node.pruned circle{fill:#fff;stroke:#818b98}.node.cut circle{fill:#bf8700}.node.failed circle{fill:#fff;stroke:#d1242f}.node.chosen text{font-weight:600}
@media (prefers-color-scheme:dark){.page{fill:#0d1117}.head,.node text{fill:#e6edf3}.link{stroke:#6e7681}.node.pruned circle,.node.failed circle{fill:#0d1117}.link.pruned,.link.failed{stroke:#3d444d}}
`;
